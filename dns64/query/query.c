/*
 * Layer: path
 * Specification: RFC 6147 5, RFC 8880 7.1
 */
#include "dns64/query/query.h"

#include <stdlib.h>

#include "dns64/query/aaaa.h"
#include "dns64/query/finished.h"
#include "dns64/query/local.h"
#include "dns64/query/reply.h"
#include "dns64/wire/edns.h"

enum {
    SLIP = 2, /* of so many queries beyond the limit one is answered */
};

void query_count(struct query *query, enum outcome outcome)
{
    counters_add(query->counters, outcome, 1);
    query->outcome = outcome;
}

/* What the header and EDNS say of a query that can be read. */
static void take_header(struct query *query, const struct message *message)
{
    query->id = message->id;
    query->flags = message->flags;
    query->question = message->question;
    query->has_question = message->has_question;
    query->type = message->type;
    query->class = message->class;
    query->has_opt = message->has_opt;
    query->wants_dnssec = message->has_opt && (message->opt_flags & MESSAGE_DO);
    query->checking_disabled = message->flags & MESSAGE_CD;
    query->limit = MESSAGE_MAX;
    if (!query->client.udp)
        return;
    query->limit = QUERY_UDP_PLAIN;
    if (message->has_opt && message->opt_size > QUERY_UDP_PLAIN)
        query->limit =
            message->opt_size < query->policy->edns_size ? message->opt_size : query->policy->edns_size;
}

/* RFC 7873 5.2: the cookie is checked, and one to answer with is made. False: an option is malformed. */
static bool take_options(struct query *query, const struct message *message, bool *ret_bad_cookie)
{
    const struct query_policy *policy = query->policy;
    struct edns_query asked;
    *ret_bad_cookie = false;
    if (!edns_query_read(message, query->client.udp, &asked))
        return false;
    query->keepalive = asked.keepalive;
    hops_read(message, &query->hops);
    query->has_cookie = asked.cookie_len > 0 && policy->cookies != SETTINGS_COOKIES_OFF;
    if (!query->has_cookie)
        return true;
    query->cookie_valid = cookie_answer(&policy->cookie_secret, asked.cookie, asked.cookie_len,
                                        &query->client.addr, query->client.utc_s, query->cookie);
    /* 5.2.3, 5.2.4; and 5.4: who asks nothing but whether its cookie is good. */
    *ret_bad_cookie = !query->cookie_valid && query->client.udp &&
                      (policy->cookies == SETTINGS_COOKIES_BADCOOKIE ||
                       (!query->has_question && asked.cookie_len > EDNS_COOKIE_CLIENT));
    return true;
}

static unsigned refuse(struct query *query, enum outcome outcome, unsigned rcode, int ede, uint8_t *out,
                       size_t *ret_len)
{
    query_count(query, outcome);
    *ret_len = reply_error(query, rcode, ede, out);
    return *ret_len > 0 ? QUERY_DO_SEND : QUERY_DO_DROP;
}

/* Beyond its limit, or somebody who asks in its name: mostly silence, and now and then a way by TCP, on which
 * it would show that it is there. */
static unsigned limit(struct query *query, uint8_t *out, size_t *ret_len)
{
    query_count(query, OUTCOME_RATE_LIMITED);
    if (counters_get(query->counters, OUTCOME_RATE_LIMITED) % SLIP != 0)
        return QUERY_DO_DROP;
    query_count(query, OUTCOME_RATE_SLIPPED);
    *ret_len = reply_cut(query, out);
    return QUERY_DO_SEND;
}

static bool is_meta(uint16_t type)
{
    return type == MESSAGE_TYPE_OPT || (type >= MESSAGE_TYPE_META_FIRST && type <= MESSAGE_TYPE_META_LAST);
}

/* Whether the query is answered without any upstream. */
static bool answer_here(struct query *query, bool bad_cookie, uint8_t *out, size_t *ret_len,
                        unsigned *ret_actions)
{
    if (!query->client.allowed)
        *ret_actions = refuse(query, OUTCOME_REFUSED, MESSAGE_REFUSED, EDNS_PROHIBITED, out, ret_len);
    else if (bad_cookie)
        *ret_actions = refuse(query, OUTCOME_BAD_COOKIE, MESSAGE_BADCOOKIE, REPLY_NO_EDE, out, ret_len);
    else if (!query->has_question && query->has_cookie)
        *ret_actions = refuse(query, OUTCOME_LOCAL, MESSAGE_NOERROR, REPLY_NO_EDE, out, ret_len);
    else if (!query->has_question)
        *ret_actions = refuse(query, OUTCOME_MALFORMED, MESSAGE_FORMERR, REPLY_NO_EDE, out, ret_len);
    else if (query->class != MESSAGE_CLASS_IN)
        *ret_actions =
            refuse(query, OUTCOME_NOT_IMPLEMENTED, MESSAGE_REFUSED, EDNS_NOT_SUPPORTED, out, ret_len);
    else if (hops_is_loop(&query->hops, query->policy->hop_id))
        *ret_actions = refuse(query, OUTCOME_LOOPED, MESSAGE_SERVFAIL, EDNS_OTHER, out, ret_len);
    else if (is_meta(query->type))
        *ret_actions =
            refuse(query, OUTCOME_NOT_IMPLEMENTED, MESSAGE_NOTIMP, EDNS_NOT_SUPPORTED, out, ret_len);
    else if (local_answer(query, out, ret_len))
        *ret_actions = QUERY_DO_SEND;
    else
        return false;
    return true;
}

