/*
 * The vectors of tests/replay through the steps, of one worker and of two, without a trace and with one: what
 * comes out is compared byte for byte.
 *
 * Layer: test
 * Specification: tests/replay/README.md; RFC 6146 3.3
 */
#include "tests/unit/test.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/settings_file.h"
#include "nat64d/packet/vnet.h"
#include "nat64d/rfc7915/fragment.h"
#include "tests/unit/nat64d/rig.h"

enum {
    CASES_MAX = 1024,
    OUT_MAX = 64,      /* packets of a step */
    LINES_MAX = 65536, /* of all files */
    SLOTS = 1024,
    SHARDS = 4,
    LINK_MTU = 1500,
    ANY = 0x100, /* a byte that may be anything */
    NO_GSO = -1, /* a packet as it is on the wire */
};

struct replay_case {
    const char *name;
    char **lines; /* those of the case */
    size_t lines_count;
    const char *conf; /* the whole configuration of its file */
};

/* What one step brought out. */
struct caught {
    uint8_t bytes[PACKET_MAX];
    uint32_t len;
};

static struct replay_case cases[CASES_MAX];
static struct CMUnitTest tests[CASES_MAX];
static size_t cases_count;
static struct rig rig;
static struct caught *caught;
static size_t caught_count;
static uint16_t wanted[PACKET_MAX];
static void *memory; /* the state that a restart finds again */
static struct settings *settings, *restarted;
static struct trace_hub *hub;

static void note_out(const uint8_t *bytes, uint32_t len)
{
    assert_true(caught_count < OUT_MAX);
    memcpy(caught[caught_count].bytes, bytes, len);
    caught[caught_count++].len = len;
}

/* As a device without offloads does. */
static void leave_in_segments(const struct packet *packet)
{
    static uint8_t bytes[PACKET_MAX];
    uint32_t count = packet_segments(packet);
    struct packet segment;
    for (uint32_t i = 0; i < count; i++) {
        vnet_segment(packet, i, bytes, &segment);
        note_out(segment.data, segment.len);
    }
}

/* As edge/send does. */
static void leave(struct packet *packet, uint32_t cut_mtu)
{
    static uint8_t bytes[PACKET_MAX];
    struct fragment_cut cut;
    uint32_t len;
    if (packet->vnet.gso_size > 0) {
        leave_in_segments(packet);
        return;
    }
    vnet_complete_checksum(packet);
    if (cut_mtu == 0) {
        note_out(packet->data, packet->len);
        return;
    }
    fragment_cut_init(&cut, packet, cut_mtu, packet->id);
    while (fragment_cut_next(&cut, bytes, &len))
        note_out(bytes, len);
}

/* By the worker that owns it, as edge/worker hands it over. */
static void through(struct built *built, unsigned worker)
{
    for (;;) {
        struct steps *steps = &rig.steps[worker];
        steps_packet(steps, &built->packet, rig_now_ns, &rig.result);
        trace_end(&steps->trace);
        if (rig.result.verdict == STEPS_SEND)
            leave(&built->packet, rig.result.cut_mtu);
        if (rig.result.reply_len > 0)
            note_out(steps->reply, rig.result.reply_len);
        if (rig.result.verdict != STEPS_HANDOVER)
            return;
        worker = rig.result.worker;
    }
}

/* What the device is to do with it (virtio 1.2 5.1.6). Of TCP without a size no one told it, as by NFQUEUE.
 */
static void describe(struct packet *packet, uint16_t size)
{
    bool v6 = packet->data[0] >> 4 == 6;
    uint8_t protocol = packet->data[v6 ? 6 : 9];
    uint16_t header = v6 ? PACKET_IPV6_HEADER : PACKET_IPV4_HEADER;
    bool tcp = protocol == PACKET_PROTO_TCP, udp = protocol == PACKET_PROTO_UDP;
    packet->vnet = (struct packet_vnet){
        .flags = PACKET_VNET_NEEDS_CSUM,
        .gso_type = tcp ? (v6 ? PACKET_VNET_GSO_TCP6 : PACKET_VNET_GSO_TCP4) : PACKET_VNET_GSO_UDP_L4,
        .gso_size = size > 0 ? size : PACKET_DEFAULT_MSS6,
        .csum_start = header,
        .csum_offset = tcp   ? 16
                       : udp ? 6
                             : 2,
    };
    packet->gso_guessed = size == 0;
}

