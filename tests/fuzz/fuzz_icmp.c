/*
 * ICMP errors with any quoted packet, both directions: the first byte chooses the family, the rest is the
 * message.
 *
 * Layer: test
 * Specification: RFC 7915 4.2, 4.3, 5.2, 5.3
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/icmp_error.h"
#include "nat64d/packet/parse.h"
#include "nat64d/rfc7915/icmp46.h"
#include "nat64d/rfc7915/icmp64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { MESSAGE_MAX_LEN = 4096 };
static uint8_t buffer[PACKET_HEADROOM + 40 + MESSAGE_MAX_LEN];

/* An IP header and a right checksum around the message, so that the fuzzer need not find them. */
static struct packet wrap(const uint8_t *message, uint32_t len, bool v6)
{
    uint32_t header = v6 ? 40 : 20;
    uint8_t *ip = buffer + PACKET_HEADROOM;
    memset(ip, 0x20, header);
    memcpy(ip + header, message, len);
    ip[0] = v6 ? 0x60 : 0x45;
    bytes_put16(ip + (v6 ? 4 : 2), (uint16_t)(v6 ? len : len + 20));
    ip[v6 ? 6 : 9] = v6 ? 58 : 1;
    ip[v6 ? 7 : 8] = 64;
    if (!v6) {
        bytes_put16(ip + 6, 0);
        bytes_put16(ip + 10, 0);
        bytes_put16(ip + 10, checksum_finish(checksum_add(0, ip, 20)));
    }
    bytes_put16(ip + header + 2, 0);
    uint64_t sum = v6 ? checksum_pseudo6(ip + 8, ip + 24, 58, len) : 0;
    bytes_put16(ip + header + 2, checksum_finish(checksum_add(sum, ip + header, len)));
    return (struct packet){.data = ip, .len = header + len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct translation_options options = {.lowest_ipv6_mtu = 1280};
    static const struct translation_mtu mtu = {1500, 1500};
    const struct translation4 inner4 = {1, 2, 3, 4};
    const struct translation6 inner6 = {.source_port = 3, .destination_port = 4};
    uint8_t out[ICMP_ERROR_MAX6];
    uint32_t offset, quoted_len, total, out_len = 0;
    if (len < 9 || len - 1 > MESSAGE_MAX_LEN)
        return 0;
    bool v6 = data[0] & 1;
    struct packet packet = wrap(data + 1, (uint32_t)(len - 1), v6);
    if (parse_packet(&packet) != REASON_OK || parse_icmp_kind(&packet) != PARSE_ICMP_ERROR)
        return 0;
    enum reason reason =
        v6 ? icmp64_check(&packet, &offset, &quoted_len) : icmp46_check(&packet, &offset, &quoted_len);
    if (reason != REASON_OK)
        return 0;
    struct packet quoted = {.data = packet.data + offset, .len = quoted_len};
    if (parse_quoted(&quoted, v6 ? 6 : 4, &total) != REASON_OK)
        return 0;
    reason = v6 ? icmp64_translate(&packet, &quoted, total, 1, 2, &inner4, &mtu, &options, out, &out_len)
                : icmp46_translate(&packet, &quoted, total, &inner6.source, &inner6.destination, &inner6,
                                   &mtu, &options, out, &out_len);
    if (reason != REASON_OK)
        return 0;
    assert(out_len <= (v6 ? ICMP_ERROR_MAX4 : ICMP_ERROR_MAX6));
    memcpy(buffer + PACKET_HEADROOM, out, out_len);
    struct packet result = {.data = buffer + PACKET_HEADROOM, .len = out_len};
    assert(parse_packet(&result) == REASON_OK && result.len == out_len);
    return 0;
}
