/*
 * How long a start takes to recover a full table: UDP sessions of one backend on a few bindings, two workers.
 *   tests/bench/bench_recover [SESSIONS [BINDINGS [REPETITIONS]]]
 *
 * Layer: test
 * Specification: RFC 6146 3.2
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "nat64d/edge/recovery.h"
#include "nat64d/rfc6146/udp.h"
#include "nat64d/table/owner.h"
#include "tests/unit/nat64d/rig.h"

enum { HELD = 4096, SHARDS = 4, WORKERS = 2, CHUNKS = 16 };

static struct rig rig;

static double now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool add(uint32_t session, uint32_t bindings)
{
    struct flow flow = {.transport = TRANSPORT_UDP,
                        .from_ipv6 = true,
                        .src6 = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 1}}},
                        .src6_port = (uint16_t)(5000 + session % bindings),
                        .dst4 = 0x08000000 + session / bindings / 8,
                        .dst4_port = (uint16_t)(1000 + session / bindings % 8),
                        .session = STATE_NONE};
    flow.shard = owner_shard6(rig.state.header->key, &flow.src6, flow.src6_port, flow.transport, SHARDS);
    flow.bib = bib_find6(&rig.tables->shards[flow.shard].bib, flow.transport, &flow.src6, flow.src6_port);
    return udp_from_ipv6(&rig.steps[flow.shard % WORKERS], &flow, rig_now_ns) == REASON_OK;
}

/* As a new process does: with a mapping that it has not touched. */
static double recover(int fd, size_t len, uint32_t sessions)
{
    struct state_source source;
    void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    double begin = now_ms(CLOCK_MONOTONIC), begin_cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID), made;
    if (memory == MAP_FAILED || rig_open(&rig, memory, len, &source) < 0 ||
        tables_new(&rig.settings, &rig.state, WORKERS, true, &rig.tables) < 0)
        exit(1);
    made = now_ms(CLOCK_MONOTONIC);
    if (recovery_run(rig.tables, &rig.network, 1, &rig.recovered) < 0 || rig.recovered.sessions != sessions)
        exit(1);
    double end = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu;
    printf("tables %.1f ms, recovery %.1f ms: %.1f ns a session; of CPU time %.1f ns\n", made - begin,
           end - made, (end - begin) * 1e6 / sessions, cpu * 1e6 / sessions);
    rig_stop(&rig);
    munmap(memory, len);
    return end - begin;
}

int main(int argc, char **argv)
{
    uint32_t sessions = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000;
    uint32_t bindings = argc > 2 ? (uint32_t)atoi(argv[2]) : 32;
    int repetitions = argc > 3 ? atoi(argv[3]) : 7;
    const struct rig_shape shape = {sessions + CHUNKS * STATE_CHUNK, HELD, SHARDS, WORKERS, 1024, 65535};
    size_t len = rig_len(&shape);
    int fd = memfd_create("state", MFD_CLOEXEC);
    if (bindings == 0 || fd < 0 || posix_fallocate(fd, 0, (off_t)len) != 0)
        return 1;
    void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    rig_init(&rig, &shape);
    rig_now_ns = 1000 * RIG_S;
    if (memory == MAP_FAILED || rig_lay_out(&rig, memory) < 0 || rig_start(&rig) < 0)
        return 1;
    for (uint32_t i = 0; i < sessions; i++)
        if (!add(i, bindings))
            return 1;
    rig_stop(&rig);
    munmap(memory, len);
    double best = 1e9;
    for (int i = 0; i < repetitions; i++) {
        double took = recover(fd, len, sessions);
        best = took < best ? took : best;
    }
    printf("%u sessions on %u bindings, %d workers: %.1f ms at best, %.1f ns a session\n", sessions, bindings,
           (int)WORKERS, best, best * 1e6 / sessions);
    return 0;
}