static void put(const uint16_t *bytes, uint32_t len, int gso)
{
    rig.built.packet = (struct packet){.data = rig.built.buffer + PACKET_HEADROOM, .len = len};
    for (uint32_t i = 0; i < len; i++)
        rig.built.packet.data[i] = (uint8_t)bytes[i];
    if (gso != NO_GSO)
        describe(&rig.built.packet, (uint16_t)gso);
    through(&rig.built, 0);
    for (unsigned worker = 0; worker < rig.shape.workers; worker++)
        while (steps_waiting(&rig.steps[worker])) {
            rig.built.packet = (struct packet){.data = rig.built.buffer + PACKET_HEADROOM};
            steps_take_waiting(&rig.steps[worker], &rig.built.packet);
            through(&rig.built, worker);
        }
}

/* The digits of a line are added to `wanted`. */
static uint32_t read_bytes(const char *text, uint32_t len)
{
    for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
        unsigned value = ANY;
        assert_true(len < PACKET_MAX);
        if (strncmp(text, "..", 2) != 0 && sscanf(text, "%2x", &value) != 1)
            fail_msg("no byte: %s", text);
        wanted[len++] = (uint16_t)value;
    }
    return len;
}

/* The packet of line `*at` and of those that go on with it. */
static uint32_t read_packet(const struct replay_case *one, size_t *at)
{
    uint32_t len = read_bytes(strchr(one->lines[*at], ' ') + 1, 0);
    while (++*at < one->lines_count && one->lines[*at][0] == ' ')
        len = read_bytes(one->lines[*at] + strspn(one->lines[*at], " "), len);
    return len;
}

static void compare(const struct caught *got, uint32_t len)
{
    if (got->len != len)
        fail_msg("%u bytes came out, not %u", (unsigned)got->len, (unsigned)len);
    for (uint32_t i = 0; i < len; i++)
        if (wanted[i] != ANY && wanted[i] != got->bytes[i])
            fail_msg("byte %u is %02x, not %02x", (unsigned)i, (unsigned)got->bytes[i], (unsigned)wanted[i]);
    if (got->bytes[0] >> 4 == 4)
        assert_int_equal(build_sum(0, got->bytes, (got->bytes[0] & 15u) * 4), 0xffff);
}

static bool begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

/* All that the step before brought out has been compared. */
static void begin_step(size_t *next)
{
    if (*next != caught_count)
        fail_msg("%zu packets came out, not %zu", caught_count, *next);
    *next = caught_count = 0;
}

/* Second by second, as the edge looks after time more often than that. */
static void pass(unsigned seconds)
{
    enum { BUDGET = 100000 };
    for (unsigned i = 0; i < seconds; i++) {
        rig_now_ns += RIG_S;
        for (unsigned worker = 0; worker < rig.shape.workers; worker++) {
            unsigned budget = BUDGET;
            while (budget > 0) {
                uint32_t len = steps_timeout(&rig.steps[worker], rig_now_ns, &budget);
                if (len > 0)
                    note_out(rig.steps[worker].reply, len);
            }
        }
    }
}

/* The lab's gateway: tests/replay/README.md. */
static struct network_route6 routes6[2];
static struct network_route4 route4;
static struct in6_addr own6[2];
static struct addr_prefix6 link6; /* where backends are that are not configured */
static uint32_t own4;

