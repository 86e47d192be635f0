/*
 * Layer: path
 * Specification: RFC 2308 5, RFC 8020 2, RFC 8767 5, RFC 9520 3
 */
#include "dns64/query/known.h"

#include <stdlib.h>

#include "dns64/cache/lifetime.h"
#include "dns64/rfc6147/chain.h"
#include "dns64/wire/patch.h"

struct known_question known_question(const struct query *query, enum query_slot_name slot)
{
    struct known_question question = {
        .class = query->class, .flags = query_cache_flags(query), .hops = query->hops};
    query_asked(query, slot, &question.name, &question.type);
    question.set = *route_find(query->policy->route, &question.name, &question.apex);
    return question;
}

void known_ask(const struct known_question *question, const struct query_policy *policy, struct ask *ret_ask)
{
    *ret_ask = (struct ask){
        .name = question->name,
        .type = question->type,
        .class = question->class,
        .flags = (uint16_t)((question->flags & CACHE_CD ? MESSAGE_CD : 0) |
                            (question->flags & CACHE_AD ? MESSAGE_AD : 0)),
        .dnssec = question->flags & CACHE_DO,
        .edns_size = policy->edns_size,
        .own_hop = policy->hop_id,
        .hops = question->hops,
    };
}

static struct cache_key key_of(const struct cache *cache, enum cache_kind kind,
                               const struct known_question *question)
{
    struct cache_key key;
    cache_key(cache, kind, question->flags, question->set.variant, &question->name, question->type,
              question->class, &key);
    return key;
}

struct cache_key known_key(const struct cache *cache, const struct known_question *question)
{
    return key_of(cache, CACHE_DATA, question);
}

static struct cache_key denied_key(const struct cache *cache, const struct known_question *question,
                                   const struct name *name)
{
    struct cache_key key;
    cache_key(cache, CACHE_DENIED, question->flags, question->set.variant, name, 0, question->class, &key);
    return key;
}

static struct cache_key alias_key(const struct cache *cache, const struct known_question *question)
{
    struct cache_key key;
    cache_key(cache, CACHE_ALIAS, 0, question->set.variant, &question->name, 0, question->class, &key);
    return key;
}

/* Fresh or not. What is kept of a name is over when the name became an alias since, whatever was asked for
 * then (RFC 1034 3.6.2: an alias has no other data). */
static bool find_data(struct cache *cache, const struct known_question *question, uint64_t now_ns,
                      struct cache_found *ret_found)
{
    struct cache_key key = known_key(cache, question), alias = alias_key(cache, question);
    struct cache_found became;
    if (!cache_find(cache, &key, now_ns, ret_found))
        return false;
    if (ret_found->tag != 0 || !cache_find(cache, &alias, now_ns, &became) ||
        became.age_s >= ret_found->age_s)
        return true;
    cache_drop(cache, &key);
    return false;
}

/* A copy as old as it is; false: no memory. */
static bool copy_fresh(const struct cache_found *found, struct known_reply *ret_reply)
{
    uint8_t *bytes = malloc(found->len);
    if (bytes == NULL)
        return false;
    memcpy(bytes, found->bytes, found->len);
    patch_age(bytes, found->ttls, found->ttl_count, found->age_s);
    *ret_reply = (struct known_reply){
        .bytes = bytes,
        .len = found->len,
        .source = {.kind = QUERY_FROM_DATA, .life_s = found->life_s - found->age_s, .age_s = found->age_s},
        .refresh = found->refresh,
    };
    return true;
}

bool known_find_stale(struct cache *cache, const struct query_policy *policy,
                      const struct known_question *question, uint64_t now_ns, struct known_reply *ret_reply)
{
    struct cache_found found;
    if (policy->stale_max_s == 0 || !find_data(cache, question, now_ns, &found) ||
        found.age_s < found.life_s || found.age_s - found.life_s >= policy->stale_max_s)
        return false;
    uint8_t *bytes = malloc(found.len);
    if (bytes == NULL)
        return false;
    memcpy(bytes, found.bytes, found.len);
    patch_set_ttl(bytes, found.ttls, found.ttl_count, LIFETIME_STALE_TTL_S);
    *ret_reply = (struct known_reply){
        .bytes = bytes, .len = found.len, .source = {.kind = QUERY_FROM_STALE, .age_s = found.age_s}};
    return true;
}

