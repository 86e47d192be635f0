/*
 * Fragments in any order and of any shape through parse and the table: bounds hold, what comes out parses,
 * and time gives everything back, so that one table does for all inputs. Input: records of 12 bytes, each a
 * fragment.
 *
 * Layer: test
 * Specification: RFC 6146 3.4, RFC 8200 4.5, RFC 791 3.2
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/parse.h"
#include "nat64d/table/fragments.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    RECORD = 12, /* family and flags, source, id, protocol; offset, length; time; whole */
    DATAGRAMS = 32,
    CHUNKS = 1024,
    WINDOW_NS = 1000,
    OPTIONS = 4,
};

static uint8_t buffer[PACKET_BUFFER], out[PACKET_BUFFER];

/* The fragment that a record tells of. */
static void build4(const uint8_t *record, uint32_t payload, struct packet *packet)
{
    uint8_t *ip = packet->data;
    uint32_t header = PACKET_IPV4_HEADER + (record[0] & 2 ? OPTIONS : 0);
    packet->len = header + payload;
    memset(ip, 0, header);
    ip[0] = (uint8_t)(0x40 | header / 4);
    bytes_put16(ip + 2, (uint16_t)packet->len);
    ip[5] = record[2];
    bytes_put16(ip + 6, bytes_get16(record + 4) & 0x7fff);
    ip[9] = record[3];
    ip[15] = record[1];
    bytes_put16(ip + 10, checksum_finish(checksum_add(0, ip, header)));
}

static void build6(const uint8_t *record, uint32_t payload, struct packet *packet)
{
    uint8_t *ip = packet->data, *at = ip + PACKET_IPV6_HEADER;
    uint32_t options = record[0] & 2 ? 8 : 0;
    packet->len = PACKET_IPV6_HEADER + options + PACKET_FRAGMENT_HEADER + payload;
    memset(ip, 0, packet->len - payload);
    ip[0] = 0x60;
    bytes_put16(ip + 4, (uint16_t)(packet->len - PACKET_IPV6_HEADER));
    ip[6] = options ? PACKET_PROTO_OPTIONS : PACKET_PROTO_FRAGMENT;
    ip[15] = record[1];
    at[0] = PACKET_PROTO_FRAGMENT;
    at += options;
    at[0] = record[3];
    bytes_put16(at + 2, bytes_get16(record + 4));
    at[7] = record[2];
}

static void take(struct fragments *fragments)
{
    struct packet packet = {.data = out + PACKET_HEADROOM};
    bool whole = fragments_take(fragments, &packet);
    assert(packet.len <= PACKET_MAX && packet.collected);
    enum reason reason = parse_packet(&packet);
    /* Of the whole, the transport may be malformed; the IP headers are not. */
    assert(reason == REASON_OK || (whole && reason == REASON_TRANSPORT_HEADER));
    assert(packet_is_fragment(&packet) == !whole);
}

static void put(struct fragments *fragments, const uint8_t *record, uint64_t now_ns)
{
    struct packet packet = {.data = buffer + PACKET_HEADROOM};
    enum fragments_fate fate;
    uint32_t dropped, payload = bytes_get16(record + 6);
    memset(packet.data, record[9], 128);
    if (record[0] & 1)
        build4(record, payload, &packet);
    else
        build6(record, payload, &packet);
    if (packet.len > PACKET_MAX || parse_packet(&packet) != REASON_OK || !packet_is_fragment(&packet))
        return;
    bool whole = (record[8] & 1) || packet.protocol == PACKET_PROTO_ICMP4;
    if (fragments_add(fragments, &packet, whole, now_ns, &fate, &dropped) == REASON_OK &&
        fate == FRAGMENTS_PASSES)
        assert(packet.collected && parse_packet(&packet) == REASON_OK);
    assert(fragments_count(fragments) <= DATAGRAMS && fragments_chunks(fragments) <= CHUNKS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct siphash_key key = {1, 2};
    static struct fragments *fragments;
    uint64_t now_ns = WINDOW_NS;
    if (fragments == NULL && fragments_new(DATAGRAMS, key, &fragments) < 0)
        return 0;
    for (; len >= RECORD; data += RECORD, len -= RECORD) {
        now_ns += data[10];
        put(fragments, data, now_ns);
        /* Sometimes nobody has a buffer to take it. */
        while (fragments_ready(fragments) && !(data[11] & 1))
            take(fragments);
        if (data[11] & 2)
            fragments_expire(fragments, now_ns, WINDOW_NS);
    }
    fragments_expire(fragments, now_ns + WINDOW_NS, WINDOW_NS);
    assert(!fragments_ready(fragments) && fragments_count(fragments) == 0 &&
           fragments_chunks(fragments) == 0);
    return 0;
}