static void surround(const struct settings *from)
{
    uint32_t mtu6 = from->nat64.ipv6_mtu != 0 ? (uint32_t)from->nat64.ipv6_mtu : LINK_MTU;
    uint32_t mtu4 = from->nat64.ipv4_mtu != 0 ? (uint32_t)from->nat64.ipv4_mtu : LINK_MTU;
    struct in6_addr link;
    inet_pton(AF_INET6, "2001:db8:2::1", &link);
    routes6[0] = (struct network_route6){{link, 64}, mtu6, link};
    routes6[0].destination.address.s6_addr[15] = 0;
    inet_pton(AF_INET6, "2001:db8:3::1", &link);
    routes6[1] = (struct network_route6){.mtu = mtu6, .source = link};
    own6[0] = routes6[0].source;
    own6[1] = routes6[1].source;
    route4 = (struct network_route4){.mtu = mtu4};
    link6 = routes6[0].destination;
    own4 = 0xc01fc401;
    rig.network = (struct network){.routes6 = routes6,
                                   .routes6_count = 2,
                                   .routes4 = &route4,
                                   .routes4_count = 1,
                                   .own4 = &own4,
                                   .own4_count = 1,
                                   .own6 = own6,
                                   .own6_count = 2,
                                   .backends = &link6,
                                   .backends_count = from->backends_count == 0 ? 1 : 0,
                                   .lowest_mtu6 = mtu6,
                                   .lowest_mtu4 = mtu4};
}

/* Every packet is traced: it comes out as it would without. */
static void trace_all(unsigned workers)
{
    const struct trace_filter all6 = {.family = 6, .count = UINT32_MAX};
    for (unsigned i = 0; i < workers; i++)
        trace_init(&rig.steps[i].trace, hub, (uint8_t)i);
    trace_hub_set(hub, 0, &all6);
    for (unsigned i = 0; i < workers; i++)
        trace_refresh(&rig.steps[i].trace);
}

static struct settings *load(const char *conf, const char *more)
{
    char error[SETTINGS_ERROR_LEN], *text = malloc(strlen(conf) + strlen(more) + 2);
    struct settings *loaded = NULL;
    assert_non_null(text);
    sprintf(text, "%s\n%s", conf, more);
    if (settings_file_load_text(text, strlen(text), "conf", &loaded, error) < 0)
        fail_msg("%s", error);
    free(text);
    return loaded;
}

/* The tables of the state that there is. */
static void start(const struct settings *from)
{
    rig.settings = *from;
    rig.settings.nat64.max_sessions = SLOTS;
    surround(from);
    assert_int_equal(rig_start(&rig), 0);
    if (hub != NULL)
        trace_all(rig.shape.workers);
}

/* The daemon ends and another begins, with so much more in its configuration. */
static void restart(const struct replay_case *one, const char *more)
{
    struct state_source source;
    rig_stop(&rig);
    settings_file_free(restarted);
    restarted = load(one->conf, more);
    assert_int_equal(rig_open(&rig, memory, rig_len(&rig.shape), &source), 0);
    start(restarted);
}

static void run_steps(const struct replay_case *one)
{
    size_t at = 0, next = 0;
    bool open = false; /* what the last `in` brought out is not compared yet */
    int gso = NO_GSO;
    while (at < one->lines_count) {
        const char *line = one->lines[at];
        if (begins(line, "in ")) {
            if (!open)
                begin_step(&next);
            uint32_t len = read_packet(one, &at);
            put(wanted, len, gso);
            gso = NO_GSO;
            open = true;
        } else if (begins(line, "gso ")) {
            gso = (int)strtoul(line + strlen("gso "), NULL, 10);
            at++;
        } else if (begins(line, "restart")) {
            assert_false(open);
            begin_step(&next);
            restart(one, line + strlen("restart"));
            at++;
        } else if (begins(line, "wait ")) {
            assert_false(open);
            begin_step(&next);
            pass((unsigned)strtoul(line + strlen("wait "), NULL, 10));
            at++;
            open = true;
        } else if (begins(line, "out ")) {
            if (next == caught_count)
                fail_msg("only %zu packets came out: %s", next, reason_info[rig.result.reason].name);
            uint32_t len = read_packet(one, &at);
            compare(&caught[next++], len);
            open = false;
        } else if (strcmp(line, "none") == 0) {
            assert_true(open);
            at++;
            open = false;
        } else {
            fail_msg("not a line of a case: %s", line);
        }
    }
    assert_false(open);
    begin_step(&next);
}

