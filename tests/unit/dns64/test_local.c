/*
 * What a query gets from our own knowledge, without any network.
 *
 * Layer: test
 * Specification: RFC 8880 7.1, RFC 7050, RFC 6147 5.3.1, RFC 6303, RFC 6761
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/pref64.h"
#include "dns64/query/known.h"

enum { SECOND = 1000000000, DO = 1, LOCAL_TTL = 300 };

static const struct query_client client = {.udp = false, .allowed = true};
static struct synthesize_pref64 prefixes[2];
static struct route_forward forwards[1];
static struct route route;
static struct query_policy policy;
static struct counters counters;
static struct roster *roster;
static struct query query;
static uint8_t out[MESSAGE_MAX], bytes[MESSAGE_MAX];
static size_t out_len;
static struct message answer;

static struct name name_of(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

static void set_prefix(unsigned index, const char *text)
{
    prefixes[index] = (struct synthesize_pref64){0};
    assert_int_equal(addr_parse_prefix6(text, &prefixes[index].prefix), 0);
}

static int set_up(void **context)
{
    (void)context;
    memset(&counters, 0, sizeof(counters));
    roster = roster_new((struct siphash_key){1, 2});
    route = (struct route){.forwards = forwards};
    set_prefix(0, "64:ff9b::/96");
    policy = (struct query_policy){
        .pref64 = prefixes,
        .pref64_count = 1,
        .filter = {.images = &prefixes[0].prefix, .images_count = 1},
        .route = &route,
        .roster = roster,
        .local_ttl_s = LOCAL_TTL,
        .ipv4only_ttl_s = 3600,
        .edns_size = 1232,
        .aaaa_wait_ms = 300,
        .negative_ttl_max_s = 3600,
        .nxdomain_cut = true,
    };
    return roster == NULL ? -1 : 0;
}

static int tear_down(void **context)
{
    (void)context;
    query_done(&query);
    roster_free(roster);
    return 0;
}

static void add(const char *text, const char *address)
{
    struct name name = name_of(text);
    struct addr addr;
    assert_int_equal(addr_parse(address, &addr), 0);
    assert_int_equal(roster_add(roster, &name, &addr, true), 0);
}

static void forward(const char *domain)
{
    forwards[0].domain = name_of(domain);
    route.forwards_count = 1;
}

static unsigned begin_with(const char *text, uint16_t type, uint16_t flags, bool wants_dnssec,
                           struct cache *cache)
{
    struct message_writer writer;
    struct name name = name_of(text);
    query_done(&query);
    message_begin(&writer, bytes, sizeof(bytes), 99, flags, &name, type, MESSAGE_CLASS_IN);
    message_add_opt(&writer, 1232, 0, wants_dnssec ? MESSAGE_DO : 0, NULL, 0);
    return query_begin(&query, &policy, &counters, cache, 0, bytes, message_end(&writer), &client, out,
                       &out_len);
}

static unsigned begin(const char *text, uint16_t type)
{
    return begin_with(text, type, MESSAGE_RD, false, NULL);
}

static unsigned read_answer(void)
{
    assert_int_equal(message_parse(out, out_len, &answer), MESSAGE_OK);
    assert_int_equal(answer.id, 99);
    assert_true(answer.flags & MESSAGE_QR && answer.flags & MESSAGE_RA);
    return message_rcode(&answer);
}

/* The answer from here; its RCODE. */
static unsigned ask(const char *text, uint16_t type)
{
    if (begin(text, type) != QUERY_DO_SEND)
        fail_msg("%s %u is not answered here", text, type);
    unsigned rcode = read_answer();
    assert_true(answer.flags & MESSAGE_AA);
    assert_false(answer.flags & MESSAGE_AD);
    return rcode;
}

static void expect_asked(const char *text, uint16_t type)
{
    unsigned actions = begin(text, type);
    if (actions != QUERY_DO_ASK_MAIN)
        fail_msg("%s %u is not asked for", text, type);
}

static bool find_record(enum message_section section, uint16_t type, unsigned index,
                        struct message_record *ret_record)
{
    struct message_walk walk;
    message_walk_init(&walk, &answer);
    while (message_walk_next(&walk, ret_record))
        if (ret_record->section == section && ret_record->type == type && index-- == 0)
            return true;
    return false;
}

static struct message_record record_of(enum message_section section, uint16_t type)
{
    struct message_record record = {0};
    if (!find_record(section, type, 0, &record))
        fail_msg("no record of type %u", type);
    return record;
}

static void expect_address6(unsigned index, const char *text, uint32_t ttl)
{
    struct message_record record;
    struct in6_addr address;
    assert_true(find_record(MESSAGE_ANSWER, MESSAGE_TYPE_AAAA, index, &record));
    assert_int_equal(addr_parse6(text, &address), 0);
    assert_memory_equal(out + record.rdata, &address, sizeof(address));
    assert_int_equal(record.ttl, ttl);
}