/* NXDOMAIN of the name itself or of one above it, as the answer to this question (RFC 8020 2). */
static bool from_denied(const struct cache_found *found, const struct known_question *question,
                        struct known_reply *ret_reply)
{
    struct message_writer writer;
    struct message denied;
    struct message_walk walk;
    struct message_record record;
    size_t size = found->len + MESSAGE_HEADER + NAME_MAX_LEN + 2 * sizeof(uint16_t);
    if (message_parse(found->bytes, found->len, &denied) != MESSAGE_OK)
        return false;
    /* Names are written out, so what was packed grows. */
    size += (size_t)denied.counts[MESSAGE_AUTHORITY] * 3 * NAME_MAX_LEN;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return false;
    message_begin(&writer, bytes, size, 0, denied.flags, &question->name, question->type, question->class);
    message_walk_init(&walk, &denied);
    while (message_walk_next(&walk, &record))
        if (record.section == MESSAGE_AUTHORITY)
            message_copy(&writer, MESSAGE_AUTHORITY, &denied, &record,
                         record.ttl > found->age_s ? record.ttl - found->age_s : 0);
    *ret_reply = (struct known_reply){
        .bytes = bytes,
        .len = message_end(&writer),
        .source = {.kind = QUERY_FROM_DENIED, .life_s = found->life_s - found->age_s, .age_s = found->age_s},
    };
    if (ret_reply->len == 0) {
        free(bytes);
        ret_reply->bytes = NULL;
    }
    return ret_reply->len > 0;
}

/* The name and each one above it but the root, which always exists; none above the domain that other
 * upstreams are asked for. */
static bool find_denied(struct cache *cache, const struct query_policy *policy,
                        const struct known_question *question, uint64_t now_ns, struct known_reply *ret_reply)
{
    struct name name = question->name;
    struct cache_found found;
    while (name.len > 1 && name.len >= question->apex) {
        struct cache_key key = denied_key(cache, question, &name);
        if (cache_find(cache, &key, now_ns, &found) && found.age_s < found.life_s)
            return from_denied(&found, question, ret_reply);
        if (!policy->nxdomain_cut || list_find(policy->uncut, &question->name).len > 0)
            return false;
        size_t label = (size_t)name.bytes[0] + 1;
        name.len = (uint8_t)(name.len - label);
        memmove(name.bytes, name.bytes + label, name.len);
    }
    return false;
}

bool known_find(struct cache *cache, const struct query_policy *policy, const struct known_question *question,
                uint64_t now_ns, struct known_reply *ret_reply)
{
    struct cache_key key = key_of(cache, CACHE_FAILURE, question);
    struct cache_found found;
    if (find_data(cache, question, now_ns, &found) && found.age_s < found.life_s)
        return copy_fresh(&found, ret_reply);
    if (find_denied(cache, policy, question, now_ns, ret_reply))
        return true;
    if (!cache_find(cache, &key, now_ns, &found) || found.age_s >= found.life_s)
        return false;
    if (known_find_stale(cache, policy, question, now_ns, ret_reply))
        return true;
    *ret_reply = (struct known_reply){.source = {.kind = QUERY_FROM_FAILURE, .age_s = found.age_s}};
    if (found.len == 0)
        return true;
    if (!copy_fresh(&found, ret_reply))
        return false;
    ret_reply->source = (struct query_source){.kind = QUERY_FROM_FAILURE, .age_s = found.age_s};
    ret_reply->refresh = false;
    return true;
}

struct ttls {
    uint16_t offsets[PATCH_TTLS_MAX];
    size_t count;
};

/* A reply whose TTLs can be found, and changed without changing anything else. */
static bool is_sound(const uint8_t *bytes, size_t len, struct message *ret_message, struct ttls *ret_ttls)
{
    if (bytes == NULL || message_parse(bytes, len, ret_message) != MESSAGE_OK)
        return false;
    ret_ttls->count = patch_find_ttls(ret_message, ret_ttls->offsets);
    return ret_ttls->count <= PATCH_TTLS_MAX &&
           patch_is_safe(ret_message, ret_ttls->offsets, ret_ttls->count);
}

/* RFC 9520 3.2: the wait grows with each failure; RFC 8767 5: not too short while stale data are given. */
static void keep_failure(struct cache *cache, const struct known_question *question, uint64_t now_ns,
                         const uint8_t *bytes, size_t len, bool stale)
{
    struct cache_key key = key_of(cache, CACHE_FAILURE, question);
    struct cache_found found;
    uint32_t life_s = lifetime_of_failure(cache_find(cache, &key, now_ns, &found) ? found.tag : 0);
    if (stale && life_s < LIFETIME_RECHECK_S)
        life_s = LIFETIME_RECHECK_S;
    struct cache_value value = {.bytes = bytes, .len = len, .life_s = life_s, .tag = (uint16_t)life_s};
    cache_put(cache, &key, now_ns, &value);
}

