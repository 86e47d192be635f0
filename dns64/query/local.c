/*
 * Layer: path
 * Specification: RFC 8880 7.1, RFC 6147 5.3.1, RFC 6303 3
 */
#include "dns64/query/local.h"

#include "common/pref64.h"
#include "dns64/local/soa.h"
#include "dns64/query/reply.h"
#include "dns64/rfc6147/reverse.h"
#include "dns64/rfc8880/ipv4only.h"

enum {
    REPLY_MAX = 4096, /* of a name: ROSTER_EACH_MAX records of each type, and a PTR */
};

static bool answer(struct query *query, enum outcome outcome, reply_fill *fill, const void *context,
                   uint8_t *out, size_t *ret_len)
{
    query_count(query, outcome);
    *ret_len = reply_own(query, fill, context, out);
    return true;
}

static const struct addr_prefix6 *prefix_at(const void *context, size_t index)
{
    const struct query_policy *policy = context;
    return &policy->pref64[index].prefix;
}

static enum message_rcode fill_ipv4only(const struct query *query, const void *context,
                                        struct message_writer *writer)
{
    const struct query_policy *policy = query->policy;
    (void)context;
    return ipv4only_answer(writer, &query->question, query->type, policy->ipv4only_ttl_s, prefix_at, policy,
                           policy->pref64_count);
}

/* The operator's names. What they say is made a reply, as if an upstream had sent it, and goes the way of
 * those: a name that has A alone is synthesised. */

static size_t build_reply(const struct query *query, const struct roster_entry *entry, uint16_t type,
                          uint8_t bytes[REPLY_MAX])
{
    struct message_writer writer;
    uint32_t ttl = query->policy->local_ttl_s;
    message_begin(&writer, bytes, REPLY_MAX, query->id, MESSAGE_QR | MESSAGE_AA, &query->question, type,
                  MESSAGE_CLASS_IN);
    if (roster_put(query->policy->roster, entry, &query->question, type, ttl, &writer) == 0)
        soa_add(&writer, MESSAGE_AUTHORITY, &query->question, ttl);
    return message_end(&writer);
}

static bool answer_name(struct query *query, const struct roster_entry *entry, uint8_t *out, size_t *ret_len)
{
    uint8_t main[REPLY_MAX], a[REPLY_MAX];
    size_t len = build_reply(query, entry, query->type, main);
    query->is_local = true;
    query->is_aaaa = query->type == MESSAGE_TYPE_AAAA && !roster_has(entry, MESSAGE_TYPE_AAAA);
    if (query_response(query, QUERY_MAIN, main, len, out, ret_len) == QUERY_DO_ASK_A) {
        len = build_reply(query, entry, MESSAGE_TYPE_A, a);
        query_response(query, QUERY_A, a, len, out, ret_len);
    }
    for (int i = 0; i < QUERY_SLOTS; i++)
        query->slot[i].bytes = NULL; /* they are no one's to free */
    return true;
}

/* Reverse names of the prefixes. */

struct place {
    enum reverse_place place;
    struct name apex;
    uint32_t address; /* REVERSE_ADDRESS */
};

static bool find_place(const struct query *query, struct place *ret_place)
{
    size_t count = query->policy->pref64_count, apex;
    ret_place->place = REVERSE_OUTSIDE;
    for (size_t i = 0; i <= count && ret_place->place != REVERSE_ADDRESS; i++) {
        const struct addr_prefix6 *prefix =
            i < count ? &query->policy->pref64[i].prefix : &pref64_well_known; /* RFC 6147 5.3.1: it, too */
        enum reverse_place place = reverse_find(&query->question, prefix, &apex, &ret_place->address);
        if (place == REVERSE_OUTSIDE)
            continue;
        ret_place->place = place;
        name_from_label(&query->question, apex, &ret_place->apex);
    }
    return ret_place->place != REVERSE_OUTSIDE;
}

static bool is_discovery(const struct place *place)
{
    return place->place == REVERSE_ADDRESS &&
           (place->address == (uint32_t)IPV4ONLY_FIRST || place->address == (uint32_t)IPV4ONLY_SECOND);
}

/* PTR of what dns64 made itself: RFC 8880 7.1. */
static enum message_rcode fill_discovery(const struct query *query, const void *context,
                                         struct message_writer *writer)
{
    static const uint8_t target[] = "\10ipv4only\4arpa";
    const struct place *place = context;
    if (query->type == MESSAGE_TYPE_PTR || query->type == MESSAGE_TYPE_ANY)
        message_add(writer, MESSAGE_ANSWER, &query->question, MESSAGE_TYPE_PTR, query->policy->ipv4only_ttl_s,
                    target, sizeof(target));
    else
        soa_add(writer, MESSAGE_AUTHORITY, &place->apex, SOA_TTL);
    return MESSAGE_NOERROR;
}

/* What is no address, and with reverse = "local" also what is one. */
static enum message_rcode fill_place(const struct query *query, const void *context,
                                     struct message_writer *writer)
{
    const struct place *place = context;
    const struct roster *roster = query->policy->roster;
    const struct roster_entry *entry = NULL;
    if (place->place == REVERSE_APEX) {
        soa_add_apex(writer, &place->apex, query->type, SOA_TTL);
        return MESSAGE_NOERROR;
    }
    if (place->place == REVERSE_ADDRESS && roster != NULL)
        entry = roster_find(roster, &query->target);
    if (entry == NULL ||
        roster_put(roster, entry, &query->question, query->type, query->policy->local_ttl_s, writer) == 0)
        soa_add(writer, MESSAGE_AUTHORITY, &place->apex, SOA_TTL);
    return place->place == REVERSE_ABOVE || entry != NULL ? MESSAGE_NOERROR : MESSAGE_NXDOMAIN;
}

