/*
 * Layer: pure
 * Specification: RFC 2308 5, RFC 8767 4, RFC 9520 3.2
 */
#include "dns64/cache/lifetime.h"

enum {
    SOA_NUMBERS = 20, /* RFC 1035 3.3.13: five of 32 bits behind two names */
    SOA_NAMES = 2,    /* the shortest two */
    TTL_BEFORE_RDATA = 6,
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool lifetime_is_denial(const struct message *message)
{
    struct message_walk walk;
    struct message_record record;
    if (message_rcode(message) == MESSAGE_NXDOMAIN)
        return true;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record) && record.section == MESSAGE_ANSWER)
        if (record.type == message->type || message->type == MESSAGE_TYPE_ANY)
            return false;
    return true;
}

/* RFC 2308 3 and 5: the SOA of a denial says for how long. */
static bool is_denial_soa(const struct message_record *record)
{
    return record->section == MESSAGE_AUTHORITY && record->type == MESSAGE_TYPE_SOA &&
           record->rdata_len >= SOA_NUMBERS + SOA_NAMES;
}

uint32_t lifetime_bound(uint8_t *bytes, const struct message *message, uint32_t negative_max_s)
{
    bool denial = lifetime_is_denial(message), has_soa = false;
    uint32_t life_s = denial ? negative_max_s : LIFETIME_MAX_S;
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record)) {
        uint32_t ttl = smaller(record.ttl, LIFETIME_MAX_S);
        if (record.type == MESSAGE_TYPE_OPT)
            continue;
        if (denial && is_denial_soa(&record)) {
            has_soa = true;
            ttl = smaller(ttl, smaller(bytes_get32(bytes + record.end - sizeof(uint32_t)), negative_max_s));
        }
        bytes_put32(bytes + record.rdata - TTL_BEFORE_RDATA, ttl);
        life_s = smaller(life_s, ttl);
    }
    if (denial && !has_soa)
        life_s = smaller(life_s, LIFETIME_NO_SOA_S);
    return message->flags & MESSAGE_TC ? 0 : life_s;
}

uint32_t lifetime_of_failure(uint32_t before_s)
{
    return before_s == 0 ? LIFETIME_FAILURE_S : smaller(2 * before_s, LIFETIME_FAILURE_MAX_S);
}