static void expect_owner(enum message_section section, uint16_t type, const char *text)
{
    struct message_record record = record_of(section, type);
    struct name owner, expected = name_of(text);
    message_owner(&answer, &record, &owner);
    assert_true(name_equal(&owner, &expected));
}

/* The name that a record of the answer holds. */
static void expect_target(uint16_t type, const char *text, uint32_t ttl)
{
    struct message_record record = record_of(MESSAGE_ANSWER, type);
    struct name name, expected = name_of(text);
    assert_true(message_rdata_name(&answer, &record, 0, &name));
    assert_true(name_equal(&name, &expected));
    assert_int_equal(record.ttl, ttl);
}

static void expect_denial(const char *zone)
{
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    expect_owner(MESSAGE_AUTHORITY, MESSAGE_TYPE_SOA, zone);
}

/* The upstream's reply to the main question. */
static void reply(unsigned rcode, void (*fill)(struct message_writer *writer))
{
    struct message_writer writer;
    struct name name;
    uint16_t type;
    query_asked(&query, QUERY_MAIN, &name, &type);
    message_begin(&writer, bytes, sizeof(bytes), 1, (uint16_t)(MESSAGE_QR | MESSAGE_RA | rcode), &name, type,
                  1);
    if (fill != NULL)
        fill(&writer);
    size_t len = message_end(&writer);
    uint8_t *copy = malloc(len);
    memcpy(copy, bytes, len);
    assert_int_equal(query_response(&query, QUERY_MAIN, copy, len, out, &out_len), QUERY_DO_SEND);
}

/* ipv4only.arpa */

TEST(D64_8880_00_D64_8880_01_nothing_but_ds_leaves)
{
    static const uint16_t types[] = {1, 2, 5, 6, 12, 15, 16, 28, 33, 46, 48, 64, 65, 255, 257, 65280};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(begin("ipv4only.arpa", types[i]), QUERY_DO_SEND);
        assert_int_equal(begin("x.y.IPV4only.Arpa", types[i]), QUERY_DO_SEND);
    }
    expect_asked("ipv4only.arpa", MESSAGE_TYPE_DS);
    expect_asked("xipv4only.arpa", MESSAGE_TYPE_AAAA);
    assert_int_equal(begin_with("ipv4only.arpa", 28, 0, false, NULL), QUERY_DO_SEND); /* RD = 0 */
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
}

TEST(D64_8880_02_its_addresses)
{
    struct message_record record;
    assert_int_equal(ask("ipv4only.arpa", MESSAGE_TYPE_A), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 2);
    assert_true(find_record(MESSAGE_ANSWER, MESSAGE_TYPE_A, 0, &record));
    assert_int_equal(bytes_get32(out + record.rdata), 0xc00000aa);
    assert_true(find_record(MESSAGE_ANSWER, MESSAGE_TYPE_A, 1, &record));
    assert_int_equal(bytes_get32(out + record.rdata), 0xc00000ab);
}

TEST(D64_8880_03_the_images_under_each_prefix)
{
    assert_int_equal(ask("ipv4only.arpa", MESSAGE_TYPE_AAAA), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 2);
    expect_address6(0, "64:ff9b::c000:aa", 3600);
    expect_address6(1, "64:ff9b::c000:ab", 3600);
    set_prefix(1, "2001:db8:122::/48");
    policy.pref64_count = 2;
    ask("ipv4only.arpa", MESSAGE_TYPE_AAAA);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 4);
    expect_address6(0, "64:ff9b::c000:aa", 3600);
    expect_address6(2, "2001:db8:122:c000:0:aa00::", 3600);
    expect_address6(3, "2001:db8:122:c000:0:ab00::", 3600);
}

TEST(D64_8880_04_other_types_have_no_data)
{
    static const uint16_t types[] = {5, 12, 15, 16, 33, 48, 65, 255};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(ask("ipv4only.arpa", types[i]), MESSAGE_NOERROR);
        expect_denial("ipv4only.arpa");
    }
    assert_int_equal(ask("ipv4only.arpa", MESSAGE_TYPE_SOA), MESSAGE_NOERROR);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_SOA, "ipv4only.arpa");
    assert_int_equal(ask("ipv4only.arpa", MESSAGE_TYPE_NS), MESSAGE_NOERROR);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_NS, "ipv4only.arpa");
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
}

TEST(D64_8880_05_nothing_is_below)
{
    static const uint16_t types[] = {1, 28, 43, 16};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(ask("x.ipv4only.arpa", types[i]), MESSAGE_NXDOMAIN);
        expect_denial("ipv4only.arpa");
    }
}

/* RFC 8880 7.1 wants no validation of it and no signature for it; DS is how a client learns that there is
 * none. */
