/*
 * Layer: path
 * Specification: RFC 6891 6 and 7, RFC 6147 5.4
 */
#include "dns64/query/reply.h"

enum {
    ANY_TTL = 3600, /* RFC 8482 4.2: long */
};

/* QR, RA, what is copied from the query, and the RCODE. */
static uint16_t flags_of(const struct query *query, unsigned rcode, uint16_t more)
{
    return (uint16_t)(MESSAGE_QR | MESSAGE_RA | (query->is_local ? MESSAGE_AA : 0) |
                      (query->flags & (MESSAGE_OPCODE | MESSAGE_RD | MESSAGE_CD)) | more |
                      (rcode & MESSAGE_RCODE));
}

static void begin(const struct query *query, struct message_writer *writer, unsigned rcode, uint16_t more,
                  uint8_t *out)
{
    message_begin(writer, out, MESSAGE_MAX, query->id, flags_of(query, rcode, more),
                  query->has_question ? &query->question : NULL, query->type, query->class);
}

/* What the cache has to say of an answer: stale data, a failure that was kept. */
static int ede_of_cache(const struct query *query, unsigned rcode)
{
    if (query->stale)
        return rcode == MESSAGE_NXDOMAIN ? EDNS_STALE_NXDOMAIN : EDNS_STALE;
    return query->kept_failure && rcode == MESSAGE_SERVFAIL ? EDNS_CACHED_ERROR : REPLY_NO_EDE;
}

/* The code "other" says nothing without words. */
static void put_error(const struct query *query, struct edns_options *options, int ede)
{
    const char *text = NULL;
    if (ede == EDNS_OTHER)
        text = query->outcome == OUTCOME_LOOPED ? "the query has been here before"
                                                : "the chain of aliases loops or is too long";
    if (ede != REPLY_NO_EDE)
        edns_put_error(options, (enum edns_error)ede, text);
}

void reply_options(const struct query *query, struct edns_options *ret_options)
{
    ret_options->len = 0;
    if (query->has_cookie)
        edns_put(ret_options, EDNS_COOKIE, query->cookie, sizeof(query->cookie));
    if (query->keepalive)
        edns_put_keepalive(ret_options, query->policy->keepalive_100ms);
}

static void add_opt(const struct query *query, struct message_writer *writer, unsigned rcode,
                    const struct edns_options *about, const struct edns_options *own)
{
    edns_add(writer, query->policy->edns_size, rcode, query->wants_dnssec ? MESSAGE_DO : 0, about, own);
}

/* Header, question and OPT alone, with TC: the client comes again by TCP (RFC 6891 7). */
static size_t truncated(const struct query *query, unsigned rcode, uint8_t *out)
{
    static const struct edns_options nothing;
    struct edns_options own;
    struct message_writer writer;
    counters_add(query->counters, OUTCOME_TRUNCATED, 1);
    begin(query, &writer, rcode, MESSAGE_TC, out);
    reply_options(query, &own);
    if (query->has_opt)
        add_opt(query, &writer, rcode, &nothing, &own);
    return message_end(&writer);
}

/* OPT: first what is to be said about the answer, then what its client alone gets. `upstream` is the reply
 * that the answer is made of, or NULL. */
static void end_with_opt(const struct query *query, struct message_writer *writer, unsigned rcode, int ede,
                         const struct message *upstream, uint8_t *out)
{
    struct edns_options about = {.len = 0}, own;
    put_error(query, &about, ede);
    put_error(query, &about, ede_of_cache(query, rcode));
    if (upstream != NULL)
        edns_put_errors_of(&about, upstream);
    reply_options(query, &own);
    size_t len = bytes_written(&writer->bytes) + EDNS_OPT_FIXED + about.len + own.len;
    if (about.len > 0 && len > query->limit) { /* RFC 8914 3: they go first, and TC says so */
        about.len = 0;
        bytes_put16(out + 2, bytes_get16(out + 2) | MESSAGE_TC);
    }
    add_opt(query, writer, rcode, &about, &own);
}

static size_t finish(const struct query *query, struct message_writer *writer, unsigned rcode, int ede,
                     const struct message *upstream, uint8_t *out)
{
    if (query->has_opt)
        end_with_opt(query, writer, rcode, ede, upstream, out);
    size_t len = message_end(writer);
    return len == 0 || len > query->limit ? truncated(query, rcode, out) : len;
}

size_t reply_cut(const struct query *query, uint8_t *out)
{
    return truncated(query, MESSAGE_NOERROR, out);
}

