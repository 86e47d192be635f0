/*
 * Layer: pure
 * Specification: RFC 6147 5.1.1 - 5.1.5
 */
#include "dns64/rfc6147/chain.h"

/* RFC 8767 4: a TTL with the top bit set is a large one; RFC 2181 8 says 0, but no TTL beyond a week is used.
 */
enum {
    TTL_MAX = 604800,
};

static uint32_t capped(uint32_t ttl)
{
    return ttl > TTL_MAX ? TTL_MAX : ttl;
}

/* The CNAME of the name at the chain's end; false when there is none. */
static bool find_alias(const struct message *message, const struct name *owner, struct name *ret_target,
                       uint32_t *ret_ttl)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record) && record.section == MESSAGE_ANSWER) {
        if (record.type != MESSAGE_TYPE_CNAME || record.class != MESSAGE_CLASS_IN)
            continue;
        if (message_owner_is(message, &record, owner) &&
            message_rdata_name(message, &record, 0, ret_target)) {
            *ret_ttl = capped(record.ttl);
            return true;
        }
    }
    return false;
}

static bool seen(const struct chain *chain, const struct name *name)
{
    for (unsigned i = 0; i <= chain->links; i++)
        if (name_equal(&chain->names[i], name))
            return true;
    return false;
}

static bool in_any(const struct in6_addr *address, const struct addr_prefix6 *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (addr_in_prefix6(address, &prefixes[i]))
            return true;
    return false;
}

enum chain_kind chain_kind(const struct message *message, const struct message_record *record,
                           const struct chain_filter *filter)
{
    struct in6_addr address;
    /* Only in class IN is an AAAA record known to be 16 bytes (message_parse). */
    if (record->type != MESSAGE_TYPE_AAAA || record->class != MESSAGE_CLASS_IN)
        return CHAIN_COUNTS;
    memcpy(&address, message->bytes + record->rdata, sizeof(address));
    if (in_any(&address, filter->excluded, filter->excluded_count))
        return CHAIN_EXCLUDED;
    return in_any(&address, filter->images, filter->images_count) ? CHAIN_IMAGE : CHAIN_COUNTS;
}

bool chain_ends_at(const struct chain *chain, const struct message *message,
                   const struct message_record *record)
{
    return record->section == MESSAGE_ANSWER &&
           message_owner_is(message, record, &chain->names[chain->links]);
}

static uint16_t covered_type(const struct message *message, const struct message_record *record)
{
    if (record->type != MESSAGE_TYPE_RRSIG || record->rdata_len < 2)
        return record->type;
    return bytes_get16(message->bytes + record->rdata);
}

bool chain_holds_alias(const struct chain *chain, const struct message *message,
                       const struct message_record *record)
{
    struct name owner;
    uint16_t type = covered_type(message, record);
    if (record->section != MESSAGE_ANSWER || (type != MESSAGE_TYPE_CNAME && type != MESSAGE_TYPE_DNAME))
        return false;
    message_owner(message, record, &owner);
    for (unsigned i = 0; i < chain->links; i++)
        if (type == MESSAGE_TYPE_CNAME ? name_equal(&owner, &chain->names[i])
                                       : name_under(&chain->names[i], &owner, NULL))
            return true;
    return false;
}

bool chain_holds(const struct chain *chain, const struct message *message,
                 const struct message_record *record)
{
    if (record->section != MESSAGE_ANSWER)
        return false;
    for (unsigned i = 0; i <= chain->links; i++)
        if (message_owner_is(message, record, &chain->names[i]))
            return true;
    return chain_holds_alias(chain, message, record);
}

bool chain_is_signed(const struct chain *chain, const struct message *message, uint16_t type)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record))
        if (record.type == MESSAGE_TYPE_RRSIG && covered_type(message, &record) == type &&
            chain_ends_at(chain, message, &record))
            return true;
    return false;
}

static void count_record(const struct message *message, const struct message_record *record,
                         const struct chain_filter *filter, struct chain *chain)
{
    enum chain_kind kind = chain_kind(message, record, filter);
    chain->records++;
    chain->counted += kind == CHAIN_COUNTS;
    chain->images += kind == CHAIN_IMAGE;
    if (capped(record->ttl) < chain->ttl)
        chain->ttl = capped(record->ttl);
}

static void count_records(const struct message *message, uint16_t type, const struct chain_filter *filter,
                          struct chain *chain)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record)) {
        if (record.section == MESSAGE_AUTHORITY && record.type == MESSAGE_TYPE_SOA && !chain->has_soa) {
            chain->has_soa = true;
            chain->soa_ttl = capped(record.ttl);
        }
        if (record.type == type && record.class == MESSAGE_CLASS_IN && chain_ends_at(chain, message, &record))
            count_record(message, &record, filter, chain);
    }
}

/* Each of them is compared with each name of the chain: no upstream may have us do that for thousands. */
static bool too_many_aliases(const struct message *message)
{
    struct message_walk walk;
    struct message_record record;
    unsigned count = 0;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record) && record.section == MESSAGE_ANSWER) {
        uint16_t type = covered_type(message, &record);
        count += type == MESSAGE_TYPE_CNAME || type == MESSAGE_TYPE_DNAME;
    }
    return count > CHAIN_ALIASES_MAX;
}

void chain_follow(const struct message *message, const struct name *question, uint16_t type,
                  const struct chain_filter *filter, struct chain *ret_chain)
{
    struct chain *chain = ret_chain;
    struct name target;
    uint32_t ttl;
    memset(chain, 0, sizeof(*chain));
    chain->names[0] = *question;
    chain->ttl = TTL_MAX;
    chain->broken = too_many_aliases(message);
    if (chain->broken)
        return;
    while (find_alias(message, &chain->names[chain->links], &target, &ttl)) {
        if (chain->links == CHAIN_MAX || seen(chain, &target)) {
            chain->broken = true;
            return;
        }
        chain->names[++chain->links] = target;
    }
    count_records(message, type, filter, chain);
}

enum decide_outcome chain_outcome(const struct message *message, const struct chain *chain)
{
    if (chain->broken)
        return DECIDE_BROKEN;
    switch (message_rcode(message)) {
    case MESSAGE_NOERROR: break;
    case MESSAGE_NXDOMAIN: return DECIDE_NXDOMAIN;
    default: return DECIDE_ERROR;
    }
    if (chain->records == 0)
        return DECIDE_EMPTY;
    if (chain->counted > 0)
        return DECIDE_DATA;
    return chain->images > 0 ? DECIDE_IMAGES : DECIDE_EXCLUDED;
}