/* What is left for upstreams, if no finished answer is kept. */
unsigned query_look(struct query *query, struct cache *cache, const struct cache_key *key, uint64_t now_ns,
                    uint8_t *out, size_t *ret_len)
{
    *ret_len = cache != NULL && query->keep ? finished_find(query, cache, key, now_ns, out) : 0;
    if (*ret_len > 0) {
        query->finished = true;
        query_count(query, query->outcome);
        counters_add(query->counters, OUTCOME_CACHE_ANSWERS, 1);
        return QUERY_DO_SEND;
    }
    if (query->cache_only && cache == NULL)
        return query_unknown(query, out, ret_len);
    query->slot[QUERY_MAIN].asked = true;
    if (query->is_aaaa && query->policy->aaaa_wait_ms == 0)
        return QUERY_DO_ASK_MAIN | query_waited(query);
    return QUERY_DO_ASK_MAIN;
}

unsigned query_read(struct query *query, const struct query_policy *policy, struct counters *counters,
                    const struct cache *cache, const uint8_t *bytes, size_t len,
                    const struct query_client *client, uint8_t *out, size_t *ret_len,
                    struct cache_key *ret_key)
{
    struct message message;
    unsigned actions;
    bool bad_cookie, readable;
    *query = (struct query){
        .policy = policy, .client = *client, .counters = counters, .keep = true, .life_s = UINT32_MAX};
    enum message_fault fault = message_parse(bytes, len, &message);
    if (fault == MESSAGE_GARBAGE || (message.flags & MESSAGE_QR)) {
        query_count(query, OUTCOME_GARBAGE);
        return QUERY_DO_DROP; /* a reply, or no DNS: answering it would only reflect */
    }
    query_count(query, client->udp ? OUTCOME_QUERIES_UDP : OUTCOME_QUERIES_TCP);
    take_header(query, &message);
    readable = fault == MESSAGE_OK && message.opt_version == 0 && take_options(query, &message, &bad_cookie);
    if (client->limited && !query->cookie_valid)
        return limit(query, out, ret_len);
    if (query->flags & MESSAGE_OPCODE) /* what else is in it may have another shape (RFC 2136 2.4) */
        return refuse(query, OUTCOME_NOT_IMPLEMENTED, MESSAGE_NOTIMP, REPLY_NO_EDE, out, ret_len);
    if (fault == MESSAGE_MALFORMED)
        return refuse(query, OUTCOME_MALFORMED, MESSAGE_FORMERR, REPLY_NO_EDE, out, ret_len);
    if (message.has_opt && message.opt_version > 0)
        return refuse(query, OUTCOME_BAD_VERSION, MESSAGE_BADVERS, REPLY_NO_EDE, out, ret_len);
    if (!readable)
        return refuse(query, OUTCOME_MALFORMED, MESSAGE_FORMERR, REPLY_NO_EDE, out, ret_len);
    if (answer_here(query, bad_cookie, out, ret_len, &actions))
        return actions;
    query->is_aaaa = !query->is_reverse && query->type == MESSAGE_TYPE_AAAA;
    query->is_any = query->type == MESSAGE_TYPE_ANY && ((client->udp && !query->wants_dnssec) ||
                                                        list_find(policy->hide_a, &query->question).len > 0);
    query->cache_only = !(query->flags & MESSAGE_RD);
    /* By UDP and by TCP it is another answer, and it is quickly made. */
    query->keep = query->type != MESSAGE_TYPE_ANY;
    if (cache != NULL && query->keep)
        finished_key(query, cache, ret_key);
    return QUERY_DO_LOOK;
}

unsigned query_begin(struct query *query, const struct query_policy *policy, struct counters *counters,
                     struct cache *cache, uint64_t now_ns, const uint8_t *bytes, size_t len,
                     const struct query_client *client, uint8_t *out, size_t *ret_len)
{
    struct cache_key key;
    unsigned actions = query_read(query, policy, counters, cache, bytes, len, client, out, ret_len, &key);
    return actions & QUERY_DO_LOOK ? query_look(query, cache, &key, now_ns, out, ret_len) : actions;
}

unsigned query_waited(struct query *query)
{
    if (!query->is_aaaa || query->slot[QUERY_A].asked || !aaaa_may_ask_early(query))
        return 0;
    query->slot[QUERY_A].asked = true;
    return QUERY_DO_ASK_A;
}

unsigned query_patience(struct query *query, uint8_t *out, size_t *ret_len)
{
    if (!query->is_aaaa || query->policy->on_aaaa_failure == SETTINGS_AAAA_FAILURE_FAIL ||
        query->slot[QUERY_MAIN].done || !aaaa_is_enough(query))
        return 0;
    query->slot[QUERY_MAIN].done = true;
    return aaaa_decide(query, out, ret_len);
}

