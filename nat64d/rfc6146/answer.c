/*
 * Layer: path
 * Specification: RFC 7915 4.4 and 5.4, RFC 4443 2.4, RFC 6146 3.5.2.2
 */
#include "nat64d/rfc6146/answer.h"

#include "common/bytes.h"
#include "common/pref64.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/icmp_error.h"
#include "nat64d/packet/parse.h"

static uint32_t sent(struct steps *steps, uint32_t len)
{
    steps_count(steps, len > 0 ? TALLY_ERRORS_SENT : TALLY_ERRORS_SUPPRESSED, 1);
    return len;
}

static uint32_t answer6(struct steps *steps, const struct packet *packet, enum reason_answer answer,
                        uint32_t mtu, uint64_t now_ns)
{
    struct in6_addr to, source;
    memcpy(&to, parse_source6(packet), sizeof(to));
    if (!icmp_error_may_answer(packet) || !network_source6(steps->network, &to, &source) ||
        !(answer == REASON_ANSWER_ADDRESS ? rate_allow_refusal(&steps->rate, now_ns)
                                          : rate_allow6(&steps->rate, &to, now_ns)))
        return sent(steps, 0);
    return sent(steps, icmp_error_build6(packet, answer, &source, mtu, steps->reply));
}

/* RFC 6146 3.5.2.2, RFC 5382 REQ-4: a connection that policy forbids is refused by silence. */
static bool keeps_silent4(const struct packet *packet, enum reason_answer answer)
{
    return answer == REASON_ANSWER_PROHIBITED && packet->protocol == PACKET_PROTO_TCP;
}

/* From the pool address that the packet was sent to. */
static uint32_t answer4(struct steps *steps, const struct packet *packet, enum reason_answer answer,
                        uint32_t mtu, uint64_t now_ns)
{
    if (keeps_silent4(packet, answer) || !icmp_error_may_answer(packet) ||
        !rate_allow4(&steps->rate, parse_source4(packet), now_ns))
        return sent(steps, 0);
    return sent(steps, icmp_error_build4(packet, answer, parse_destination4(packet), mtu, steps->reply));
}

uint32_t answer_drop(struct steps *steps, const struct packet *packet, enum reason reason, uint32_t mtu,
                     uint64_t now_ns)
{
    const struct reason_info *info = &reason_info[reason];
    enum reason_answer answer = packet->family == 6 ? info->answer6 : info->answer4;
    if (answer == REASON_ANSWER_NONE)
        return 0;
    if (!steps->shared->send_errors)
        return sent(steps, 0);
    return packet->family == 6 ? answer6(steps, packet, answer, mtu, now_ns)
                               : answer4(steps, packet, answer, mtu, now_ns);
}

uint32_t answer_syn(struct steps *steps, const struct stored_syn *syn, uint64_t now_ns)
{
    uint8_t bytes[STORED_SYN_BYTES];
    struct packet packet = {.data = bytes, .len = syn->len};
    uint32_t total;
    memcpy(bytes, syn->bytes, syn->len);
    if (!steps->shared->send_errors || parse_quoted(&packet, 4, &total) != REASON_OK ||
        !rate_allow4(&steps->rate, syn->dst4, now_ns))
        return sent(steps, 0);
    return sent(steps, icmp_error_build_port4(&packet, syn->src4, steps->reply));
}

enum {
    PROBE_HOP_LIMIT = 64, /* RFC 1700, the default of the assigned numbers */
    TCP_DATA_OFFSET = 12,
    TCP_FLAGS = 13,
    TCP_CHECKSUM = 16,
};

/* An ACK without data, all numbers 0. */
static void probe_segment(uint8_t *tcp, uint16_t source_port, uint16_t destination_port, uint64_t pseudo)
{
    memset(tcp, 0, PACKET_TCP_HEADER);
    bytes_put16(tcp, source_port);
    bytes_put16(tcp + 2, destination_port);
    tcp[TCP_DATA_OFFSET] = PACKET_TCP_HEADER / 4 << 4;
    tcp[TCP_FLAGS] = PARSE_TCP_ACK;
    bytes_put16(tcp + TCP_CHECKSUM, checksum_finish(checksum_add(pseudo, tcp, PACKET_TCP_HEADER)));
}

uint32_t answer_probe(struct steps *steps, unsigned shard_index, uint32_t slot)
{
    const struct steps_shard *shard = &steps->shards[shard_index];
    const struct session *session = session_at(&shard->sessions, slot);
    const struct bib_entry *entry = bib_entry(&shard->bib, session->bib);
    struct in6_addr source =
        pref64_embed(&steps->shared->guard.pref64[steps_pref64(steps, session)].prefix, session->dst4);
    uint8_t *ip = steps->reply;

    memset(ip, 0, PACKET_IPV6_HEADER);
    ip[0] = 0x60;
    bytes_put16(ip + 4, PACKET_TCP_HEADER);
    ip[6] = PACKET_PROTO_TCP;
    ip[7] = PROBE_HOP_LIMIT;
    memcpy(ip + 8, &source, sizeof(source));
    memcpy(ip + 24, &entry->src6, sizeof(entry->src6));
    probe_segment(ip + PACKET_IPV6_HEADER, session->dst_port, entry->src6_port,
                  checksum_pseudo6(ip + 8, ip + 24, PACKET_PROTO_TCP, PACKET_TCP_HEADER));
    return PACKET_IPV6_HEADER + PACKET_TCP_HEADER;
}

uint32_t answer_probe4(struct steps *steps, unsigned shard_index, uint32_t slot)
{
    const struct steps_shard *shard = &steps->shards[shard_index];
    const struct session *session = session_at(&shard->sessions, slot);
    const struct bib_entry *entry = bib_entry(&shard->bib, session->bib);
    uint8_t *ip = steps->reply;

    memset(ip, 0, PACKET_IPV4_HEADER);
    ip[0] = 0x45;
    bytes_put16(ip + 2, PACKET_IPV4_HEADER + PACKET_TCP_HEADER);
    ip[6] = 0x40; /* DF: RFC 6864 4.1, so the identification may be 0 */
    ip[8] = PROBE_HOP_LIMIT;
    ip[9] = PACKET_PROTO_TCP;
    bytes_put32(ip + 12, entry->src4);
    bytes_put32(ip + 16, session->dst4);
    bytes_put16(ip + 10, checksum_finish(checksum_add(0, ip, PACKET_IPV4_HEADER)));
    probe_segment(ip + PACKET_IPV4_HEADER, entry->src4_port, session->dst_port,
                  checksum_pseudo4(entry->src4, session->dst4, PACKET_PROTO_TCP, PACKET_TCP_HEADER));
    return PACKET_IPV4_HEADER + PACKET_TCP_HEADER;
}