static void run_with(const struct replay_case *one, unsigned workers, bool traced)
{
    const struct rig_shape shape = {SLOTS, SLOTS, SHARDS, workers, 1024, 65535};
    memory = aligned_alloc(4096, rig_len(&shape));
    assert_non_null(memory);
    memset(memory, 0, rig_len(&shape));
    rig_init(&rig, &shape);
    rig_now_ns = 1000 * RIG_S;
    caught_count = 0;
    if (traced)
        assert_int_equal(trace_hub_new(workers, &hub), 0);
    assert_int_equal(rig_lay_out(&rig, memory), 0);
    start(settings);
    run_steps(one);
    rig_stop(&rig);
    settings_file_free(restarted);
    restarted = NULL;
    trace_hub_free(hub);
    hub = NULL;
    free(memory);
}

static void run_case(void **state)
{
    const struct replay_case *one = *state;
    caught = malloc(OUT_MAX * sizeof(*caught));
    assert_non_null(caught);
    settings = load(one->conf, "");
    for (unsigned workers = 1; workers <= 2; workers++) {
        run_with(one, workers, false);
        run_with(one, workers, true);
    }
    settings_file_free(settings);
    free(caught);
}

static char *read_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t len = 0;
    if (file == NULL || getdelim(&text, &len, '\0', file) < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    fclose(file);
    return text;
}

/* The words of a case as the name of a test: what is no letter or digit is `_`. */
static const char *name_of(const char *line)
{
    char *name = strdup(line + strlen("case "));
    for (char *at = name; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
    return name;
}

static void add_conf(char **conf, const char *text)
{
    char *longer = malloc(strlen(*conf) + strlen(text) + 2);
    sprintf(longer, "%s\n%s", *conf, text);
    free(*conf);
    *conf = longer;
}

static void read_cases(const char *folder, const char *name)
{
    char *text = read_file(folder, name), *conf = read_file(VECTORS "/nat64d", "gate64.conf");
    char **lines = calloc(LINES_MAX, sizeof(*lines)), *rest = text;
    size_t count = 0, first = cases_count;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && count < LINES_MAX;) {
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (strcmp(line, "bare") == 0) {
            conf[0] = '\0';
        } else if (begins(line, "conf ")) {
            add_conf(&conf, line + strlen("conf "));
        } else if (begins(line, "case ") && cases_count < CASES_MAX) {
            cases[cases_count++] = (struct replay_case){.name = name_of(line), .lines = lines + count};
        } else {
            lines[count++] = line;
            cases[cases_count - 1].lines_count++;
        }
    }
    for (size_t i = first; i < cases_count; i++)
        cases[i].conf = conf;
}

static int is_replay(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return end != NULL && strcmp(end, ".replay") == 0;
}

static void read_folder(const char *folder)
{
    struct dirent **files;
    int count = scandir(folder, &files, is_replay, alphasort);
    if (count <= 0) {
        fprintf(stderr, "%s: no vectors\n", folder);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        read_cases(folder, files[i]->d_name);
        free(files[i]);
    }
    free(files);
}

int main(void)
{
    read_folder(VECTORS "/nat64d");
    read_folder(VECTORS "/timed");
    for (size_t i = 0; i < cases_count; i++)
        tests[i] =
            (struct CMUnitTest){.name = cases[i].name, .test_func = run_case, .initial_state = &cases[i]};
    return _cmocka_run_group_tests("tests", tests, cases_count, NULL, NULL);
}
