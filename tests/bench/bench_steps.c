/*
 * What the steps cost a packet of an established flow: bench_steps KIND [PACKETS], KIND one of udp6, tcp6,
 * udp4, tcp4. Run it under valgrind --tool=callgrind with two numbers of packets; the difference is theirs,
 * building them again included.
 *
 * Layer: test
 * Specification: RFC 6146 3.3
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/nat64d/rig.h"

enum { SLOTS = 4096, HELD = 64, SHARDS = 4, PAGE = 4096 };

static struct rig rig;
static struct built model;

static void check(enum reason reason)
{
    if (reason != REASON_OK)
        exit(1);
}

/* Opens a flow and builds a packet of it. */
static void open_udp(bool from_ipv6)
{
    check(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443));
    if (from_ipv6)
        build_udp(&model, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, "data", 4);
    else
        build_udp(&model, "8.8.8.8", 443, "203.0.113.1", rig_external_port(&rig), "data", 4);
}

static void open_tcp(bool from_ipv6)
{
    check(rig_tcp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, RIG_SYN));
    unsigned port = rig_external_port(&rig);
    check(rig_tcp(&rig, "8.8.8.8", 443, "203.0.113.1", port, RIG_SYN | RIG_ACK));
    check(rig_tcp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, RIG_ACK));
    if (from_ipv6)
        build_tcp(&model, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, RIG_ACK, "data", 4);
    else
        build_tcp(&model, "8.8.8.8", 443, "203.0.113.1", port, RIG_ACK, "data", 4);
}

int main(int argc, char *argv[])
{
    const struct rig_shape shape = {SLOTS, HELD, SHARDS, 1, 1024, 65535};
    const char *kind = argc > 1 && strlen(argv[1]) == 4 ? argv[1] : "udp6";
    long packets = argc > 2 ? atol(argv[2]) : 100000;
    rig_now_ns = 1000 * RIG_S;
    rig_init(&rig, &shape);
    size_t len = (rig_len(&shape) + PAGE - 1) / PAGE * PAGE;
    void *memory = aligned_alloc(PAGE, len);
    if (memory == NULL)
        return 1;
    memset(memory, 0, len);
    if (rig_lay_out(&rig, memory) < 0 || rig_start(&rig) < 0)
        return 1;
    if (kind[0] == 'u')
        open_udp(kind[3] == '6');
    else
        open_tcp(kind[3] == '6');
    struct packet packet = model.packet;
    uint32_t offset = (uint32_t)(model.packet.data - model.buffer);
    for (long i = 0; i < packets; i++) {
        memcpy(rig.built.buffer + offset, packet.data, packet.len);
        rig.built.packet = packet;
        rig.built.packet.data = rig.built.buffer + offset;
        steps_packet(&rig.steps[0], &rig.built.packet, rig_now_ns, &rig.result);
        check(rig.result.reason);
    }
    rig_stop(&rig);
    free(memory);
    return 0;
}
