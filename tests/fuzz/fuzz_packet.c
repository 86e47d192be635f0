/*
 * Packets from the TUN, with any offload description, through parse and both translations; what comes out
 * must parse. Lengths and the IPv4 header's checksum are made right, so that the fuzzer need not find them,
 * unless the offload description has the flag AS_IT_IS.
 *
 * Layer: test
 * Specification: RFC 7915 4 and 5
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/icmp_error.h"
#include "nat64d/packet/parse.h"
#include "nat64d/packet/vnet.h"
#include "nat64d/rfc7915/fragment.h"
#include "nat64d/rfc7915/header46.h"
#include "nat64d/rfc7915/header64.h"
#include "nat64d/rfc7915/l4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { AS_IT_IS = 0x80 }; /* no flag of virtio's */

static uint8_t buffer[PACKET_BUFFER], piece[PACKET_MAX], segment_buffer[PACKET_BUFFER];
static const struct translation_options options = {.mss_clamp = true, .lowest_ipv6_mtu = 1280};

/* What is sent must be sound, whole or in pieces. */
static void check_output(struct packet *packet, uint32_t cut_mtu)
{
    struct packet again = *packet;
    assert(parse_packet(&again) == REASON_OK && again.len == packet->len && again.family == packet->family);
    if (packet_segments(packet) > 1)
        vnet_segment(packet, packet_segments(packet) - 1, segment_buffer, &again);
    vnet_complete_checksum(packet);
    if (cut_mtu == 0 || packet->vnet.gso_size != 0)
        return;
    struct fragment_cut cut;
    uint32_t piece_len, sum = 0;
    fragment_cut_init(&cut, packet, cut_mtu, 1);
    while (fragment_cut_next(&cut, piece, &piece_len)) {
        assert(piece_len <= cut_mtu);
        sum += piece_len - (packet->family == 6 ? 48 : 20);
    }
    assert(sum == packet_l4_total(packet));
}

static void translate(struct packet *packet)
{
    const struct translation4 to4 = {0xcb007101, 0xc0000201, 2000, 53};
    const struct translation6 to6 = {{{{0x20, 1}}}, {{{0x20, 2}}}, 53, 2000};
    uint32_t mtu = 0;
    if (packet->l4_len == 0 || packet_is_fragment(packet))
        return;
    if (packet->protocol == PACKET_PROTO_ICMP4 || packet->protocol == PACKET_PROTO_ICMP6)
        vnet_complete_checksum(packet);
    if (packet->protocol == PACKET_PROTO_TCP)
        l4_clamp_mss(packet, 1220);
    if (packet->family == 6) {
        enum header64_fit fit = header64_fit(packet, 576, &mtu);
        if (l4_translate64(packet, &to4) == REASON_OK && fit != HEADER64_TOO_BIG) {
            header64_translate(packet, &to4, 1, &options);
            check_output(packet, fit == HEADER64_CUT ? mtu : 0);
        }
    } else {
        enum header46_fit fit = header46_fit(packet, &options, 1500, &mtu);
        if (l4_translate46(packet, &to6, &options) == REASON_OK && fit != HEADER46_TOO_BIG) {
            header46_translate(packet, &to6, &options);
            check_output(packet, fit == HEADER46_CUT ? mtu : 0);
        }
    }
}

static void make_right(struct packet *packet)
{
    uint8_t *ip = packet->data;
    uint32_t header = (uint32_t)(ip[0] & 0xf) * 4;
    if (packet->len >= PACKET_IPV6_HEADER && ip[0] >> 4 == 6) {
        bytes_put16(ip + 4, (uint16_t)(packet->len - PACKET_IPV6_HEADER));
    } else if (packet->len >= PACKET_IPV4_HEADER && ip[0] >> 4 == 4 && packet->len >= header) {
        bytes_put16(ip + 2, (uint16_t)packet->len);
        bytes_put16(ip + 10, 0);
        bytes_put16(ip + 10, checksum_finish(checksum_add(0, ip, header)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct packet packet = {.data = buffer + PACKET_HEADROOM};
    uint8_t reply[ICMP_ERROR_MAX6];
    const struct in6_addr source = {{{0x20}}};
    if (len < sizeof(packet.vnet) || len - sizeof(packet.vnet) > PACKET_MAX)
        return 0;
    memcpy(&packet.vnet, data, sizeof(packet.vnet));
    packet.len = (uint32_t)(len - sizeof(packet.vnet));
    memcpy(packet.data, data + sizeof(packet.vnet), packet.len);
    if ((packet.vnet.flags & AS_IT_IS) == 0)
        make_right(&packet);
    packet.vnet.flags &= (uint8_t)~AS_IT_IS;
    if (parse_packet(&packet) != REASON_OK)
        return 0;
    if (icmp_error_may_answer(&packet)) {
        uint32_t size = packet.family == 6
                            ? icmp_error_build6(&packet, REASON_ANSWER_TOO_BIG, &source, 1280, reply)
                            : icmp_error_build4(&packet, REASON_ANSWER_HOP_LIMIT, 1, 0, reply);
        assert(size <= sizeof(reply));
    }
    translate(&packet);
    return 0;
}
