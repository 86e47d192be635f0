/*
 * Layer: path
 * Specification: RFC 6147 5.4, RFC 6052 2.2
 */
#include "dns64/query/told.h"

#include "common/pref64.h"
#include "common/time_units.h"

enum {
    ANSWERS_AT = 6,   /* ANCOUNT */
    QUESTION_TAIL = 4 /* type and class */
};

/* The client's packets come from this address: not so of those on the link or this host alone. */
static bool is_backend(const struct addr *client)
{
    return client->family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&client->v6) &&
           !IN6_IS_ADDR_LOOPBACK(&client->v6);
}

/* The IPv4 address that a record stands for. */
static bool find_address(const struct query *query, const struct message_record *record, const uint8_t *bytes,
                         uint32_t *ret_address)
{
    const struct query_policy *policy = query->policy;
    struct in6_addr addr;
    if (record->type != query->type || record->class != MESSAGE_CLASS_IN)
        return false;
    if (record->type == MESSAGE_TYPE_A && record->rdata_len == sizeof(*ret_address)) {
        *ret_address = bytes_get32(bytes + record->rdata);
        return true;
    }
    if (record->rdata_len != sizeof(addr))
        return false;
    memcpy(&addr, bytes + record->rdata, sizeof(addr));
    for (size_t i = 0; i < policy->pref64_count; i++)
        if (pref64_extract(&policy->pref64[i].prefix, &addr, ret_address))
            return true;
    return false;
}

static void note(const struct names *names, const struct query *query, uint32_t address,
                 const struct names_name *name, uint32_t now_s, uint32_t ttl)
{
    uint32_t until_s = ttl < UINT32_MAX - now_s ? now_s + ttl : UINT32_MAX;
    switch (names_note(names, &query->client.addr.v6, address, name, now_s, until_s)) {
    case NAMES_NOTED: counters_add(query->counters, OUTCOME_NAMES_NOTED, 1); break;
    case NAMES_BUSY: counters_add(query->counters, OUTCOME_NAMES_LOST, 1); break;
    case NAMES_YOUNG: break;
    }
}

void told_note(const struct names *names, const struct query *query, const uint8_t *bytes, size_t len,
               uint64_t now_ns)
{
    struct message message = {.bytes = bytes, .len = len};
    struct message_walk walk;
    struct message_record record;
    struct names_name name;
    uint32_t address;
    if (names == NULL || (query->type != MESSAGE_TYPE_AAAA && query->type != MESSAGE_TYPE_A) ||
        query->class != MESSAGE_CLASS_IN || len < MESSAGE_HEADER || !is_backend(&query->client.addr))
        return;
    message.counts[MESSAGE_ANSWER] = bytes_get16(bytes + ANSWERS_AT);
    message.records = MESSAGE_HEADER + query->question.len + QUESTION_TAIL;
    if (message.counts[MESSAGE_ANSWER] == 0)
        return;
    names_prepare(query->question.bytes, query->question.len, &name);
    message_walk_init(&walk, &message);
    while (message_walk_next(&walk, &record))
        if (find_address(query, &record, bytes, &address))
            note(names, query, address, &name, (uint32_t)(now_ns / NS_PER_S), record.ttl);
}