TEST(D64_8880_06_it_is_insecure)
{
    assert_int_equal(begin_with("ipv4only.arpa", MESSAGE_TYPE_AAAA, MESSAGE_RD | MESSAGE_AD, true, NULL),
                     QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 2); /* no RRSIG */
    assert_int_equal(answer.counts[MESSAGE_AUTHORITY], 0);
    assert_false(answer.flags & MESSAGE_AD);
    expect_asked("ipv4only.arpa", MESSAGE_TYPE_DS);
}

TEST(D64_8880_07_the_ttl_is_an_hour_or_what_is_configured)
{
    ask("ipv4only.arpa", MESSAGE_TYPE_AAAA);
    expect_address6(0, "64:ff9b::c000:aa", 3600);
    policy.ipv4only_ttl_s = 120;
    ask("ipv4only.arpa", MESSAGE_TYPE_AAAA);
    expect_address6(1, "64:ff9b::c000:ab", 120);
    ask("ipv4only.arpa", MESSAGE_TYPE_A);
    assert_int_equal(record_of(MESSAGE_ANSWER, MESSAGE_TYPE_A).ttl, 120);
    ask("x.ipv4only.arpa", MESSAGE_TYPE_A);
    assert_int_equal(record_of(MESSAGE_AUTHORITY, MESSAGE_TYPE_SOA).ttl, 60);
}

TEST(D64_8880_08_whatever_do_and_cd_are)
{
    for (unsigned i = 0; i < 4; i++) {
        uint16_t flags = MESSAGE_RD | (i & 2 ? MESSAGE_CD : 0);
        assert_int_equal(begin_with("ipv4only.arpa", MESSAGE_TYPE_AAAA, flags, i & DO, NULL), QUERY_DO_SEND);
        assert_int_equal(read_answer(), MESSAGE_NOERROR);
        expect_address6(0, "64:ff9b::c000:aa", 3600);
        expect_address6(1, "64:ff9b::c000:ab", 3600);
    }
}

TEST(D64_8880_09_the_reverse_of_the_ipv4_addresses_is_as_any)
{
    expect_asked("170.0.0.192.in-addr.arpa", MESSAGE_TYPE_PTR);
    expect_asked("171.0.0.192.in-addr.arpa", MESSAGE_TYPE_PTR);
    expect_asked("x.171.0.0.192.in-addr.arpa", MESSAGE_TYPE_PTR);
}

TEST(D64_8880_10_without_dns64_it_is_as_any)
{
    policy.pref64_count = 0; /* none at all; then, a view without */
    expect_asked("ipv4only.arpa", MESSAGE_TYPE_AAAA);
    policy.pref64_count = 1;
    policy.plain = true;
    expect_asked("ipv4only.arpa", MESSAGE_TYPE_AAAA);
    expect_asked("ipv4only.arpa", MESSAGE_TYPE_A);
    expect_asked("x.ipv4only.arpa", MESSAGE_TYPE_A);
    expect_asked("a.a.0.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa",
                 MESSAGE_TYPE_PTR);
}

#define IMAGES ".0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa"

TEST(D64_8880_PTR_the_images_lead_back)
{
    assert_int_equal(ask("a.a.0.0.0.0.0.c" IMAGES, MESSAGE_TYPE_PTR), MESSAGE_NOERROR);
    expect_target(MESSAGE_TYPE_PTR, "ipv4only.arpa", 3600);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    ask("b.a.0.0.0.0.0.c" IMAGES, MESSAGE_TYPE_PTR);
    expect_target(MESSAGE_TYPE_PTR, "ipv4only.arpa", 3600);
    assert_int_equal(ask("b.a.0.0.0.0.0.c" IMAGES, MESSAGE_TYPE_MX), MESSAGE_NOERROR);
    expect_denial("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa");
    policy.reverse = SETTINGS_REVERSE_LOCAL;
    ask("a.a.0.0.0.0.0.c" IMAGES, MESSAGE_TYPE_PTR);
    expect_target(MESSAGE_TYPE_PTR, "ipv4only.arpa", 3600);
    begin("c.a.0.0.0.0.0.c" IMAGES, MESSAGE_TYPE_PTR); /* 192.0.0.172 */
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
}

