/*
 * Layer: path
 * Specification: RFC 1035 4.1
 */
#include "dns64/query/finished.h"

#include "dns64/query/reply.h"
#include "dns64/wire/patch.h"

void finished_key(const struct query *query, const struct cache *cache, struct cache_key *ret_key)
{
    unsigned flags = query_cache_flags(query) | (query->has_opt ? CACHE_EDNS : 0);
    cache_key(cache, CACHE_ANSWER, flags, query->policy->generation, &query->question, query->type,
              query->class, ret_key);
}

/* What stands in OPT for this client alone is not kept, and comes last. 0: it does not fit. */
static size_t add_own_options(const struct query *query, uint8_t *out, size_t len)
{
    struct edns_options own;
    struct message message;
    if (!query->has_cookie && !query->keepalive)
        return len;
    reply_options(query, &own);
    if (len + own.len > query->limit || message_parse(out, len, &message) != MESSAGE_OK || !message.has_opt)
        return 0;
    return edns_append(out, len, message.opt_at, &own);
}

size_t finished_find(struct query *query, struct cache *cache, const struct cache_key *key, uint64_t now_ns,
                     uint8_t *out)
{
    struct cache_found found;
    if (!cache_find(cache, key, now_ns, &found) || found.age_s >= found.life_s || found.len > query->limit)
        return 0;
    memcpy(out, found.bytes, found.len);
    size_t len = add_own_options(query, out, found.len);
    if (len == 0)
        return 0;
    patch_client(out, query->id, query->flags, &query->question);
    patch_age(out, found.ttls, found.ttl_count, found.age_s);
    query->outcome = found.tag;
    query->refresh = found.refresh;
    return len;
}

/* Every reply that the answer hangs on is data. */
static bool may_keep(const struct query *query)
{
    for (int i = 0; i < QUERY_SLOTS; i++)
        if (query->slot[i].asked && (!query->slot[i].done || query->slot[i].bytes == NULL))
            return false;
    return query->keep && query->life_s > 0;
}

void finished_keep(const struct query *query, struct cache *cache, uint64_t now_ns, uint8_t *bytes,
                   size_t len)
{
    uint16_t ttls[PATCH_TTLS_MAX];
    struct edns_options own = {.len = 0};
    struct message message;
    if (!may_keep(query) || message_parse(bytes, len, &message) != MESSAGE_OK || (message.flags & MESSAGE_TC))
        return;
    unsigned rcode = message_rcode(&message);
    if (message.has_opt)
        reply_options(query, &own);
    struct cache_value value = {.bytes = bytes,
                                .len = len - own.len,
                                .ttls = ttls,
                                .ttl_count = patch_find_ttls(&message, ttls),
                                .life_s = query->life_s,
                                .tag = (uint16_t)query->outcome};
    if (value.ttl_count > PATCH_TTLS_MAX || (rcode != MESSAGE_NOERROR && rcode != MESSAGE_NXDOMAIN))
        return;
    for (size_t i = 0; i < value.ttl_count; i++) {
        uint32_t ttl = bytes_get32(bytes + ttls[i]);
        if (ttl < value.life_s)
            value.life_s = ttl;
    }
    struct cache_key key;
    finished_key(query, cache, &key);
    if (value.life_s == 0)
        return;
    if (own.len > 0)
        edns_remove(bytes, len, message.opt_at, &own);
    cache_put(cache, &key, now_ns, &value);
    if (own.len > 0)
        edns_append(bytes, value.len, message.opt_at, &own);
}
