/*
 * A translator killed after each instruction that changes its state: a traced child works on a shared mapping
 * by the packet path itself, is killed right behind the change, and another process recovers.
 *
 * Single steps are slow, so the child has the mapping read-only and runs free until it writes; from there it
 * is stepped until the mapping has changed.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 and 3.2, RFC 6888 REQ-8, ptrace(2)
 */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/siphash.h"
#include "nat64d/rfc6146/recover.h"
#include "nat64d/table/owner.h"
#include "nat64d/table/slot_word.h"
#include "tests/unit/nat64d/agree.h"
#include "tests/unit/nat64d/rig.h"

enum {
    HELD = 6,
    STEPS_MAX = 250, /* from a write to its change: through a signal's handler; a write may change nothing */
    CHANGES_MAX = 2000,
    RECOVERY_S = 20, /* longer is a hang */
};

static const struct rig_shape shape = {256, HELD, 1, 1, 8000, 8127};

struct operation {
    void (*prepare)(struct rig *rig); /* what is there before; may be NULL */
    void (*run)(struct rig *rig);
    bool is_start;                      /* `run` recovers by itself */
    void (*configure)(struct rig *rig); /* then with these settings; may be NULL */
};

static struct rig rig;
static uint8_t *mapping, *before, *last;
static size_t len;
static uint64_t before_ns, after_ns; /* the operation */

/* What a session is, wherever it lies. */
struct known {
    struct in6_addr src6;
    uint32_t src4, dst4;
    uint16_t src6_port, src4_port, dst_port;
    uint8_t transport;
};
static struct known kept[512]; /* was before the operation and is after it */
static unsigned kept_count;
static uint16_t ended_port; /* UDP: its binding ends in the operation */

static void must(bool good, const char *what)
{
    if (!good)
        fail_msg("%s", what);
}

static void populate(void)
{
    must(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000) == REASON_OK, "udp");
    must(rig_udp(&rig, "2001:db8::1", 5001, "64:ff9b::8.8.8.8", 1000) == REASON_OK, "udp");
    must(rig_udp(&rig, "8.8.8.8", 1000, "203.0.113.1", rig_external_port(&rig)) == REASON_OK, "answer");
    must(rig_udp(&rig, "2001:db8:1::2", 5001, "64:ff9b::8.8.4.4", 1000) == REASON_OK, "udp");
    must(rig_udp(&rig, "2001:db8:1::2", 5001, "64:ff9b::8.8.8.8", 1001) == REASON_OK, "udp");
    must(rig_tcp(&rig, "2001:db8::1", 4000, "64:ff9b::8.8.8.8", 80, RIG_SYN) == REASON_OK, "tcp");
    must(rig_tcp(&rig, "8.8.8.8", 80, "203.0.113.1", rig_external_port(&rig), RIG_SYN | RIG_ACK) == REASON_OK,
         "established");
    must(rig_tcp(&rig, "8.8.4.4", 443, "203.0.113.1", 8080, RIG_SYN) == REASON_OK, "the static binding");
    must(rig_ping(&rig, "2001:db8::1", 77, "64:ff9b::8.8.8.8") == REASON_OK, "ping");
}

static bool known_at(const struct state *state, uint32_t slot, struct known *ret_known)
{
    const struct session *session = &state->sessions[slot];
    uint32_t word;
    if (!slot_word_begin(&session->word, &word))
        return false;
    const struct bib_entry *entry = &state->bib[session->bib];
    memset(ret_known, 0, sizeof(*ret_known));
    ret_known->src6 = entry->src6;
    ret_known->src4 = entry->src4;
    ret_known->dst4 = session->dst4;
    ret_known->src6_port = entry->src6_port;
    ret_known->src4_port = entry->src4_port;
    ret_known->dst_port = session->dst_port;
    ret_known->transport = session->transport;
    return true;
}

static bool is_known(const struct state *state, const struct known *known)
{
    struct known other;
    for (uint32_t i = 0; i < shape.slots; i++)
        if (known_at(state, i, &other) && memcmp(&other, known, sizeof(other)) == 0)
            return true;
    return false;
}

static void remember_sessions(void)
{
    kept_count = 0;
    for (uint32_t i = 0; i < shape.slots; i++)
        kept_count += known_at(&rig.state, i, &kept[kept_count]);
}