/* RFC 7050 3.1: a name of the NAT64 whose addresses are the well-known ones, and the way back to it. */
TEST(D64_7050_02_a_name_of_the_nat64)
{
    set_prefix(0, "2001:db8:64::/96");
    add("nat64.example.net", "2001:db8:64::c000:aa");
    add("nat64.example.net", "2001:db8:64::c000:ab");
    add("nat64.example.net", "192.31.196.1"); /* 3.2: a server to ping */
    assert_int_equal(ask("nat64.example.net", MESSAGE_TYPE_AAAA), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 2);
    expect_address6(0, "2001:db8:64::c000:aa", LOCAL_TTL);
    expect_address6(1, "2001:db8:64::c000:ab", LOCAL_TTL);
    assert_int_equal(
        ask("a.a.0.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.4.6.0.0.8.b.d.0.1.0.0.2.ip6.arpa", MESSAGE_TYPE_PTR),
        MESSAGE_NOERROR);
    expect_target(MESSAGE_TYPE_PTR, "nat64.example.net", LOCAL_TTL);
    ask("b.a.0.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.4.6.0.0.8.b.d.0.1.0.0.2.ip6.arpa", MESSAGE_TYPE_PTR);
    expect_target(MESSAGE_TYPE_PTR, "nat64.example.net", LOCAL_TTL);
}

/* The operator's names */

TEST(LIST_03_LES_D_02_a_local_a_alone_is_synthesised)
{
    add("db.example", "192.31.196.7"); /* special-purpose ranges make no AAAA */
    assert_int_equal(ask("db.example", MESSAGE_TYPE_A), MESSAGE_NOERROR);
    assert_int_equal(bytes_get32(out + record_of(MESSAGE_ANSWER, MESSAGE_TYPE_A).rdata), 0xc01fc407);
    assert_int_equal(ask("DB.example", MESSAGE_TYPE_AAAA), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    expect_address6(0, "64:ff9b::192.31.196.7", LOCAL_TTL);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_AAAA, "db.example");
    assert_int_equal(counters.value[OUTCOME_AAAA_SYNTHESISED], 1);
}

TEST(LIST_03_a_local_aaaa_stops_synthesis)
{
    add("db.example", "192.31.196.7");
    add("db.example", "2001:db8::7");
    ask("db.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    expect_address6(0, "2001:db8::7", LOCAL_TTL);
}

TEST(LIST_03_local_names_obey_the_algorithm)
{
    add("private.example", "10.1.2.3");
    assert_int_equal(ask("private.example", MESSAGE_TYPE_AAAA), MESSAGE_NOERROR); /* D64-5.1.7-02 */
    expect_denial("private.example");
    add("db.example", "192.31.196.7");
    assert_int_equal(begin_with("db.example", MESSAGE_TYPE_AAAA, MESSAGE_RD | MESSAGE_CD, false, NULL),
                     QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR); /* D64-SEC-01 */
    expect_denial("db.example");
}

TEST(LIST_03_the_lists_hold_for_local_names)
{
    struct list *list = list_new((struct siphash_key){5, 6});
    assert_non_null(list);
    assert_int_equal(list_add(list, "db.example"), 0);
    add("db.example", "192.31.196.7");
    policy.never = list;
    assert_int_equal(ask("db.example", MESSAGE_TYPE_AAAA), MESSAGE_NOERROR);
    expect_denial("db.example");
    ask("db.example", MESSAGE_TYPE_A);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    policy.never = NULL;
    policy.hide_a = list;
    assert_int_equal(ask("db.example", MESSAGE_TYPE_A), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    ask("db.example", MESSAGE_TYPE_AAAA);
    expect_address6(0, "64:ff9b::192.31.196.7", LOCAL_TTL);
    list_free(list);
}

TEST(LIST_03_other_types_have_no_data_and_nothing_is_asked)
{
    static const uint16_t types[] = {2, 5, 6, 12, 15, 16, 33, 43, 64, 65, 257};
    add("db.example", "192.31.196.7");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(ask("db.example", types[i]), MESSAGE_NOERROR);
        expect_denial("db.example");
    }
    add("six.example", "2001:db8::7");
    assert_int_equal(ask("six.example", MESSAGE_TYPE_A), MESSAGE_NOERROR);
    expect_denial("six.example");
    expect_asked("other.example", MESSAGE_TYPE_A);
    expect_asked("below.db.example", MESSAGE_TYPE_A);
    assert_int_equal(begin_with("db.example", MESSAGE_TYPE_AAAA, 0, false, NULL), QUERY_DO_SEND); /* RD = 0 */
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
}

/* What is said here is all that is to be said: nothing is asked for, and nothing made of it. */
TEST(LES_D_07_the_nodata_of_a_local_rule_is_final)
{
    static const char *const names_without[] = {"home.arpa", "_dns.resolver.arpa", "10.in-addr.arpa",
                                                "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa"};
    for (size_t i = 0; i < sizeof(names_without) / sizeof(names_without[0]); i++) {
        assert_int_equal(ask(names_without[i], MESSAGE_TYPE_AAAA), MESSAGE_NOERROR);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
        assert_int_equal(query_waited(&query), 0);
    }
}

/* Every list names it, and the operator's names have it. */
TEST(ORD_01_ipv4only_arpa_comes_before_lists_and_names)
{
    struct list *all = list_new((struct siphash_key){5, 6});
    assert_non_null(all);
    assert_int_equal(list_add(all, "."), 0);
    policy.never = policy.always = policy.hide_a = all;
    add("ipv4only.arpa", "192.31.196.7");
    add("x.ipv4only.arpa", "192.31.196.7");
    forward("arpa");
    assert_int_equal(ask("ipv4only.arpa", MESSAGE_TYPE_AAAA), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 2);
    expect_address6(0, "64:ff9b::c000:aa", 3600);
    ask("ipv4only.arpa", MESSAGE_TYPE_A);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 2);
    assert_int_equal(ask("x.ipv4only.arpa", MESSAGE_TYPE_A), MESSAGE_NXDOMAIN);
    list_free(all);
}

