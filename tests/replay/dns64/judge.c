/*
 * Layer: test
 * Specification: RFC 6147 5.1.7, RFC 8767 4, RFC 8914 4.4
 */
#include "tests/replay/dns64/judge.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

#include "tests/replay/dns64/authority.h"

enum {
    LATE_MS = 5000,
    MS_PER_S = 1000,
    EDE_OPTION = 15,
    EDE_STALE = 3,
    EDE_SYNTHESIZED = 29,
    EDE_STALE_NXDOMAIN = 19,
    OPTION_HEADER = 4,
    IMAGE_AT = 12, /* of an IPv4 address under a /96 */
    TOLD_MAX = 20,
};

static const uint8_t prefix[IMAGE_AT] = {0x20, 0x01, 0x0d, 0xb8, 0, 0x64};

static bool is_healthy(enum authority_kind kind)
{
    return kind != AUTHORITY_BAD && kind != AUTHORITY_SILENT;
}

static void tell(struct judge *judge, const struct judge_question *question, uint64_t *count,
                 const char *what, uint64_t now_ms)
{
    if ((*count)++ >= TOLD_MAX)
        return;
    fprintf(stderr, "# h%06u type %u, asked at %llu: %s after %llu ms (the %lluth query)\n", question->number,
            question->type, (unsigned long long)question->asked_ms, what,
            (unsigned long long)(now_ms - question->asked_ms), (unsigned long long)judge->sent);
}

static bool has_error(ldns_pkt *packet, unsigned code)
{
    const ldns_rdf *options = ldns_pkt_edns_data(packet);
    const uint8_t *at = options != NULL ? ldns_rdf_data(options) : NULL;
    size_t len = options != NULL ? ldns_rdf_size(options) : 0;
    while (len >= OPTION_HEADER) {
        size_t size = OPTION_HEADER + (size_t)ldns_read_uint16(at + 2);
        if (size > len)
            return false;
        if (ldns_read_uint16(at) == EDE_OPTION && ldns_read_uint16(at + OPTION_HEADER) == code)
            return true;
        at += size;
        len -= size;
    }
    return false;
}

/* The record is the host's; *ret_epoch is when it was given. */
static bool is_his(const struct judge_question *question, const ldns_rr *record, bool dual,
                   uint8_t *ret_epoch)
{
    uint8_t wanted[16];
    const ldns_rdf *data = ldns_rr_rdf(record, 0);
    size_t len = question->type == JUDGE_A ? 4 : 16;
    if (question->type == JUDGE_A) {
        authority_address4(question->number, wanted);
    } else if (dual) {
        authority_address6(question->number, wanted);
    } else {
        memcpy(wanted, prefix, sizeof(prefix));
        authority_address4(question->number, wanted + IMAGE_AT);
    }
    if (ldns_rr_get_type(record) != (ldns_rr_type)question->type || ldns_rdf_size(data) != len ||
        memcmp(ldns_rdf_data(data), wanted, len - 1) != 0)
        return false;
    *ret_epoch = ldns_rdf_data(data)[len - 1];
    return true;
}

/* Whether it was the authority's at some moment in the last `seconds`. */
static bool is_young(uint8_t epoch, uint64_t now_s, uint64_t seconds)
{
    uint64_t first = (now_s - seconds) / AUTHORITY_EPOCH_S, last = now_s / AUTHORITY_EPOCH_S;
    for (uint64_t at = first; at <= last; at++)
        if ((uint8_t)at == epoch)
            return true;
    return false;
}

static bool judge_host(struct judge *judge, const struct judge_question *question, ldns_pkt *packet,
                       uint64_t now_ms)
{
    enum authority_kind kind = authority_kind_of(question->number);
    const ldns_rr_list *answer = ldns_pkt_answer(packet);
    size_t alias = kind == AUTHORITY_ALIAS;
    uint32_t ttl = authority_ttl(question->number);
    bool stale = has_error(packet, EDE_STALE);
    uint8_t epoch;
    if (ldns_pkt_get_rcode(packet) != LDNS_RCODE_NOERROR || ldns_pkt_tc(packet) ||
        ldns_rr_list_rr_count(answer) != alias + 1)
        return false;
    const ldns_rr *record = ldns_rr_list_rr(answer, alias);
    bool synthetic = question->type == JUDGE_AAAA && kind != AUTHORITY_DUAL;
    if (!is_his(question, record, kind == AUTHORITY_DUAL, &epoch) || ldns_rr_ttl(record) > ttl ||
        has_error(packet, EDE_SYNTHESIZED) != synthetic)
        return false;
    judge->stale += stale;
    if (!stale && !is_young(epoch, now_ms / MS_PER_S, ttl + 1))
        tell(judge, question, &judge->unmarked, "old data", now_ms);
    return true;
}

static bool is_right(struct judge *judge, const struct judge_question *question, ldns_pkt *packet,
                     uint64_t now_ms)
{
    enum authority_kind kind = authority_kind_of(question->number);
    if (kind == AUTHORITY_GONE) {
        judge->stale += has_error(packet, EDE_STALE_NXDOMAIN);
        return ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN && ldns_pkt_ancount(packet) == 0;
    }
    if (is_healthy(kind))
        return judge_host(judge, question, packet, now_ms);
    judge->failed++;
    return ldns_pkt_get_rcode(packet) == LDNS_RCODE_SERVFAIL;
}

void judge_answer(struct judge *judge, const struct judge_question *question, const uint8_t *answer,
                  size_t len, uint64_t now_ms)
{
    ldns_pkt *packet;
    if (question == NULL) {
        judge->unasked++;
        return;
    }
    uint64_t took = now_ms - question->asked_ms;
    judge->sent++;
    judge->answered++;
    if (ldns_wire2pkt(&packet, answer, len) != LDNS_STATUS_OK) {
        tell(judge, question, &judge->wrong, "no message", now_ms);
        return;
    }
    if (!is_right(judge, question, packet, now_ms))
        tell(judge, question, &judge->wrong, "another answer", now_ms);
    if (is_healthy(authority_kind_of(question->number))) {
        if (took > judge->slowest_ms)
            judge->slowest_ms = took;
        if (took > LATE_MS)
            tell(judge, question, &judge->late, "an answer", now_ms);
    }
    ldns_pkt_free(packet);
}

void judge_unanswered(struct judge *judge, const struct judge_question *question)
{
    judge->sent++;
    if (is_healthy(authority_kind_of(question->number)))
        tell(judge, question, &judge->unanswered, "nothing", question->asked_ms);
}

void judge_print(const struct judge *judge)
{
    printf("# queries: %llu, answered: %llu, stale: %llu, of failing servers: %llu, slowest of a healthy "
           "name: %llu ms\n",
           (unsigned long long)judge->sent, (unsigned long long)judge->answered,
           (unsigned long long)judge->stale, (unsigned long long)judge->failed,
           (unsigned long long)judge->slowest_ms);
}