void query_from(struct query *query, const struct query_source *source)
{
    query->stale |= source->kind == QUERY_FROM_STALE;
    query->kept_failure |= source->kind == QUERY_FROM_FAILURE;
    query->asked_upstream |= source->kind == QUERY_FROM_UPSTREAM;
    if (source->upstream.port != 0)
        query->upstream = source->upstream;
    if (source->life_s < query->life_s)
        query->life_s = source->life_s;
}

unsigned query_cache_flags(const struct query *query)
{
    return (query->wants_dnssec ? CACHE_DO : 0) | (query->checking_disabled ? CACHE_CD : 0) |
           (query->flags & MESSAGE_AD ? CACHE_AD : 0);
}

/* A listed name, or one whose chain goes through a listed one, has no A records here. */
static bool hide_a(struct query *query, const struct message *message, const struct chain *chain,
                   uint8_t *out, size_t *ret_len)
{
    if (query->policy->hide_a == NULL || query->type != MESSAGE_TYPE_A || query->class != MESSAGE_CLASS_IN)
        return false;
    if (chain->records == 0)
        return false;
    for (unsigned i = 0; i <= chain->links; i++)
        if (list_find(query->policy->hide_a, &chain->names[i]).len > 0) {
            query_count(query, OUTCOME_A_HIDDEN);
            *ret_len = reply_hidden(query, message, chain, out);
            return true;
        }
    return false;
}

/* A reply to a question that synthesis is not for. */
static unsigned pass(struct query *query, const struct message *message, uint8_t *out, size_t *ret_len)
{
    static const struct chain_filter none;
    struct chain chain;
    chain_follow(message, query->is_reverse ? &query->target : &query->question, query->type, &none, &chain);
    if (chain.broken) {
        query_count(query, OUTCOME_FAILED);
        *ret_len = reply_failed(query, EDNS_OTHER, NULL, out);
        return QUERY_DO_SEND;
    }
    if (hide_a(query, message, &chain, out, ret_len))
        return QUERY_DO_SEND;
    query_count(query, query->is_reverse ? OUTCOME_REVERSE
                       : query->is_local ? OUTCOME_LOCAL_NAMES
                       : query->is_any   ? OUTCOME_ANY
                                         : OUTCOME_PASSED);
    *ret_len = query->is_reverse ? reply_reverse(query, message, &chain, out)
               : query->is_any   ? reply_any(query, message, out)
                                 : reply_pass(query, message, &chain, out);
    return QUERY_DO_SEND;
}

static bool is_cut(const uint8_t *bytes, size_t len)
{
    return bytes != NULL && len >= MESSAGE_HEADER && bytes_get16(bytes + 2) & MESSAGE_TC;
}

unsigned query_cut(struct query *query, uint8_t *out, size_t *ret_len)
{
    query->keep = false;
    query_count(query, OUTCOME_CUT);
    *ret_len = query->client.udp ? reply_cut(query, out)
                                 : reply_error(query, MESSAGE_SERVFAIL, EDNS_NETWORK_ERROR, out);
    return QUERY_DO_SEND;
}

unsigned query_response(struct query *query, enum query_slot_name name, uint8_t *bytes, size_t len,
                        uint8_t *out, size_t *ret_len)
{
    struct message message;
    query->slot[name] = (struct query_slot){.asked = true, .done = true, .bytes = bytes, .len = len};
    if (is_cut(bytes, len)) {
        if (!query->is_aaaa || name != QUERY_A || query->slot[QUERY_MAIN].done)
            return query_cut(query, out, ret_len);
        free(bytes); /* asked early: AAAA may have what the client wants */
        query->slot[name].bytes = NULL;
        query->a_cut = true;
        query->keep = false;
        return 0;
    }
    local_mend(query, bytes, len);
    if (query->is_aaaa)
        return aaaa_decide(query, out, ret_len);
    if (bytes == NULL || message_parse(bytes, len, &message) != MESSAGE_OK) {
        query_count(query, OUTCOME_FAILED);
        *ret_len = reply_error(query, MESSAGE_SERVFAIL, EDNS_NO_AUTHORITY, out);
        return QUERY_DO_SEND;
    }
    return pass(query, &message, out, ret_len);
}

unsigned query_unknown(struct query *query, uint8_t *out, size_t *ret_len)
{
    return refuse(query, OUTCOME_NOT_RECURSIVE, MESSAGE_REFUSED, EDNS_NOT_AUTHORITATIVE, out, ret_len);
}

void query_asked(const struct query *query, enum query_slot_name slot, struct name *ret_name,
                 uint16_t *ret_type)
{
    *ret_name = query->is_reverse ? query->target : query->question;
    *ret_type = slot == QUERY_A || query->is_any ? MESSAGE_TYPE_A : query->type;
}

void query_done(struct query *query)
{
    for (int i = 0; i < QUERY_SLOTS; i++) {
        free(query->slot[i].bytes);
        query->slot[i] = (struct query_slot){0};
    }
}
