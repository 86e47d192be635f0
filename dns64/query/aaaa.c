/*
 * Layer: path
 * Specification: RFC 6147 5.1, 5.4
 */
#include "dns64/query/aaaa.h"

#include "dns64/query/reply.h"

/* What a slot holds. */
struct part {
    enum decide_outcome outcome;
    bool followed; /* message and chain are there */
    struct message message;
    struct chain chain;
};

struct aaaa_listed aaaa_find_listed(const struct query_policy *policy, const struct name *question,
                                    const struct chain *chain)
{
    struct aaaa_listed found = {.listed = DECIDE_UNLISTED};
    if (policy->never == NULL && policy->always == NULL)
        return found;
    for (found.link = 0; found.link <= (chain != NULL ? chain->links : 0); found.link++) {
        const struct name *name = chain != NULL ? &chain->names[found.link] : question;
        struct list_match never = list_find(policy->never, name), always = list_find(policy->always, name);
        if (never.len == 0 && always.len == 0)
            continue;
        found.listed = never.len >= always.len ? DECIDE_NEVER : DECIDE_ALWAYS;
        found.match = found.listed == DECIDE_NEVER ? never : always;
        return found;
    }
    return found;
}

static void read_part(const struct query *query, enum query_slot_name name, struct part *ret_part)
{
    static const struct chain_filter none;
    const struct query_slot *slot = &query->slot[name];
    const struct query_policy *policy = query->policy;
    ret_part->followed = false;
    ret_part->outcome = slot->done ? DECIDE_SILENT : DECIDE_PENDING;
    if (slot->bytes == NULL || message_parse(slot->bytes, slot->len, &ret_part->message) != MESSAGE_OK)
        return;
    ret_part->followed = true;
    chain_follow(&ret_part->message, &query->question, name == QUERY_A ? MESSAGE_TYPE_A : MESSAGE_TYPE_AAAA,
                 name == QUERY_A ? &none : &policy->filter, &ret_part->chain);
    ret_part->outcome = chain_outcome(&ret_part->message, &ret_part->chain);
    if (name == QUERY_A && ret_part->outcome == DECIDE_DATA &&
        !synthesize_possible(&ret_part->message, &ret_part->chain, policy->pref64, policy->pref64_count))
        ret_part->outcome = DECIDE_DENIED;
}

static struct decide_input input_of(const struct query *query)
{
    const struct query_policy *policy = query->policy;
    return (struct decide_input){
        .wants_dnssec = query->wants_dnssec,
        .checking_disabled = query->checking_disabled,
        .plain = policy->plain,
        .fail_on_failure = policy->on_aaaa_failure == SETTINGS_AAAA_FAILURE_FAIL,
        .signed_passes = policy->signed_for_do == SETTINGS_SIGNED_PASS,
    };
}

/* 5.1.7: the SOA of the negative answer bounds the TTL, or the records that did not count. */
static uint32_t ttl_of(const struct part *aaaa, const struct part *a)
{
    switch (aaaa->outcome) {
    case DECIDE_EMPTY: return synthesize_ttl(a->chain.ttl, aaaa->chain.has_soa, aaaa->chain.soa_ttl);
    case DECIDE_DATA:
    case DECIDE_EXCLUDED:
    case DECIDE_IMAGES: return synthesize_ttl(a->chain.ttl, true, aaaa->chain.ttl);
    case DECIDE_PENDING:
    case DECIDE_DENIED:
    case DECIDE_NXDOMAIN:
    case DECIDE_ERROR:
    case DECIDE_SILENT:
    case DECIDE_BROKEN:
    case DECIDE_OUTCOMES: break;
    }
    return synthesize_ttl(a->chain.ttl, false, 0);
}

