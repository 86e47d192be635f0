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

static bool takes(const struct synthesize_pref64 *pref64, uint32_t address)
{
    bool chosen = pref64->for4_count == 0 || in_any(address, pref64->for4, pref64->for4_count);
    return chosen && !in_any(address, pref64->deny4, pref64->deny4_count) &&
           special_allowed4(address, pref64->allow4, pref64->allow4_count);
}

static bool is_a(const struct message *a, const struct chain *chain, const struct message_record *record)
{
    return record->type == MESSAGE_TYPE_A && record->class == MESSAGE_CLASS_IN &&
           chain_ends_at(chain, a, record);
}

bool synthesize_possible(const struct message *a, const struct chain *chain,
                         const struct synthesize_pref64 *pref64, size_t pref64_count)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, a);
    while (message_walk_next(&walk, &record))
        for (size_t i = 0; i < pref64_count && is_a(a, chain, &record); i++)
            if (takes(&pref64[i], bytes_get32(a->bytes + record.rdata)))
                return true;
    return false;
}

uint32_t synthesize_ttl(uint32_t a_ttl, bool has_soa, uint32_t soa_ttl)
{
    uint32_t bound = has_soa ? soa_ttl : SYNTHESIZE_TTL_NO_SOA;
    return a_ttl < bound ? a_ttl : bound;
}

static unsigned add_images(struct message_writer *writer, const struct message *a,
                           const struct message_record *record, const struct chain *chain,
                           const struct synthesize_pref64 *pref64, size_t pref64_count, uint32_t ttl,
                           unsigned room)
{
    uint32_t address = bytes_get32(a->bytes + record->rdata);
    unsigned added = 0;
    for (size_t i = 0; i < pref64_count && added < room; i++) {
        if (!takes(&pref64[i], address))
            continue;
        struct in6_addr image = pref64_embed(&pref64[i].prefix, address);
        message_add(writer, MESSAGE_ANSWER, &chain->names[chain->links], MESSAGE_TYPE_AAAA, ttl, &image,
                    sizeof(image));
        added++;
    }
    return added;
}

unsigned synthesize_answer(struct message_writer *writer, const struct message *a, const struct chain *chain,
                           const struct synthesize_pref64 *pref64, size_t pref64_count, uint32_t ttl)
{
    struct message_walk walk;
    struct message_record record;
    unsigned added = 0;
    message_walk_init(&walk, a);
    while (message_walk_next(&walk, &record))
        if (chain_holds_alias(chain, a, &record))
            message_copy(writer, MESSAGE_ANSWER, a, &record, record.ttl);
    message_walk_init(&walk, a);
    while (message_walk_next(&walk, &record)) {
        if (is_a(a, chain, &record))
            added += add_images(writer, a, &record, chain, pref64, pref64_count, ttl, SYNTHESIZE_MAX - added);
        else if (record.section != MESSAGE_ANSWER && record.type != MESSAGE_TYPE_OPT)
            message_copy(writer, record.section, a, &record, record.ttl);
    }
    return added;
}