TEST(LIST_03_they_win_over_local_zones)
{
    add("printer.local", "192.31.196.9");
    add("printer.local", "10.9.8.7");
    ask("printer.local", MESSAGE_TYPE_AAAA);
    expect_address6(0, "64:ff9b::192.31.196.9", LOCAL_TTL);
    ask("7.8.9.10.in-addr.arpa", MESSAGE_TYPE_PTR);
    expect_target(MESSAGE_TYPE_PTR, "printer.local", LOCAL_TTL);
    assert_int_equal(ask("8.9.10.in-addr.arpa", MESSAGE_TYPE_PTR), MESSAGE_NOERROR); /* it exists */
    assert_int_equal(ask("6.8.9.10.in-addr.arpa", MESSAGE_TYPE_PTR), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("other.local", MESSAGE_TYPE_A), MESSAGE_NXDOMAIN);
}

static void add_soa(struct message_writer *writer)
{
    struct name zone = name_of("example");
    uint8_t rdata[22] = {[21] = 200};
    message_add(writer, MESSAGE_AUTHORITY, &zone, MESSAGE_TYPE_SOA, 300, rdata, sizeof(rdata));
}

/* What upstreams say of a name above a local one hides nothing. */
TEST(LES_D_36_a_denied_name_above_hides_no_local_one)
{
    struct cache *cache = cache_new(1 << 20, (struct siphash_key){3, 4});
    struct message_writer writer;
    struct name name = name_of("corp.example");
    struct known_question question = {.name = name, .type = MESSAGE_TYPE_A, .class = MESSAGE_CLASS_IN};
    question.set = *route_find(&route, &name, &question.apex);
    message_begin(&writer, bytes, sizeof(bytes), 1, MESSAGE_QR | MESSAGE_NXDOMAIN, &name, MESSAGE_TYPE_A, 1);
    add_soa(&writer);
    size_t len = message_end(&writer);
    uint8_t *copy = malloc(len);
    memcpy(copy, bytes, len);
    free(known_take(cache, &policy, &question, 0, copy, len).bytes);
    struct known_reply reply;
    question.name = name_of("db.corp.example");
    assert_true(known_find(cache, &policy, &question, SECOND, &reply)); /* it is cut */
    free(reply.bytes);
    add("db.corp.example", "192.31.196.7");
    assert_int_equal(begin_with("db.corp.example", MESSAGE_TYPE_AAAA, MESSAGE_RD, false, cache),
                     QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    expect_address6(0, "64:ff9b::192.31.196.7", LOCAL_TTL);
    cache_free(cache);
}

static void add_alias(struct message_writer *writer)
{
    struct name target = name_of("other.example");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, 300, target.bytes, target.len);
    add_soa(writer);
}

/* A cache behind us must not conclude from a name above that ours is not there. */
TEST(LES_D_36_names_above_local_ones_exist_for_clients)
{
    add("db.corp.example", "192.31.196.7");
    begin("corp.example", MESSAGE_TYPE_A);
    reply(MESSAGE_NXDOMAIN, add_soa);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    expect_denial("example");
    begin("corp.example", MESSAGE_TYPE_MX);
    reply(MESSAGE_NXDOMAIN, add_alias);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
    begin("other.corp.example", MESSAGE_TYPE_A);
    reply(MESSAGE_NXDOMAIN, add_soa);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
    begin_with("corp.example", MESSAGE_TYPE_A, MESSAGE_RD, true, NULL); /* it may validate the denial */
    reply(MESSAGE_NXDOMAIN, add_soa);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
}

/* Reverse names of the prefixes */

static void add_ptr(struct message_writer *writer)
{
    struct name target = name_of("www.example.com");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_PTR, 3600, target.bytes, target.len);
}

static void add_short_ptr(struct message_writer *writer)
{
    struct name target = name_of("www.example.com");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_PTR, 60, target.bytes, target.len);
}

/* 192.31.196.7 */
#define FULL "7.0.4.c.f.1.0.c" IMAGES

