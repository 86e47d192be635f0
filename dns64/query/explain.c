/*
 * Layer: path
 * Specification: RFC 6147 5
 */
#include "dns64/query/explain.h"

#include <stdlib.h>

static uint8_t *copy_of(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = bytes != NULL ? malloc(len) : NULL;
    if (copy != NULL)
        memcpy(copy, bytes, len);
    return copy;
}

void explain_took(struct explain *explain, const struct query *query, enum query_slot_name slot,
                  const struct known_reply *reply)
{
    struct explain_part *part = &explain->part[slot];
    free(part->bytes);
    *part = (struct explain_part){.asked = true, .came = true, .source = reply->source};
    query_asked(query, slot, &part->name, &part->type);
    part->bytes = copy_of(reply->bytes, reply->len);
    part->len = part->bytes != NULL ? reply->len : 0;
}

static void take_policy(struct explain *explain, const struct query_policy *policy)
{
    size_t len = strlen(policy->view);
    memcpy(explain->view, policy->view, len < sizeof(explain->view) ? len : sizeof(explain->view) - 1);
    explain->plain = policy->plain;
    for (size_t i = 0; i < policy->pref64_count && i < SETTINGS_PREF64_MAX; i++)
        explain->pref64[explain->pref64_count++] = policy->pref64[i].prefix;
}

/* The chain of a slot whose reply can be followed. */
static bool follow(const struct explain *explain, enum query_slot_name slot, struct chain *chain)
{
    static const struct chain_filter none;
    const struct explain_part *part = &explain->part[slot];
    struct message message;
    if (part->bytes == NULL || message_parse(part->bytes, part->len, &message) != MESSAGE_OK)
        return false;
    chain_follow(&message, &explain->name, part->type, &none, chain);
    return true;
}

/* As the decision has it: by the chain of A only if that of AAAA has no listed name, and no data. */
static void take_list_of_aaaa(struct explain *explain, const struct query *query)
{
    struct chain chain;
    bool followed = follow(explain, QUERY_MAIN, &chain);
    struct aaaa_listed found = aaaa_find_listed(query->policy, &query->question, followed ? &chain : NULL);
    if (found.listed == DECIDE_UNLISTED && query->decided != DECIDE_BY_REAL) {
        followed = follow(explain, QUERY_A, &chain);
        found = aaaa_find_listed(query->policy, &query->question, followed ? &chain : NULL);
    }
    if (found.listed == DECIDE_UNLISTED)
        return;
    explain->list = found.listed == DECIDE_NEVER ? "never" : "always";
    explain->entry = found.match;
    explain->listed = followed ? chain.names[found.link] : query->question;
}

static void take_lists(struct explain *explain, const struct query *query)
{
    struct chain chain;
    if (query->is_aaaa) {
        take_list_of_aaaa(explain, query);
        return;
    }
    bool followed = follow(explain, QUERY_MAIN, &chain);
    for (unsigned i = 0; query->type == MESSAGE_TYPE_A && followed && i <= chain.links; i++) {
        struct list_match match = list_find(query->policy->hide_a, &chain.names[i]);
        if (match.len == 0)
            continue;
        explain->list = "hide-a";
        explain->entry = match;
        explain->listed = chain.names[i];
        return;
    }
}

void explain_end(struct explain *explain, const struct query *query, const uint8_t *bytes, size_t len)
{
    explain->name = query->question;
    explain->type = query->type;
    explain->client = query->client;
    explain->wants_dnssec = query->wants_dnssec;
    explain->checking_disabled = query->checking_disabled;
    explain->rule = query->outcome;
    explain->local = query->is_local;
    for (int i = 0; i < QUERY_SLOTS; i++)
        if (query->slot[i].asked && !explain->part[i].asked && !query->is_local) {
            explain->part[i].asked = true; /* and silent */
            query_asked(query, i, &explain->part[i].name, &explain->part[i].type);
        }
    take_policy(explain, query->policy);
    take_lists(explain, query);
    explain->answer = copy_of(bytes, len);
    explain->answer_len = explain->answer != NULL ? len : 0;
}

void explain_done(struct explain *explain)
{
    for (int i = 0; i < QUERY_SLOTS; i++)
        free(explain->part[i].bytes);
    free(explain->answer);
    *explain = (struct explain){0};
}