static enum outcome outcome_of_reason(enum decide_reason reason)
{
    switch (reason) {
    case DECIDE_BY_REAL: return OUTCOME_AAAA_REAL;
    case DECIDE_BY_SYNTHESIS: return OUTCOME_AAAA_SYNTHESISED;
    case DECIDE_BY_NXDOMAIN: return OUTCOME_AAAA_NXDOMAIN;
    case DECIDE_BY_VIEW: return OUTCOME_AAAA_VIEW_OFF;
    case DECIDE_BY_CD: return OUTCOME_AAAA_CHECKING_DISABLED;
    case DECIDE_BY_NEVER: return OUTCOME_AAAA_NEVER;
    case DECIDE_BY_SIGNED: return OUTCOME_AAAA_SIGNED;
    case DECIDE_BY_POLICY: return OUTCOME_AAAA_POLICY;
    case DECIDE_BY_DENIED: return OUTCOME_AAAA_DENIED;
    case DECIDE_BY_NO_A: return OUTCOME_AAAA_NO_A;
    case DECIDE_BY_IMAGES: return OUTCOME_AAAA_IMAGES;
    case DECIDE_BY_A_FAILED: return OUTCOME_AAAA_A_FAILED;
    case DECIDE_BY_BROKEN: return OUTCOME_AAAA_BROKEN;
    case DECIDE_BY_FAILED:
    case DECIDE_OPEN:
    case DECIDE_REASONS: break;
    }
    return OUTCOME_AAAA_FAILED;
}

/* RFC 8914: that nobody could be reached is said only if that is so; who could had its own reasons. */
static size_t fail(const struct query *query, const struct part *aaaa, const struct part *a, uint8_t *out)
{
    const struct part *failed = a->outcome == DECIDE_ERROR ? a : aaaa;
    bool silent = aaaa->outcome == DECIDE_SILENT || a->outcome == DECIDE_SILENT;
    int ede = silent ? EDNS_NO_AUTHORITY : REPLY_NO_EDE;
    if (query->decided == DECIDE_BY_BROKEN)
        ede = EDNS_OTHER;
    return reply_failed(query, ede, failed->followed ? &failed->message : NULL, out);
}

/* An upstream may show the alias only beside the records that it leads to. */
static enum decide_listed listed_in(const struct query *query, const struct part *aaaa, const struct part *a)
{
    struct aaaa_listed found =
        aaaa_find_listed(query->policy, &query->question, aaaa->followed ? &aaaa->chain : NULL);
    if (found.listed == DECIDE_UNLISTED && aaaa->outcome != DECIDE_DATA && a->followed)
        found = aaaa_find_listed(query->policy, &query->question, &a->chain);
    return found.listed;
}

static struct decide_result weigh(const struct query *query, const struct part *aaaa, const struct part *a)
{
    struct decide_input input = input_of(query);
    input.aaaa = aaaa->outcome;
    input.a = a->outcome;
    input.listed = listed_in(query, aaaa, a);
    input.a_signed = a->followed && chain_is_signed(&a->chain, &a->message, MESSAGE_TYPE_A);
    return decide(&input);
}

bool aaaa_is_enough(const struct query *query)
{
    const struct part silent = {.outcome = DECIDE_SILENT};
    struct part a;
    read_part(query, QUERY_A, &a);
    struct decide_result result = weigh(query, &silent, &a);
    return result.reason == DECIDE_BY_SYNTHESIS || result.reason == DECIDE_BY_NXDOMAIN;
}

unsigned aaaa_decide(struct query *query, uint8_t *out, size_t *ret_len)
{
    struct part aaaa, a;
    read_part(query, QUERY_MAIN, &aaaa);
    read_part(query, QUERY_A, &a);
    struct decide_result result = weigh(query, &aaaa, &a);
    query->decided = result.reason;
    switch (result.action) {
    case DECIDE_WAIT: return 0;
    case DECIDE_ASK_A: return query_waited(query);
    case DECIDE_PASS_WHOLE: *ret_len = reply_pass(query, &aaaa.message, &aaaa.chain, out); break;
    case DECIDE_PASS_AAAA:
    case DECIDE_PASS_IMAGES:
    case DECIDE_PASS_NONE: *ret_len = reply_aaaa(query, &aaaa.message, &aaaa.chain, &result, out); break;
    case DECIDE_PASS_A: *ret_len = reply_negative(query, &a.message, &a.chain, out); break;
    case DECIDE_SYNTHESISE:
        *ret_len = reply_synthetic(query, &a.message, &a.chain, ttl_of(&aaaa, &a), out);
        break;
    case DECIDE_SERVFAIL:
        if (query->a_cut)
            return query_cut(query, out, ret_len);
        *ret_len = fail(query, &aaaa, &a, out);
        break;
    }
    query_count(query, outcome_of_reason(result.reason));
    return QUERY_DO_SEND;
}

bool aaaa_may_ask_early(const struct query *query)
{
    struct decide_input input = input_of(query);
    input.listed = aaaa_find_listed(query->policy, &query->question, NULL).listed;
    return decide_may_ask_early(&input);
}