TEST(D64_5_3_1_02_a_cname_and_what_stands_there)
{
    struct name asked, expected = name_of("7.196.31.192.in-addr.arpa");
    uint16_t type;
    expect_asked(FULL, MESSAGE_TYPE_PTR);
    query_asked(&query, QUERY_MAIN, &asked, &type);
    assert_true(name_equal(&asked, &expected));
    assert_int_equal(type, MESSAGE_TYPE_PTR);
    reply(0, add_ptr);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    expect_target(MESSAGE_TYPE_CNAME, "7.196.31.192.in-addr.arpa", 600);
    expect_target(MESSAGE_TYPE_PTR, "www.example.com", 3600);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_PTR, "7.196.31.192.in-addr.arpa");
    assert_int_equal(ask(FULL, MESSAGE_TYPE_CNAME), MESSAGE_NOERROR);
    expect_target(MESSAGE_TYPE_CNAME, "7.196.31.192.in-addr.arpa", 600);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
}

TEST(D64_5_3_1_02_local_data_for_the_whole_prefix)
{
    policy.reverse = SETTINGS_REVERSE_LOCAL;
    assert_int_equal(ask(FULL, MESSAGE_TYPE_PTR), MESSAGE_NXDOMAIN);
    expect_denial("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa");
    add("web.example", "192.31.196.7");
    assert_int_equal(ask(FULL, MESSAGE_TYPE_PTR), MESSAGE_NOERROR);
    expect_target(MESSAGE_TYPE_PTR, "web.example", LOCAL_TTL);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_PTR, FULL);
    assert_int_equal(ask(FULL, MESSAGE_TYPE_MX), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    policy.reverse = SETTINGS_REVERSE_OFF;
    expect_asked(FULL, MESSAGE_TYPE_PTR);
    assert_false(query.is_reverse);
}

TEST(D64_5_3_1_01_each_prefix_and_the_well_known_one)
{
    set_prefix(0, "2001:db8:122::/48");
    set_prefix(1, "2001:db8:1:2:3:4::/96");
    policy.pref64_count = 2;
    static const char *const all[] = {
        FULL, "0.0.0.0.0.0.0.0.0.0.7.0.4.c.0.0.f.1.0.c.2.2.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
        "7.0.4.c.f.1.0.c.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"};
    struct name asked, expected = name_of("7.196.31.192.in-addr.arpa");
    uint16_t type;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        expect_asked(all[i], MESSAGE_TYPE_PTR);
        query_asked(&query, QUERY_MAIN, &asked, &type);
        assert_true(name_equal(&asked, &expected));
    }
}

TEST(D64_5_3_1_03_D64_5_3_1_04_no_match_is_as_any)
{
    struct name documentation = name_of("8.b.d.0.1.0.0.2.ip6.arpa");
    zones_switch_off(&policy.zones, &documentation);
    set_prefix(0, "2001:db8:122::/48");
    expect_asked("7.0.4.c.f.1.0.c.0.0.0.0.0.0.0.0.0.0.0.0.3.2.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
                 MESSAGE_TYPE_PTR);
    assert_false(query.is_reverse);
    /* The u octet is 1; then the suffix. */
    expect_asked("0.0.0.0.0.0.0.0.0.0.7.0.4.c.1.0.f.1.0.c.2.2.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
                 MESSAGE_TYPE_PTR);
    assert_false(query.is_reverse);
    expect_asked("1.0.0.0.0.0.0.0.0.0.7.0.4.c.0.0.f.1.0.c.2.2.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
                 MESSAGE_TYPE_PTR);
    assert_false(query.is_reverse);
    expect_asked("0.0.0.0.0.0.0.0.0.0.7.0.4.c.0.0.f.1.0.c.2.2.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
                 MESSAGE_TYPE_PTR);
    assert_true(query.is_reverse);
}

TEST(D64_5_3_1_05_names_around_the_addresses)
{
    static const char apex[] = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa";
    assert_int_equal(ask("0.4.c.f.1.0.c" IMAGES, MESSAGE_TYPE_PTR), MESSAGE_NOERROR);
    expect_denial(apex);
    assert_int_equal(ask("x." FULL, MESSAGE_TYPE_PTR), MESSAGE_NXDOMAIN);
    expect_denial(apex);
    assert_int_equal(ask(apex, MESSAGE_TYPE_SOA), MESSAGE_NOERROR);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_SOA, apex);
    assert_int_equal(ask(apex, MESSAGE_TYPE_NS), MESSAGE_NOERROR);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_NS, apex);
    assert_int_equal(ask(apex, MESSAGE_TYPE_PTR), MESSAGE_NOERROR);
    expect_denial(apex);
    expect_asked(apex, MESSAGE_TYPE_DS);
    expect_asked(FULL, MESSAGE_TYPE_MX); /* the CNAME holds for every type */
    assert_true(query.is_reverse);
    expect_asked(FULL, MESSAGE_TYPE_AAAA);
    assert_true(query.is_reverse && !query.is_aaaa);
}