size_t reply_error(const struct query *query, unsigned rcode, int ede, uint8_t *out)
{
    struct message_writer writer;
    begin(query, &writer, rcode, 0, out);
    return finish(query, &writer, rcode, ede, NULL, out);
}

size_t reply_own(const struct query *query, reply_fill *fill, const void *context, uint8_t *out)
{
    struct message_writer writer;
    begin(query, &writer, MESSAGE_NOERROR, MESSAGE_AA, out);
    enum message_rcode rcode = fill(query, context, &writer);
    bytes_put16(out + 2, flags_of(query, rcode, MESSAGE_AA));
    return finish(query, &writer, rcode, REPLY_NO_EDE, NULL, out);
}

static struct dnssec_client dnssec_client(const struct query *query)
{
    return (struct dnssec_client){
        .type = query->type,
        .wants_dnssec = query->wants_dnssec,
        .knows_ad = query->flags & MESSAGE_AD,
        .by_dns64 = query->is_aaaa && !query->policy->plain,
    };
}

static uint16_t ad_of(const struct query *query, const struct message *message, bool touched)
{
    struct dnssec_client client = dnssec_client(query);
    return dnssec_says_ad(&client, message->flags & MESSAGE_AD, touched) ? MESSAGE_AD : 0;
}

/* OPT is between two neighbours and not passed (RFC 6891 6.1.1). */
static bool passes(const struct query *query, const struct message_record *record)
{
    struct dnssec_client client = dnssec_client(query);
    return record->type != MESSAGE_TYPE_OPT && dnssec_keeps(&client, record->type);
}

/* Each record as it is, but what the answer section has of other names than the chain's. */
static void copy_chain(const struct query *query, struct message_writer *writer,
                       const struct message *message, const struct chain *chain)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record))
        if (passes(query, &record) &&
            (record.section != MESSAGE_ANSWER || chain_holds(chain, message, &record)))
            message_copy(writer, record.section, message, &record, record.ttl);
}

/* RFC 6147 5.3.3: unchanged, record by record. */
size_t reply_pass(const struct query *query, const struct message *message, const struct chain *chain,
                  uint8_t *out)
{
    struct message_writer writer;
    unsigned rcode = message_rcode(message);
    begin(query, &writer, rcode, ad_of(query, message, false), out);
    copy_chain(query, &writer, message, chain);
    return finish(query, &writer, rcode, REPLY_NO_EDE, message, out);
}

static void copy_rest(const struct query *query, struct message_writer *writer, const struct message *message)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record))
        if (record.section != MESSAGE_ANSWER && passes(query, &record))
            message_copy(writer, record.section, message, &record, record.ttl);
}

size_t reply_failed(const struct query *query, int ede, const struct message *said, uint8_t *out)
{
    struct message_writer writer;
    begin(query, &writer, MESSAGE_SERVFAIL, 0, out);
    return finish(query, &writer, MESSAGE_SERVFAIL, ede, said, out);
}

static bool find_alias(const struct query *query, const struct message *a, struct message_record *ret_record)
{
    struct message_walk walk;
    message_walk_init(&walk, a);
    while (message_walk_next(&walk, ret_record))
        if (ret_record->section == MESSAGE_ANSWER && ret_record->type == MESSAGE_TYPE_CNAME &&
            ret_record->class == MESSAGE_CLASS_IN && message_owner_is(a, ret_record, &query->question))
            return true;
    return false;
}

size_t reply_any(const struct query *query, const struct message *a, uint8_t *out)
{
    static const uint8_t cpu_and_os[] = "\7RFC8482"; /* the second is empty: the NUL is its length */
    struct message_writer writer;
    struct message_record alias;
    bool has_alias = find_alias(query, a, &alias);
    unsigned rcode = has_alias ? MESSAGE_NOERROR : message_rcode(a);
    begin(query, &writer, rcode, 0, out);
    if (has_alias)
        message_copy(&writer, MESSAGE_ANSWER, a, &alias, alias.ttl);
    else if (rcode == MESSAGE_NOERROR)
        message_add(&writer, MESSAGE_ANSWER, &query->question, MESSAGE_TYPE_HINFO, ANY_TTL, cpu_and_os,
                    sizeof(cpu_and_os));
    else
        copy_rest(query, &writer, a);
    return finish(query, &writer, rcode, REPLY_NO_EDE, a, out);
}

static void copy_aliases(const struct query *query, struct message_writer *writer,
                         const struct message *message, const struct chain *chain)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record))
        if (chain_holds_alias(chain, message, &record) && passes(query, &record))
            message_copy(writer, MESSAGE_ANSWER, message, &record, record.ttl);
}