/* A says that the name is not, and AAAA said that it is: one of the two is wrong, so nothing is concluded for
 * other types, nor for names below (RFC 6147 5.1.6 wants the client to hear it all the same). */
static bool is_contradicted(struct cache *cache, const struct known_question *question, uint64_t now_ns)
{
    struct known_question sibling = *question;
    struct cache_found found;
    sibling.type = MESSAGE_TYPE_AAAA;
    struct cache_key key = known_key(cache, &sibling);
    return question->type == MESSAGE_TYPE_A && cache_find(cache, &key, now_ns, &found) &&
           found.age_s < found.life_s && (bytes_get16(found.bytes + 2) & MESSAGE_RCODE) == MESSAGE_NOERROR;
}

/* RFC 8020 2 and 6: what does not exist is the last name of the chain. */
static void keep_denied(struct cache *cache, const struct known_question *question, uint64_t now_ns,
                        const struct chain *chain, const struct cache_value *value)
{
    if (chain->broken || !chain->has_soa)
        return;
    struct cache_key key = denied_key(cache, question, &chain->names[chain->links]);
    cache_put(cache, &key, now_ns, value);
}

/* The last name of the chain is there, whatever type was asked for: nothing that denied it is right. */
static void drop_denied(struct cache *cache, const struct known_question *question, const struct chain *chain)
{
    if (chain->broken)
        return;
    struct cache_key key = denied_key(cache, question, &chain->names[chain->links]);
    cache_drop(cache, &key);
}

static void keep_alias(struct cache *cache, const struct known_question *question, uint64_t now_ns)
{
    static const struct cache_value seen = {.life_s = LIFETIME_MAX_S};
    struct cache_key key = alias_key(cache, question);
    cache_put(cache, &key, now_ns, &seen);
}

static void keep_data(struct cache *cache, const struct known_question *question, uint64_t now_ns,
                      const struct message *message, const struct ttls *ttls, uint32_t life_s)
{
    struct cache_value value = {.bytes = message->bytes,
                                .len = message->len,
                                .ttls = ttls->offsets,
                                .ttl_count = ttls->count,
                                .life_s = life_s};
    static const struct chain_filter none;
    struct cache_key key = key_of(cache, CACHE_FAILURE, question);
    struct chain chain;
    cache_drop(cache, &key);
    chain_follow(message, &question->name, question->type, &none, &chain);
    value.tag = chain.links > 0;
    if (chain.links > 0)
        keep_alias(cache, question, now_ns);
    if (message_rcode(message) == MESSAGE_NOERROR)
        drop_denied(cache, question, &chain);
    key = known_key(cache, question);
    if (life_s == 0) {
        cache_drop(cache, &key);
        return;
    }
    cache_put(cache, &key, now_ns, &value);
    if (message_rcode(message) == MESSAGE_NXDOMAIN && !is_contradicted(cache, question, now_ns))
        keep_denied(cache, question, now_ns, &chain, &value);
}

struct known_reply known_take(struct cache *cache, const struct query_policy *policy,
                              const struct known_question *question, uint64_t now_ns, uint8_t *bytes,
                              size_t len)
{
    struct known_reply reply = {.bytes = bytes, .len = len, .source = {.kind = QUERY_FROM_UPSTREAM}}, stale;
    struct message message;
    struct ttls ttls;
    bool sound = is_sound(bytes, len, &message, &ttls);
    unsigned rcode = sound ? message_rcode(&message) : MESSAGE_SERVFAIL;
    bool cut = sound && message.flags & MESSAGE_TC;
    if (!cut && (rcode == MESSAGE_NOERROR || rcode == MESSAGE_NXDOMAIN)) {
        reply.source.life_s = lifetime_bound(bytes, &message, policy->negative_ttl_max_s);
        keep_data(cache, question, now_ns, &message, &ttls, reply.source.life_s);
        return reply;
    }
    if (!sound) {
        free(bytes);
        bytes = reply.bytes = NULL;
        len = reply.len = 0;
    }
    bool has_stale = known_find_stale(cache, policy, question, now_ns, &stale);
    keep_failure(cache, question, now_ns, bytes, len, has_stale);
    if (!has_stale)
        return reply;
    free(bytes);
    return stale;
}
