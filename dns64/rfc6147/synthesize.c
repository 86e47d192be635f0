/*
 * Layer: pure
 * Specification: RFC 6147 5.1.7, 5.2
 */
#include "dns64/rfc6147/synthesize.h"

#include "common/pref64.h"
#include "common/special.h"

static bool in_any(uint32_t address, const struct addr_prefix4 *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (addr_in_prefix4(address, &prefixes[i]))
            return true;
    return false;
}

/* The longest of the prefix's ranges that has the address; -1: none. */
static int range_len(const struct synthesize_pref64 *pref64, uint32_t address)
{
    int longest = pref64->for4_count == 0 ? 0 : -1;
    for (size_t i = 0; i < pref64->for4_count; i++)
        if (addr_in_prefix4(address, &pref64->for4[i]) && pref64->for4[i].len > longest)
            longest = pref64->for4[i].len;
    return longest;
}

size_t synthesize_prefixes(uint32_t address, const struct synthesize_pref64 *pref64, size_t pref64_count,
                           size_t ret_chosen[SYNTHESIZE_PREFIXES_MAX])
{
    size_t count = 0;
    int longest = 0;
    for (size_t i = 0; i < pref64_count; i++) {
        int len = range_len(&pref64[i], address);
        longest = len > longest ? len : longest;
    }
    for (size_t i = 0; i < pref64_count && count < SYNTHESIZE_PREFIXES_MAX; i++)
        if (range_len(&pref64[i], address) == longest &&
            !in_any(address, pref64[i].deny4, pref64[i].deny4_count) &&
            special_allowed4(address, pref64[i].allow4, pref64[i].allow4_count))
            ret_chosen[count++] = i;
    return count;
}

static bool is_a(const struct message *a, const struct chain *chain, const struct message_record *record)
{
    return record->type == MESSAGE_TYPE_A && record->class == MESSAGE_CLASS_IN &&
           chain_ends_at(chain, a, record);
}

bool synthesize_possible(const struct message *a, const struct chain *chain,
                         const struct synthesize_pref64 *pref64, size_t pref64_count)
{
    size_t chosen[SYNTHESIZE_PREFIXES_MAX];
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, a);
    while (message_walk_next(&walk, &record))
        if (is_a(a, chain, &record) &&
            synthesize_prefixes(bytes_get32(a->bytes + record.rdata), pref64, pref64_count, chosen) > 0)
            return true;
    return false;
}

uint32_t synthesize_ttl(uint32_t a_ttl, bool has_soa, uint32_t soa_ttl)
{
    uint32_t bound = has_soa ? soa_ttl : SYNTHESIZE_TTL_NO_SOA;
    return a_ttl < bound ? a_ttl : bound;
}

/* Returns how many it would have been with more room. */
static unsigned add_images(struct message_writer *writer, const struct message *a,
                           const struct message_record *record, const struct chain *chain,
                           const struct synthesize_pref64 *pref64, size_t pref64_count, uint32_t ttl,
                           unsigned room)
{
    size_t chosen[SYNTHESIZE_PREFIXES_MAX];
    uint32_t address = bytes_get32(a->bytes + record->rdata);
    size_t count = synthesize_prefixes(address, pref64, pref64_count, chosen);
    for (size_t i = 0; i < count && i < room; i++) {
        struct in6_addr image = pref64_embed(&pref64[chosen[i]].prefix, address);
        message_add(writer, MESSAGE_ANSWER, &chain->names[chain->links], MESSAGE_TYPE_AAAA, ttl, &image,
                    sizeof(image));
    }
    return (unsigned)count;
}

unsigned synthesize_answer(struct message_writer *writer, const struct message *a, const struct chain *chain,
                           const struct synthesize_pref64 *pref64, size_t pref64_count, uint32_t ttl,
                           const struct dnssec_client *client, bool *ret_cut)
{
    struct message_walk walk;
    struct message_record record;
    unsigned added = 0;
    *ret_cut = false;
    message_walk_init(&walk, a);
    while (message_walk_next(&walk, &record))
        if (chain_holds_alias(chain, a, &record) && dnssec_keeps(client, record.type))
            message_copy(writer, MESSAGE_ANSWER, a, &record, record.ttl);
    message_walk_init(&walk, a);
    while (message_walk_next(&walk, &record)) {
        if (is_a(a, chain, &record))
            added += add_images(writer, a, &record, chain, pref64, pref64_count, ttl, SYNTHESIZE_MAX - added);
        else if (record.section != MESSAGE_ANSWER && record.type != MESSAGE_TYPE_OPT &&
                 dnssec_keeps(client, record.type))
            message_copy(writer, record.section, a, &record, record.ttl);
        *ret_cut |= added > SYNTHESIZE_MAX;
        added = added > SYNTHESIZE_MAX ? SYNTHESIZE_MAX : added;
    }
    return added;
}