/* The signatures over a set of which something was left out go too. */
static bool is_left(const struct query *query, const struct message *message,
                    const struct message_record *record, enum decide_action action, bool filtered)
{
    if (record->type == MESSAGE_TYPE_RRSIG)
        return !filtered && record->rdata_len >= 2 &&
               bytes_get16(message->bytes + record->rdata) == MESSAGE_TYPE_AAAA;
    if (record->type != MESSAGE_TYPE_AAAA || action == DECIDE_PASS_NONE)
        return false;
    switch (chain_kind(message, record, &query->policy->filter)) {
    case CHAIN_COUNTS: return true;
    case CHAIN_IMAGE: return action == DECIDE_PASS_IMAGES;
    case CHAIN_EXCLUDED: break;
    }
    return false;
}

/* How many of the chain's AAAA records the answer has. */
static unsigned left_of(const struct chain *chain, enum decide_action action)
{
    if (action == DECIDE_PASS_NONE)
        return 0;
    return chain->counted + (action == DECIDE_PASS_IMAGES ? chain->images : 0);
}

size_t reply_aaaa(const struct query *query, const struct message *message, const struct chain *chain,
                  const struct decide_result *result, uint8_t *out)
{
    struct message_writer writer;
    struct message_walk walk;
    struct message_record record;
    unsigned rcode = message_rcode(message);
    bool filtered = left_of(chain, result->action) < chain->records;
    begin(query, &writer, rcode, ad_of(query, message, filtered), out);
    copy_aliases(query, &writer, message, chain);
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record))
        if (record.class == MESSAGE_CLASS_IN && chain_ends_at(chain, message, &record) &&
            passes(query, &record) && is_left(query, message, &record, result->action, filtered))
            message_copy(&writer, MESSAGE_ANSWER, message, &record, record.ttl);
    copy_rest(query, &writer, message);
    return finish(query, &writer, rcode, result->reason == DECIDE_BY_DENIED ? EDNS_BLOCKED : REPLY_NO_EDE,
                  message, out);
}

/* Aliases, authority and additional section. */
static void copy_base(const struct query *query, struct message_writer *writer, const struct message *message,
                      const struct chain *chain)
{
    copy_aliases(query, writer, message, chain);
    copy_rest(query, writer, message);
}

size_t reply_hidden(const struct query *query, const struct message *message, const struct chain *chain,
                    uint8_t *out)
{
    struct message_writer writer;
    begin(query, &writer, MESSAGE_NOERROR, 0, out);
    copy_base(query, &writer, message, chain);
    return finish(query, &writer, MESSAGE_NOERROR, EDNS_BLOCKED, message, out);
}

size_t reply_negative(const struct query *query, const struct message *a, const struct chain *chain,
                      uint8_t *out)
{
    struct message_writer writer;
    unsigned rcode = message_rcode(a);
    begin(query, &writer, rcode, 0, out);
    copy_base(query, &writer, a, chain);
    return finish(query, &writer, rcode, REPLY_NO_EDE, a, out);
}

size_t reply_synthetic(const struct query *query, const struct message *a, const struct chain *chain,
                       uint32_t ttl, uint8_t *out)
{
    struct dnssec_client client = dnssec_client(query);
    struct message_writer writer;
    bool cut;
    begin(query, &writer, MESSAGE_NOERROR, 0, out); /* never AD: nobody signed this */
    synthesize_answer(&writer, a, chain, query->policy->pref64, query->policy->pref64_count, ttl, &client,
                      &cut);
    if (cut)
        counters_add(query->counters, OUTCOME_AAAA_CUT, 1);
    return finish(query, &writer, MESSAGE_NOERROR,
                  query->policy->mark_synthetic ? EDNS_SYNTHESIZED : REPLY_NO_EDE, a, out);
}

/* Not longer than what it leads to. */
static uint32_t reverse_ttl(const struct message *message)
{
    struct message_walk walk;
    struct message_record record;
    uint32_t ttl = REPLY_REVERSE_TTL;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record) && record.section == MESSAGE_ANSWER)
        if (record.ttl < ttl)
            ttl = record.ttl;
    return ttl;
}

size_t reply_reverse(const struct query *query, const struct message *message, const struct chain *chain,
                     uint8_t *out)
{
    struct message_writer writer;
    unsigned rcode = message_rcode(message);
    begin(query, &writer, rcode, 0, out);
    message_add(&writer, MESSAGE_ANSWER, &query->question, MESSAGE_TYPE_CNAME, reverse_ttl(message),
                query->target.bytes, query->target.len);
    copy_chain(query, &writer, message, chain);
    return finish(query, &writer, rcode, REPLY_NO_EDE, message, out);
}