/* The name's CNAME, and what we know of its target. */
struct led_on {
    const struct roster_entry *entry;
    const struct zones_found *zone;
    uint32_t ttl;
};

static enum message_rcode fill_led_on(const struct query *query, const void *context,
                                      struct message_writer *writer)
{
    const struct led_on *on = context;
    const struct query_policy *policy = query->policy;
    message_add(writer, MESSAGE_ANSWER, &query->question, MESSAGE_TYPE_CNAME, on->ttl, query->target.bytes,
                query->target.len);
    if (on->entry != NULL &&
        roster_put(policy->roster, on->entry, &query->target, query->type, policy->local_ttl_s, writer) == 0)
        soa_add(writer, MESSAGE_AUTHORITY, &query->target, policy->local_ttl_s);
    return on->zone == NULL ? MESSAGE_NOERROR
                            : zones_answer(on->zone, &query->target, query->type, false, writer);
}

/* An operator who names a domain's resolvers means all of it. */
static bool is_forwarded(const struct query_policy *policy, const struct name *name)
{
    uint8_t apex;
    route_find(policy->route, name, &apex);
    return apex > 1;
}

static bool find_zone(const struct query *query, const struct name *name, struct zones_found *ret_zone)
{
    return zones_find(&query->policy->zones, name, query->type, ret_zone) &&
           !is_forwarded(query->policy, name);
}

/* Option 2 of RFC 6147 5.3.1: the IPv4 address's own name. False: upstreams know what it is. */
static bool lead_on(struct query *query, uint8_t *out, size_t *ret_len)
{
    const struct query_policy *policy = query->policy;
    struct zones_found zone;
    struct led_on on = {.ttl = REPLY_REVERSE_TTL};
    bool alias_alone =
        query->type == MESSAGE_TYPE_CNAME || query->type == MESSAGE_TYPE_ANY; /* RFC 8482 4.1 */
    query->is_reverse = true;
    if (policy->roster != NULL && !alias_alone)
        on.entry = roster_find(policy->roster, &query->target);
    if (on.entry != NULL && policy->local_ttl_s < on.ttl)
        on.ttl = policy->local_ttl_s;
    else if (on.entry == NULL && !alias_alone && find_zone(query, &query->target, &zone))
        on.zone = &zone;
    return (alias_alone || on.entry != NULL || on.zone != NULL) &&
           answer(query, OUTCOME_REVERSE, fill_led_on, &on, out, ret_len);
}

static bool answer_place(struct query *query, const struct place *place, uint8_t *out, size_t *ret_len)
{
    if (is_discovery(place))
        return answer(query, OUTCOME_LOCAL, fill_discovery, place, out, ret_len);
    if (place->place == REVERSE_APEX && query->type == MESSAGE_TYPE_DS)
        return false; /* RFC 4035 2.6: it stands in the zone above */
    if (place->place == REVERSE_ADDRESS) {
        reverse_name4(place->address, &query->target);
        if (query->policy->reverse == SETTINGS_REVERSE_CNAME)
            return lead_on(query, out, ret_len);
    }
    return answer(query, OUTCOME_LOCAL, fill_place, place, out, ret_len);
}

static enum message_rcode fill_zone(const struct query *query, const void *context,
                                    struct message_writer *writer)
{
    const struct roster *roster = query->policy->roster;
    return zones_answer(context, &query->question, query->type,
                        roster != NULL && roster_below(roster, &query->question), writer);
}

bool local_answer(struct query *query, uint8_t *out, size_t *ret_len)
{
    const struct query_policy *policy = query->policy;
    const struct roster_entry *entry;
    struct place place;
    struct zones_found zone;
    bool dns64 =
        !policy->plain && policy->pref64_count > 0; /* RFC 8880 7.1: without, these names are as any */
    if (query->class != MESSAGE_CLASS_IN)
        return false;
    if (dns64 && ipv4only_is_ours(&query->question, query->type))
        return answer(query, OUTCOME_LOCAL, fill_ipv4only, NULL, out, ret_len);
    if (policy->roster != NULL && (entry = roster_find(policy->roster, &query->question)) != NULL)
        return answer_name(query, entry, out, ret_len);
    if (dns64 && policy->reverse != SETTINGS_REVERSE_OFF && find_place(query, &place))
        return answer_place(query, &place, out, ret_len);
    if (find_zone(query, &query->question, &zone))
        return answer(query, OUTCOME_LOCAL_ZONES, fill_zone, &zone, out, ret_len);
    return false;
}

enum {
    RCODE_AT = 3, /* RFC 1035 4.1.1 */
    ANSWERS_AT = 6,
};

void local_mend(const struct query *query, uint8_t *bytes, size_t len)
{
    const struct roster *roster = query->policy->roster;
    if (roster == NULL || bytes == NULL || len < MESSAGE_HEADER || query->wants_dnssec || query->is_reverse)
        return;
    /* Behind an alias it is another name that does not exist. */
    if ((bytes[RCODE_AT] & MESSAGE_RCODE) == MESSAGE_NXDOMAIN && bytes_get16(bytes + ANSWERS_AT) == 0 &&
        roster_below(roster, &query->question))
        bytes[RCODE_AT] &= (uint8_t)~MESSAGE_RCODE;
}
