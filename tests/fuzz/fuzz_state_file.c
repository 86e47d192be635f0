/*
 * A state's file from anybody: opened, recovered or copied, and then all that was made of it agrees with its
 * slots.
 *
 * The input patches a whole file, since few others pass for one: a byte of flags, then offset (3 bytes),
 * length (1) and as many bytes, again and again. With FUZZ_RAW it is the file.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 and 3.2
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/edge/recovery.h"
#include "nat64d/table/slot_check.h"
#include "tests/unit/nat64d/agree.h"
#include "tests/unit/nat64d/rig.h"

enum {
    FUZZ_SEAL = 1,    /* the header's checksum is made right */
    FUZZ_CHECKS = 2,  /* and those of the slots */
    FUZZ_WORKERS = 4, /* two */
    FUZZ_COPY = 8,    /* into a state of another size */
    FUZZ_RAW = 16,
    FUZZ_TO_THE_END = 32,     /* also what only using it up shows, which takes long: */
    FUZZ_IN_SHORT = 64 | 128, /* so only without these */
    FUZZ_SHARDS = 4,          /* at most: each costs a wheel */
    PAGE = 4096,
    RECORD = 4,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct rig_shape shape = {512, 8, 2, 1, 8000, 8127};
static struct rig rig;
static uint8_t *whole, *file;
static size_t whole_len;

static void must(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_state_file: %s\n", what);
    abort();
}

static void make_whole(void)
{
    whole_len = rig_len(&shape);
    whole = aligned_alloc(PAGE, whole_len);
    file = aligned_alloc(PAGE, whole_len);
    must(whole != NULL && file != NULL, "memory");
    memset(whole, 0, whole_len);
    rig_init(&rig, &shape);
    rig_now_ns = 1000 * RIG_S;
    must(rig_lay_out(&rig, whole) == 0 && rig_start(&rig) == 0, "start");
    for (unsigned i = 0; i < 12; i++) {
        must(rig_udp(&rig, "2001:db8::1", 5000 + i / 2, "64:ff9b::8.8.8.8", 1000 + i) == REASON_OK, "udp");
        must(rig_tcp(&rig, "2001:db8:1::1", 5000 + i, "64:ff9b::8.8.8.8", 80, RIG_SYN) == REASON_OK, "tcp");
        unsigned port = rig_external_port(&rig);
        must(rig_tcp(&rig, "8.8.8.8", 80, "203.0.113.1", port, i % 2 ? RIG_SYN | RIG_ACK : RIG_RST) ==
                 REASON_OK,
             "answer");
        must(rig_ping(&rig, "2001:db8:1::2", 100 + i, "64:ff9b::8.8.8.8") == REASON_OK, "ping");
    }
    must(rig_tcp(&rig, "8.8.8.8", 4000, "203.0.113.1", 8080, RIG_SYN) == REASON_OK, "the static binding");
    rig_now_ns += 70 * RIG_S; /* the pings' ports are held down */
    rig_timeouts(&rig);
    rig_stop(&rig);
}

static void patch(const uint8_t *data, size_t len)
{
    while (len > RECORD) {
        size_t at = (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % whole_len, count = data[3];
        data += RECORD;
        len -= RECORD;
        if (count > len)
            count = len;
        if (count > whole_len - at)
            count = whole_len - at;
        memcpy(file + at, data, count);
        data += count;
        len -= count;
    }
}

/* As somebody who knows how they are made. */
static void make_checks(void)
{
    struct state_source source;
    if (rig_open(&rig, file, whole_len, &source) != 0)
        return;
    for (uint32_t i = 0; i < rig.state.header->bib_slots; i++)
        rig.state.bib[i].check = slot_check_bib(&rig.state.bib[i], i);
    for (uint32_t i = 0; i < rig.state.header->session_slots; i++)
        rig.state.sessions[i].check = slot_check_session(&rig.state.sessions[i], i);
}

/* What rig_start does, without workers: no packet comes. */
static void start(unsigned flags)
{
    must(tables_new(&rig.settings, &rig.state, rig.shape.workers, true, &rig.tables) == 0 &&
             recovery_run(rig.tables, &rig.network, 1, &rig.recovered) == 0,
         "no start");
    const char *wrong = agree_tables(rig.tables);
    if (wrong == NULL && (flags & (FUZZ_TO_THE_END | FUZZ_IN_SHORT)) == FUZZ_TO_THE_END)
        wrong = agree_to_the_end(rig.tables, rig_now_ns, 0);
    must(wrong == NULL, wrong != NULL ? wrong : "");
    rig_stop(&rig);
}

static void copy(const struct state_source *source, unsigned flags)
{
    rig.shape.slots = 300;
    rig.settings.nat64.max_sessions = 300;
    rig.shape.shards = source->header->shards < FUZZ_SHARDS ? source->header->shards : FUZZ_SHARDS;
    size_t len = rig_len(&rig.shape);
    uint8_t *memory = aligned_alloc(PAGE, len);
    uint32_t *map = malloc(source->header->bib_slots * sizeof(*map));
    must(memory != NULL && map != NULL, "memory");
    memset(memory, 0, len);
    must(rig_lay_out(&rig, memory) == 0, "lay out");
    rig.state.header->key = source->header->key;
    state_copy(source, &rig.state, (int64_t)(rig_now_ns - source->header->saved_ns), map);
    start(flags);
    free(map);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct state_source source;
    if (whole == NULL)
        make_whole();
    if (len == 0)
        return 0;
    unsigned flags = data[0];
    rig_init(&rig, &shape);
    rig.shape.workers = flags & FUZZ_WORKERS ? 2 : 1;
    rig_seed = 1;
    memcpy(file, whole, whole_len);
    if (flags & FUZZ_RAW) {
        memset(file, 0, whole_len);
        memcpy(file, data + 1, len - 1 < whole_len ? len - 1 : whole_len);
    } else {
        patch(data + 1, len - 1);
    }
    if (flags & FUZZ_SEAL)
        state_file_seal(&(struct state){.header = (struct state_header *)file});
    if (flags & FUZZ_CHECKS)
        make_checks();
    int r = rig_open(&rig, file, whole_len, &source);
    if (r == -ESTALE || (r == 0 && flags & FUZZ_COPY))
        copy(&source, flags);
    else if (r == 0)
        start(flags);
    return 0;
}