/* The operation is over: what it ended need not be kept. */
static void forget_ended(void)
{
    unsigned count = 0;
    ended_port = 0;
    for (unsigned i = 0; i < kept_count; i++) {
        if (is_known(&rig.state, &kept[i]))
            kept[count++] = kept[i];
        else if (kept[i].transport == TRANSPORT_UDP)
            ended_port = kept[i].src4_port;
    }
    kept_count = count;
}

/* Short lives: a test steps through every tick of the wheel. */
static void make_rig(void)
{
    struct settings_nat64 *nat64 = &rig.settings.nat64;
    rig_init(&rig, &shape);
    nat64->timeouts.udp = nat64->timeouts.icmp = 30;
    nat64->timeouts.udp_dns = 5;
    nat64->timeouts.tcp_established = nat64->timeouts.tcp_opening = 40;
    nat64->timeouts.tcp_closing = nat64->timeouts.tcp_closing_full = 20;
    nat64->timeouts.hold_down = 100;
}

static void open_mapping(uint64_t now_ns)
{
    struct state_source source;
    make_rig();
    rig_seed = 1000; /* each process draws the same */
    rig_now_ns = now_ns;
    assert_int_equal(rig_open(&rig, mapping, len, &source), 0);
}

static void prepare(const struct operation *operation)
{
    make_rig();
    rig_seed = 1;
    rig_now_ns = 1000 * RIG_S;
    memset(mapping, 0, len);
    assert_int_equal(rig_lay_out(&rig, mapping), 0);
    assert_int_equal(rig_start(&rig), 0);
    populate();
    if (operation->prepare != NULL)
        operation->prepare(&rig);
    remember_sessions();
    rig_stop(&rig);
    before_ns = rig_now_ns;
    memcpy(before, mapping, len);
}

/* Up to where the operation begins. */
static int begin(const struct operation *operation)
{
    open_mapping(before_ns);
    if (!operation->is_start)
        return rig_start(&rig);
    if (operation->configure != NULL)
        operation->configure(&rig);
    return tables_new(&rig.settings, &rig.state, shape.workers, true, &rig.tables);
}

/* All of it once, in this process. */
static void run_whole(const struct operation *operation)
{
    assert_int_equal(begin(operation), 0);
    operation->run(&rig);
    assert_null(agree_tables(rig.tables));
    forget_ended();
    after_ns = rig_now_ns;
    rig_stop(&rig);
}

/* The child writes: it may, until SIGUSR2. */
static void on_write(int number, siginfo_t *info, void *context)
{
    const uint8_t *at = info->si_addr;
    (void)number;
    (void)context;
    if (at < mapping || at >= mapping + len || mprotect(mapping, len, PROT_READ | PROT_WRITE) < 0)
        _exit(3);
}

static void on_forbid(int number)
{
    (void)number;
    if (mprotect(mapping, len, PROT_READ) < 0)
        _exit(4);
}

static void be_child(const struct operation *operation)
{
    struct sigaction write = {.sa_sigaction = on_write, .sa_flags = SA_SIGINFO},
                     forbid = {.sa_handler = on_forbid};
    if (begin(operation) < 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ||
        sigaction(SIGSEGV, &write, NULL) < 0 || sigaction(SIGUSR2, &forbid, NULL) < 0 ||
        mprotect(mapping, len, PROT_READ) < 0)
        _exit(2);
    raise(SIGSTOP);
    operation->run(&rig);
    raise(SIGSTOP);
    _exit(0);
}

static pid_t start_child(const struct operation *operation)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_child(operation);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    return child;
}

