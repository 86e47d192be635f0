/*
 * Files with random damage: a start neither crashes nor hangs, keeps what was not touched, and all that it
 * makes from the slots agrees with them.
 *
 * G64_DAMAGED says how many files (1000), G64_SEED where to begin; a failure tells the seed that brings it
 * back alone, with G64_DAMAGED=1.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 and 3.2
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nat64d/table/owner.h"
#include "nat64d/table/slot_word.h"
#include "tests/recover/damage.h"
#include "tests/unit/nat64d/agree.h"
#include "tests/unit/nat64d/rig.h"

enum {
    SLOTS = 2048,
    FILES = 1000,
    HANG_S = 30,
    BACKENDS = 40,
    PAGE = 4096,
};

#define SHIFT_NS (-500 * (int64_t)RIG_S) /* of a copy's times */

static const struct rig_shape shape = {SLOTS, 16, 4, 1, 8000, 9023};
static uint8_t *whole; /* the file before any damage */
static size_t whole_len;
static uint64_t whole_ns;
static unsigned sessions_whole;
static char seed_text[40];

static void must(bool good, const char *what)
{
    if (!good)
        fail_msg("%s: %s", seed_text, what);
}

static void on_end(int number)
{
    ssize_t written = write(STDOUT_FILENO, seed_text, strlen(seed_text));
    (void)written;
    raise(number);
}

/* Sessions of one backend: some answered, some closing. */
static void populate_backend(struct rig *rig, unsigned number)
{
    char source[48], remote[48], remote4[20];
    snprintf(source, sizeof(source), "2001:db8:%x::%x", number % 3, number + 16);
    for (unsigned i = 0; i < 2 + number % 7; i++) {
        snprintf(remote4, sizeof(remote4), "8.8.%u.%u", number, i / 2);
        snprintf(remote, sizeof(remote), "64:ff9b::%s", remote4);
        must(rig_udp(rig, source, 5000 + i % 3, remote, 1000 + i) == REASON_OK, "udp");
        if (i % 2)
            must(rig_udp(rig, remote4, 1000 + i, "203.0.113.1", rig_external_port(rig)) == REASON_OK,
                 "answer");
        must(rig_tcp(rig, source, 4000 + i, remote, 80, RIG_SYN) == REASON_OK, "tcp");
        unsigned port = rig_external_port(rig);
        must(rig_tcp(rig, remote4, 80, "203.0.113.1", port, RIG_SYN | RIG_ACK) == REASON_OK, "answer");
        rig_now_ns += RIG_S / 10;
        if (i % 3 == 0)
            must(rig_tcp(rig, remote4, 80, "203.0.113.1", port, RIG_RST) == REASON_OK, "reset");
    }
    must(rig_ping(rig, source, 100 + number, "64:ff9b::8.8.8.8") == REASON_OK, "ping");
    snprintf(remote4, sizeof(remote4), "9.9.9.%u", number + 10);
    must(rig_tcp(rig, remote4, 4000, "203.0.113.1", 8080, RIG_SYN) == REASON_OK, "the static binding");
}

static void make_whole(void)
{
    static const char *const ended[] = {"2001:db8:7::1", "2001:db8:7::2", "2001:db8:7::3", "2001:db8:7::4"};
    static struct rig rig;
    whole_len = rig_len(&shape);
    whole = aligned_alloc(PAGE, whole_len);
    must(whole != NULL, "memory");
    memset(whole, 0, whole_len);
    rig_init(&rig, &shape);
    rig_now_ns = 1000 * RIG_S;
    must(rig_lay_out(&rig, whole) == 0 && rig_start(&rig) == 0, "start");
    for (unsigned i = 0; i < 4; i++)
        must(rig_udp(&rig, ended[i], 6000, "64:ff9b::8.8.8.8", 53) == REASON_OK, "udp");
    rig_now_ns += 18 * RIG_S;
    rig_timeouts(&rig);
    for (unsigned i = 0; i < BACKENDS; i++)
        populate_backend(&rig, i);
    must(agree_tables(rig.tables) == NULL, "what was made does not agree");
    rig_stop(&rig);
    whole_ns = rig_now_ns;
}

/* Session `slot` of the whole file and its binding. */
static const struct session *whole_session(const struct state *of, uint32_t slot)
{
    uint32_t word;
    const struct session *session = &of->sessions[slot];
    return slot_word_begin(&session->word, &word) ? session : NULL;
}

static bool is_kept(const struct rig *rig, const struct bib_entry *entry, const struct session *session)
{
    const struct tables *tables = rig->tables;
    unsigned shard = owner_shard6(tables->shared.state.header->key, &entry->src6, entry->src6_port,
                                  entry->transport, tables->shared.shards);
    uint32_t bib = bib_find6(&tables->shards[shard].bib, entry->transport, &entry->src6, entry->src6_port);
    return bib != STATE_NONE && bib_entry(&tables->shards[shard].bib, bib)->src4_port == entry->src4_port &&
           session_find(&tables->shards[shard].sessions, bib, session->dst4, session->dst_port) != STATE_NONE;
}