TEST(D64_5_3_1_06_the_ttl_of_the_alias)
{
    begin(FULL, MESSAGE_TYPE_PTR);
    reply(0, add_short_ptr);
    read_answer();
    expect_target(MESSAGE_TYPE_CNAME, "7.196.31.192.in-addr.arpa", 60);
    begin(FULL, MESSAGE_TYPE_PTR);
    reply(0, add_ptr);
    read_answer();
    expect_target(MESSAGE_TYPE_CNAME, "7.196.31.192.in-addr.arpa", 600);
    begin(FULL, MESSAGE_TYPE_PTR);
    reply(0, add_soa); /* nothing is known of it */
    read_answer();
    expect_target(MESSAGE_TYPE_CNAME, "7.196.31.192.in-addr.arpa", 600);
    add("web.example", "192.31.196.7");
    ask(FULL, MESSAGE_TYPE_PTR);
    expect_target(MESSAGE_TYPE_CNAME, "7.196.31.192.in-addr.arpa", LOCAL_TTL);
    expect_target(MESSAGE_TYPE_PTR, "web.example", LOCAL_TTL);
}

/* 10.1.2.3 under a prefix that may hold it. */
TEST(D64_5_3_1_07_images_of_private_addresses_end_in_local_zones)
{
    assert_int_equal(ask("3.0.2.0.1.0.a.0" IMAGES, MESSAGE_TYPE_PTR), MESSAGE_NXDOMAIN);
    expect_target(MESSAGE_TYPE_CNAME, "3.2.1.10.in-addr.arpa", 600);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    expect_owner(MESSAGE_AUTHORITY, MESSAGE_TYPE_SOA, "10.in-addr.arpa");
    add("inside.example", "10.1.2.3");
    assert_int_equal(ask("3.0.2.0.1.0.a.0" IMAGES, MESSAGE_TYPE_PTR), MESSAGE_NOERROR);
    expect_target(MESSAGE_TYPE_PTR, "inside.example", LOCAL_TTL);
    forward("10.in-addr.arpa");
    expect_asked("4.0.2.0.1.0.a.0" IMAGES, MESSAGE_TYPE_PTR);
    assert_true(query.is_reverse);
}

TEST(LES_D_13_a_target_that_is_nothing)
{
    begin(FULL, MESSAGE_TYPE_PTR);
    reply(MESSAGE_NXDOMAIN, add_soa);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
    expect_target(MESSAGE_TYPE_CNAME, "7.196.31.192.in-addr.arpa", 600);
    expect_owner(MESSAGE_AUTHORITY, MESSAGE_TYPE_SOA, "example");
}

TEST(LES_D_25_odd_reverse_names)
{
    static const char *const nothing[] = {
        "zz.0.4.c.f.1.0.c" IMAGES, "0x1.0.4.c.f.1.0.c" IMAGES,
        "012345678901234567890123456789012345678901234567890123456789012.0.4.c.f.1.0.c" IMAGES};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        assert_int_equal(ask(nothing[i], MESSAGE_TYPE_PTR), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("c.f.1.0.c" IMAGES, MESSAGE_TYPE_PTR), MESSAGE_NOERROR);
}

/* Local zones */

TEST(LOC_6303_01_empty_zones_are_answered_with_authority)
{
    assert_int_equal(ask("1.0.168.192.in-addr.arpa", MESSAGE_TYPE_PTR), MESSAGE_NXDOMAIN);
    expect_denial("168.192.in-addr.arpa");
    assert_int_equal(begin_with("10.in-addr.arpa", MESSAGE_TYPE_SOA, 0, false, NULL),
                     QUERY_DO_SEND); /* RD = 0 */
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    expect_owner(MESSAGE_ANSWER, MESSAGE_TYPE_SOA, "10.in-addr.arpa");
    assert_int_equal(counters.value[OUTCOME_LOCAL_ZONES], 2);
}

TEST(LOC_6303_01_off_is_as_any)
{
    struct name zone = name_of("10.in-addr.arpa");
    zones_switch_off(&policy.zones, &zone);
    expect_asked("1.0.0.10.in-addr.arpa", MESSAGE_TYPE_PTR);
    ask("1.0.168.192.in-addr.arpa", MESSAGE_TYPE_PTR);
    zones_switch_all_off(&policy.zones);
    expect_asked("1.0.168.192.in-addr.arpa", MESSAGE_TYPE_PTR);
    expect_asked("localhost", MESSAGE_TYPE_A);
}