static void end_child(pid_t child)
{
    int status;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Lets the child go on with a signal, if it is not 0; the signal that it stops for. */
static int go_on(pid_t child, enum __ptrace_request how, int signal_number)
{
    int status;
    assert_int_equal(ptrace(how, child, NULL, (void *)(intptr_t)signal_number), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    return WSTOPSIG(status);
}

/* From its next write to where the mapping has changed; false when the child has ended before. */
static bool to_change(pid_t child)
{
    for (;;) {
        int stopped = go_on(child, PTRACE_CONT, SIGUSR2);
        for (unsigned step = 0; step < STEPS_MAX && stopped != SIGSTOP; step++) {
            assert_true(stopped == SIGTRAP || stopped == SIGSEGV);
            stopped = go_on(child, PTRACE_SINGLESTEP, stopped == SIGSEGV ? SIGSEGV : 0);
            if (memcmp(last, mapping, len) != 0)
                return true;
        }
        if (stopped == SIGSTOP)
            return false;
    }
}

/* Kills the child behind its change number `change`; false when it has ended before. */
static bool kill_after(const struct operation *operation, unsigned change)
{
    memcpy(mapping, before, len);
    pid_t child = start_child(operation);
    bool changed = true;
    for (; change > 0 && changed; change--) {
        memcpy(last, mapping, len);
        changed = to_change(child);
    }
    end_child(child);
    return changed;
}

static void recover_and_check(unsigned change, uint16_t no_port)
{
    alarm(RECOVERY_S);
    open_mapping(after_ns);
    rig_seed = 5000; /* other keys than the dead one's */
    assert_int_equal(rig_start(&rig), 0);
    for (unsigned i = 0; i < kept_count; i++)
        if (!is_known(&rig.state, &kept[i]))
            fail_msg("change %u: a session was lost", change);
    /* HA-01: its port is still in use, or held down. */
    uint32_t in_use =
        no_port == 0 ? STATE_NONE : bib_find4(&rig.tables->shards[0].bib, TRANSPORT_UDP, RIG_POOL, no_port);
    const char *wrong = agree_tables(rig.tables);
    if (wrong == NULL)
        wrong = agree_to_the_end(rig.tables, rig_now_ns, in_use == STATE_NONE ? no_port : 0);
    if (wrong != NULL)
        fail_msg("change %u: %s", change, wrong);
    rig_stop(&rig);
    alarm(0);
}

static void kill_everywhere(const struct operation *operation)
{
    unsigned change = 0;
    prepare(operation);
    run_whole(operation);
    while (kill_after(operation, ++change)) {
        assert_true(change < CHANGES_MAX);
        recover_and_check(change, operation->is_start ? 0 : ended_port);
    }
    print_message("# killed after each of %u changes\n", change - 1);
    assert_true(change > 1);
}

static void new_udp(struct rig *r)
{
    must(rig_udp(r, "2001:db8:2::3", 6000, "64:ff9b::8.8.8.8", 53) == REASON_OK, "udp");
}

TEST(HA_01_killed_making_a_binding_and_a_session)
{
    kill_everywhere(&(struct operation){.run = new_udp});
}

static void second_udp(struct rig *r)
{
    must(rig_udp(r, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1001) == REASON_OK, "udp");
}

TEST(HA_01_killed_making_a_second_session)
{
    kill_everywhere(&(struct operation){.run = second_udp});
}

static void whole_tcp(struct rig *r)
{
    must(rig_tcp(r, "2001:db8:2::3", 6000, "64:ff9b::8.8.8.8", 80, RIG_SYN) == REASON_OK, "syn");
    unsigned port = rig_external_port(r);
    must(rig_tcp(r, "8.8.8.8", 80, "203.0.113.1", port, RIG_SYN | RIG_ACK) == REASON_OK, "syn ack");
    must(rig_tcp(r, "2001:db8:2::3", 6000, "64:ff9b::8.8.8.8", 80, RIG_FIN | RIG_ACK) == REASON_OK, "fin");
    must(rig_tcp(r, "8.8.8.8", 80, "203.0.113.1", port, RIG_FIN | RIG_ACK) == REASON_OK, "fin");
}

TEST(HA_01_killed_in_the_life_of_a_connection)
{
    kill_everywhere(&(struct operation){.run = whole_tcp});
}

static void from_outside(struct rig *r)
{
    must(rig_tcp(r, "8.8.8.8", 9999, "203.0.113.1", 8080, RIG_SYN) == REASON_OK, "syn");
}

TEST(HA_01_killed_making_a_session_of_a_static_binding)
{
    kill_everywhere(&(struct operation){.run = from_outside});
}

static void short_udp(struct rig *r)
{
    must(rig_udp(r, "2001:db8:2::3", 6000, "64:ff9b::8.8.8.8", 53) == REASON_OK, "udp");
}

static void pass_6(struct rig *r)
{
    rig_now_ns += 6 * RIG_S;
    rig_timeouts(r);
}

TEST(HA_01_killed_ending_a_session_and_its_binding)
{
    kill_everywhere(&(struct operation){.prepare = short_udp, .run = pass_6});
}

/* The memory for held ports is full: the oldest makes room. */
static void fill_held(struct rig *r)
{
    static const char *const sources[] = {"2001:db8:2::1", "2001:db8:2::2", "2001:db8:2::3",
                                          "2001:db8:2::4", "2001:db8:2::5", "2001:db8:2::6"};
    for (unsigned i = 0; i < HELD; i++)
        must(rig_udp(r, sources[i], 6000, "64:ff9b::8.8.8.8", 53) == REASON_OK, "udp");
    pass_6(r);
    short_udp(r);
}

TEST(HA_01_killed_ending_a_binding_when_the_held_are_full)
{
    kill_everywhere(&(struct operation){.prepare = fill_held, .run = pass_6});
}

static void pass_all(struct rig *r)
{
    rig_now_ns += 41 * RIG_S;
    for (unsigned i = 0; i < 3; i++)
        rig_timeouts(r);
}

TEST(HA_01_killed_as_everything_ends)
{
    kill_everywhere(&(struct operation){.run = pass_all});
}

static void pass_110(struct rig *r)
{
    rig_now_ns += 110 * RIG_S;
    rig_timeouts(r);
}

TEST(HA_01_killed_as_hold_downs_end)
{
    kill_everywhere(&(struct operation){.prepare = fill_held, .run = pass_110});
}

/* Slots as damage or an earlier death leave them: a session without its binding, and a binding without a
 * session. */
static void tear(struct rig *r)
{
    fill_held(r);
    for (uint32_t i = 0; i < shape.slots; i++) {
        struct bib_entry *entry = &r->state.bib[i];
        if (entry->transport == TRANSPORT_UDP && entry->src6_port == 6000)
            entry->word = 0;
    }
    for (uint32_t i = 0; i < shape.slots; i++) {
        struct session *session = &r->state.sessions[i];
        if (session->transport == TRANSPORT_ICMP)
            session->word = 0;
    }
}

static void recover_here(struct rig *r)
{
    static uint32_t answered[256];
    static uint8_t bib_chunks[1], session_chunks[1];
    static struct recover_closing closing[256];
    static struct claim_held held[HELD];
    struct steps steps = {.shared = &r->tables->shared, .shards = r->tables->shards, .network = &r->network};
    const struct recover_scratch scratch = {answered, bib_chunks, session_chunks, closing, held};
    memset(answered, 0, sizeof(answered));
    memset(&r->recovered, 0, sizeof(r->recovered));
    r->tables->shared.settings_changed = true;
    recover_begin(&r->tables->shared);
    recover_survey(&steps, &scratch, &r->recovered);
    recover_slots(&steps, &scratch, rig_now_ns, &r->recovered);
    recover_rest(&steps, &scratch, rig_now_ns, &r->recovered);
    recover_done(&r->tables->shared, 1);
}

TEST(HA_01_killed_in_recovery)
{
    kill_everywhere(&(struct operation){.prepare = tear, .run = recover_here, .is_start = true});
}

/* The header's list of prefixes changes, and sessions go with theirs. */
static void another_prefix(struct rig *r)
{
    r->pref64.prefix = (struct addr_prefix6){{{{0x20, 0x01, 0x0d, 0xb8, 0, 0x64}}}, 96};
}

TEST(HA_01_killed_in_recovery_with_another_prefix)
{
    kill_everywhere(&(struct operation){.run = recover_here, .is_start = true, .configure = another_prefix});
}

static bool can_trace(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0);
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(HA_01_killed_making_a_binding_and_a_session),
        cmocka_unit_test(HA_01_killed_making_a_second_session),
        cmocka_unit_test(HA_01_killed_in_the_life_of_a_connection),
        cmocka_unit_test(HA_01_killed_making_a_session_of_a_static_binding),
        cmocka_unit_test(HA_01_killed_ending_a_session_and_its_binding),
        cmocka_unit_test(HA_01_killed_ending_a_binding_when_the_held_are_full),
        cmocka_unit_test(HA_01_killed_as_everything_ends),
        cmocka_unit_test(HA_01_killed_as_hold_downs_end),
        cmocka_unit_test(HA_01_killed_in_recovery),
        cmocka_unit_test(HA_01_killed_in_recovery_with_another_prefix),
    };
    if (!can_trace()) {
        printf("1..0 # SKIP no ptrace(2) here\n");
        return 0;
    }
    len = rig_len(&shape);
    int fd = memfd_create("state", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)len) < 0)
        return 1;
    mapping = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    before = malloc(len);
    last = malloc(len);
    int r = mapping == MAP_FAILED || before == NULL || last == NULL ? 1 : RUN(tests);
    free(last);
    free(before);
    return r;
}