/* What was not touched is there. `damaged` was the file before it was opened. */
static void check_kept(const struct rig *rig, const uint8_t *damaged)
{
    struct state of;
    struct state_source source;
    unsigned untouched = 0, kept = 0;
    must(state_file_open(&of, whole, whole_len, rig_boot_id, &source) == 0, "the whole file");
    size_t bib_at = (size_t)((uint8_t *)of.bib - whole),
           sessions_at = (size_t)((uint8_t *)of.sessions - whole);
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct session *session = whole_session(&of, i);
        if (session == NULL)
            continue;
        const struct bib_entry *entry = &of.bib[session->bib];
        if (memcmp(session, damaged + sessions_at + i * sizeof(*session), sizeof(*session)) != 0 ||
            memcmp(entry, damaged + bib_at + session->bib * sizeof(*entry), sizeof(*entry)) != 0)
            continue;
        untouched++;
        kept += is_kept(rig, entry, session);
    }
    sessions_whole += untouched;
    if (kept != untouched)
        fail_msg("%s: %u sessions were not touched, and %u of them are left", seed_text, untouched, kept);
}

static void start_and_check(struct rig *rig, const uint8_t *damaged)
{
    int r = rig_start(rig);
    if (r < 0)
        fail_msg("%s: no start: %s", seed_text, strerror(-r));
    const char *wrong = agree_tables(rig->tables);
    if (wrong == NULL && damaged != NULL)
        check_kept(rig, damaged);
    if (wrong == NULL)
        wrong = agree_to_the_end(rig->tables, rig_now_ns, 0);
    rig_stop(rig);
    if (wrong != NULL)
        fail_msg("%s: %s", seed_text, wrong);
}

/* As the translator does with a file of another size, layout or boot. */
static void copy_and_check(struct rig *rig, const struct state_source *source, uint32_t slots,
                           int64_t shift_ns, const uint8_t *damaged)
{
    rig->shape.slots = slots;
    rig->settings.nat64.max_sessions = (int)slots;
    rig->shape.shards = source->header->shards;
    size_t len = rig_len(&rig->shape);
    void *memory = aligned_alloc(PAGE, len);
    uint32_t *map = malloc(source->header->bib_slots * sizeof(*map));
    must(memory != NULL && map != NULL, "memory");
    memset(memory, 0, len);
    must(rig_lay_out(rig, memory) == 0, "lay out");
    rig->state.header->key = source->header->key;
    state_copy(source, &rig->state, shift_ns, map);
    rig_now_ns += (uint64_t)shift_ns;
    start_and_check(rig, damaged);
    free(map);
    free(memory);
}

static void check_file(uint64_t seed, unsigned workers)
{
    static struct rig rig;
    struct damage damage = {.random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1, .len = whole_len};
    uint8_t *work = aligned_alloc(PAGE, whole_len), *damaged = malloc(whole_len), *file = NULL;
    must(work != NULL && damaged != NULL, "memory");
    memcpy(work, whole, whole_len);
    damage_do(&damage, work);
    memcpy(damaged, work, whole_len);
    /* Not a byte more than it has. */
    must(posix_memalign((void **)&file, PAGE, damage.len + 1) == 0, "memory");
    memcpy(file, work, damage.len);
    rig_init(&rig, &shape);
    rig.shape.workers = workers;
    rig_now_ns = whole_ns;
    rig_seed = seed;
    struct state_source source;
    int r = rig_open(&rig, file, damage.len, &source);
    const uint8_t *kept = damage.is_hostile ? NULL : damaged;
    if (r == -EBADMSG)
        must(damage.is_headless || damage.is_hostile || damage.len < whole_len, "refused");
    else if (r == -ESTALE)
        copy_and_check(&rig, &source, SLOTS + 1000, 0, NULL);
    else if (damage_below(&damage, 8) == 0)
        copy_and_check(&rig, &source, SLOTS + 1000, damage_below(&damage, 2) ? SHIFT_NS : 0, kept);
    else if (damage_below(&damage, 16) == 0)
        copy_and_check(&rig, &source, 300, 0, NULL);
    else
        start_and_check(&rig, kept);
    free(file);
    free(damaged);
    free(work);
}

TEST(HA_01_damaged_files)
{
    const char *count_text = getenv("G64_DAMAGED"), *seed_of = getenv("G64_SEED");
    uint64_t count = count_text != NULL ? strtoull(count_text, NULL, 0) : FILES;
    uint64_t seed = seed_of != NULL ? strtoull(seed_of, NULL, 0) : (uint64_t)time(NULL) * 1000;
    print_message("# %llu files, seed %llu\n", (unsigned long long)count, (unsigned long long)seed);
    for (uint64_t i = 0; i < count; i++) {
        snprintf(seed_text, sizeof(seed_text), "G64_SEED=%llu", (unsigned long long)(seed + i));
        alarm(HANG_S);
        check_file(seed + i, 1 + (unsigned)((seed + i) % 2));
    }
    alarm(0);
    print_message("# %u sessions were not touched, and kept\n", sessions_whole);
    assert_true(count < 100 || sessions_whole > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(HA_01_damaged_files)};
    const struct sigaction end = {.sa_handler = on_end, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGALRM, &end, NULL);
    sigaction(SIGABRT, &end, NULL);
    make_whole();
    int r = RUN(tests);
    free(whole);
    return r;
}