TEST(LOC_6303_02_our_prefix_wins)
{
    set_prefix(0, "fd00:64::/96");
    expect_asked("7.0.4.c.f.1.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.6.0.0.0.0.d.f.ip6.arpa",
                 MESSAGE_TYPE_PTR);
    assert_true(query.is_reverse);
    assert_int_equal(
        ask("c.f.1.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.6.0.0.0.0.d.f.ip6.arpa", MESSAGE_TYPE_PTR),
        MESSAGE_NOERROR);
    assert_int_equal(
        ask("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.6.0.0.0.0.d.f.ip6.arpa", MESSAGE_TYPE_PTR),
        MESSAGE_NXDOMAIN);
    expect_denial("d.f.ip6.arpa");
}

TEST(LOC_6761_01_localhost_is_never_synthesised)
{
    assert_int_equal(ask("localhost", MESSAGE_TYPE_AAAA), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    expect_address6(0, "::1", 10800);
    assert_int_equal(ask("a.localhost", MESSAGE_TYPE_A), MESSAGE_NOERROR);
    assert_int_equal(ask("localhost", MESSAGE_TYPE_MX), MESSAGE_NOERROR);
    expect_denial("localhost");
    add("localhost", "192.31.196.7");
    ask("localhost", MESSAGE_TYPE_A);
    assert_memory_equal(out + record_of(MESSAGE_ANSWER, MESSAGE_TYPE_A).rdata, "\x7f\0\0\1", 4);
}

TEST(LOC_6761_02_test_goes_to_those_who_have_it)
{
    assert_int_equal(ask("www.invalid", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("www.test", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    forward("lab.test");
    expect_asked("www.lab.test", MESSAGE_TYPE_AAAA);
    assert_int_equal(ask("www.test", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    forward("168.192.in-addr.arpa");
    expect_asked("1.0.168.192.in-addr.arpa", MESSAGE_TYPE_PTR);
    expect_asked("www.example.com", MESSAGE_TYPE_AAAA);
}

TEST(LOC_OURS_01_names_of_the_registry)
{
    assert_int_equal(ask("printer.local", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("abc.onion", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("a.alt", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("tv.home.arpa", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("default.service.arpa", MESSAGE_TYPE_AAAA), MESSAGE_NXDOMAIN);
    assert_int_equal(ask("_dns.resolver.arpa", 64), MESSAGE_NOERROR);
    forward("home.arpa");
    expect_asked("tv.home.arpa", MESSAGE_TYPE_AAAA);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(D64_8880_00_D64_8880_01_nothing_but_ds_leaves),
        CASE(D64_8880_02_its_addresses),
        CASE(D64_8880_03_the_images_under_each_prefix),
        CASE(D64_8880_04_other_types_have_no_data),
        CASE(D64_8880_05_nothing_is_below),
        CASE(D64_8880_06_it_is_insecure),
        CASE(D64_8880_07_the_ttl_is_an_hour_or_what_is_configured),
        CASE(D64_8880_08_whatever_do_and_cd_are),
        CASE(D64_8880_09_the_reverse_of_the_ipv4_addresses_is_as_any),
        CASE(D64_8880_10_without_dns64_it_is_as_any),
        CASE(D64_8880_PTR_the_images_lead_back),
        CASE(D64_7050_02_a_name_of_the_nat64),
        CASE(LIST_03_LES_D_02_a_local_a_alone_is_synthesised),
        CASE(LIST_03_a_local_aaaa_stops_synthesis),
        CASE(LIST_03_local_names_obey_the_algorithm),
        CASE(LIST_03_the_lists_hold_for_local_names),
        CASE(LIST_03_other_types_have_no_data_and_nothing_is_asked),
        CASE(LES_D_07_the_nodata_of_a_local_rule_is_final),
        CASE(ORD_01_ipv4only_arpa_comes_before_lists_and_names),
        CASE(LIST_03_they_win_over_local_zones),
        CASE(LES_D_36_a_denied_name_above_hides_no_local_one),
        CASE(LES_D_36_names_above_local_ones_exist_for_clients),
        CASE(D64_5_3_1_02_a_cname_and_what_stands_there),
        CASE(D64_5_3_1_02_local_data_for_the_whole_prefix),
        CASE(D64_5_3_1_01_each_prefix_and_the_well_known_one),
        CASE(D64_5_3_1_03_D64_5_3_1_04_no_match_is_as_any),
        CASE(D64_5_3_1_05_names_around_the_addresses),
        CASE(D64_5_3_1_06_the_ttl_of_the_alias),
        CASE(D64_5_3_1_07_images_of_private_addresses_end_in_local_zones),
        CASE(LES_D_13_a_target_that_is_nothing),
        CASE(LES_D_25_odd_reverse_names),
        CASE(LOC_6303_01_empty_zones_are_answered_with_authority),
        CASE(LOC_6303_01_off_is_as_any),
        CASE(LOC_6303_02_our_prefix_wins),
        CASE(LOC_6761_01_localhost_is_never_synthesised),
        CASE(LOC_6761_02_test_goes_to_those_who_have_it),
        CASE(LOC_OURS_01_names_of_the_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
