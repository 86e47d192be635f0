/*
 * ldns as an oracle: what it packs, our parser reads as it does; what our writer writes, it reads as it was
 * meant; and of the fuzz corpus both read the same, but where ldns is known to look away.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 3597 4, RFC 6891 6.1, RFC 9267
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/query/query.h"

enum { MESSAGES = 3000, RECORDS_MAX = 40, TEXT_LEN = 512, FILE_MAX = 70000, FULL_LEN = 2 * MESSAGE_MAX };

static uint32_t state;

/* The same at each run. */
static unsigned pick(unsigned below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

/* Names that share their ends, as names in a message do. */
static const char *pick_name(void)
{
    static const char *const names[] = {
        "example.com.",
        "www.example.com.",
        "a.b.c.www.example.com.",
        "mail.example.com.",
        "example.org.",
        "x.y.example.org.",
        ".",
        "com.",
        "ns1.example.net.",
        "ns2.example.net.",
        "EXAMPLE.com.",
        "wWw.Example.Com.",
        "_sip._tcp.example.org.",
        "1.2.0.192.in-addr.arpa.",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com."};
    return names[pick(sizeof(names) / sizeof(names[0]))];
}

/* One record of each type whose RDATA we look into, and of some that are nobody's to read. */
static ldns_rr *pick_record(void)
{
    static const char *const rdata[] = {
        "A 192.0.2.%1$u",
        "AAAA 2001:db8::%1$u",
        "NS %2$s",
        "CNAME %2$s",
        "DNAME %2$s",
        "PTR %2$s",
        "SOA %2$s %3$s %1$u 2 3 4 5",
        "MX %1$u %2$s",
        "MINFO %2$s %3$s",
        "RP %2$s %3$s",
        "AFSDB 1 %2$s",
        "RT 1 %2$s",
        "KX 1 %2$s",
        "PX 1 %2$s %3$s",
        "SRV 1 2 %1$u %2$s",
        "NAPTR 100 50 \"s\" \"http+I2L\" \"!a!b!\" %2$s",
        "TXT \"text\" \"%1$u\"",
        "HINFO \"cpu\" \"os\"",
        "CAA 0 issue \"ca.example\"",
        "NSEC %2$s A RRSIG",
        "RRSIG A 5 3 86400 20300322173103 20300220173103 2642 %2$s c2lnbmF0dXJl",
        "DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
        "TYPE65280 \\# 4 C00C00FF",
        "MB %2$s",
        "MR %2$s"};
    char text[TEXT_LEN], data[TEXT_LEN / 2];
    ldns_rr *rr = NULL;
    const char *const chosen = rdata[pick(sizeof(rdata) / sizeof(rdata[0]))];
    const char *first = pick_name(), *second = pick_name();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"
    snprintf(data, sizeof(data), chosen, pick(250), first, second);
#pragma GCC diagnostic pop
    snprintf(text, sizeof(text), "%s %u IN %s", pick_name(), pick(100000), data);
    assert_int_equal(ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL), LDNS_STATUS_OK);
    return rr;
}

static ldns_pkt *pick_message(void)
{
    static const ldns_pkt_section sections[] = {LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY,
                                                LDNS_SECTION_ADDITIONAL};
    ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(pick_name()), (ldns_rr_type)(1 + pick(60)),
                                          LDNS_RR_CLASS_IN, LDNS_RD);
    assert_non_null(packet);
    ldns_pkt_set_id(packet, (uint16_t)pick(65536));
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_ra(packet, pick(2));
    ldns_pkt_set_ad(packet, pick(2));
    ldns_pkt_set_rcode(packet, (uint8_t)pick(6));
    for (unsigned i = pick(RECORDS_MAX); i > 0; i--)
        ldns_pkt_push_rr(packet, sections[pick(3)], pick_record());
    if (pick(2)) {
        ldns_pkt_set_edns_udp_size(packet, 1232);
        ldns_pkt_set_edns_do(packet, pick(2));
    }
    return packet;
}

/* RDATA with its names in full. */
static size_t unpack(const struct message *message, const struct message_record *record, uint8_t *full)
{
    size_t len, at, names = message_rdata_names(message, record, &at);
    if (names == 0)
        at = record->rdata;
    len = at - record->rdata;
    memcpy(full, message->bytes + record->rdata, len);
    for (; names > 0; names--) {
        struct name name;
        assert_true(name_read(message->bytes, message->len, at, &name, &at));
        memcpy(full + len, name.bytes, name.len);
        len += name.len;
    }
    memcpy(full + len, message->bytes + at, record->end - at);
    return len + record->end - at;
}

static void same_name(const ldns_rdf *theirs, const struct name *ours)
{
    assert_int_equal(ldns_rdf_size(theirs), ours->len);
    assert_memory_equal(ldns_rdf_data(theirs), ours->bytes, ours->len);
}

static void same_record(const ldns_rr *theirs, const struct message *message,
                        const struct message_record *ours)
{
    static uint8_t full[FULL_LEN], their_full[FULL_LEN];
    struct name owner;
    size_t len = 0;
    message_owner(message, ours, &owner);
    same_name(ldns_rr_owner(theirs), &owner);
    assert_int_equal(ldns_rr_get_type(theirs), ours->type);
    assert_int_equal(ldns_rr_get_class(theirs), ours->class);
    assert_int_equal(ldns_rr_ttl(theirs), ours->ttl);
    for (size_t i = 0; i < ldns_rr_rd_count(theirs); i++) {
        const ldns_rdf *part = ldns_rr_rdf(theirs, i);
        memcpy(their_full + len, ldns_rdf_data(part), ldns_rdf_size(part));
        len += ldns_rdf_size(part);
    }
    assert_int_equal(unpack(message, ours, full), len);
    assert_memory_equal(full, their_full, len);
}

/* ldns takes OPT out of the additional section. */
static bool next_but_opt(struct message_walk *walk, struct message_record *ret_record)
{
    while (message_walk_next(walk, ret_record))
        if (ret_record->type != MESSAGE_TYPE_OPT)
            return true;
    return false;
}

static void same_message(const ldns_pkt *theirs, const struct message *ours)
{
    const ldns_rr_list *sections[] = {ldns_pkt_answer(theirs), ldns_pkt_authority(theirs),
                                      ldns_pkt_additional(theirs)};
    struct message_walk walk;
    struct message_record record;
    assert_int_equal(ldns_pkt_id(theirs), ours->id);
    assert_int_equal(ldns_pkt_qr(theirs), (ours->flags & MESSAGE_QR) != 0);
    assert_int_equal(ldns_pkt_aa(theirs), (ours->flags & MESSAGE_AA) != 0);
    assert_int_equal(ldns_pkt_tc(theirs), (ours->flags & MESSAGE_TC) != 0);
    assert_int_equal(ldns_pkt_rd(theirs), (ours->flags & MESSAGE_RD) != 0);
    assert_int_equal(ldns_pkt_ra(theirs), (ours->flags & MESSAGE_RA) != 0);
    assert_int_equal(ldns_pkt_ad(theirs), (ours->flags & MESSAGE_AD) != 0);
    assert_int_equal(ldns_pkt_cd(theirs), (ours->flags & MESSAGE_CD) != 0);
    assert_int_equal(ldns_pkt_get_rcode(theirs), ours->flags & MESSAGE_RCODE);
    assert_int_equal(ldns_pkt_edns(theirs), ours->has_opt);
    if (ours->has_opt) {
        assert_int_equal(ldns_pkt_edns_udp_size(theirs), ours->opt_size);
        assert_int_equal(ldns_pkt_edns_do(theirs), (ours->opt_flags & MESSAGE_DO) != 0);
        assert_int_equal(ldns_pkt_edns_extended_rcode(theirs), ours->opt_rcode);
        assert_int_equal(ldns_pkt_edns_version(theirs), ours->opt_version);
    }
    assert_int_equal(ldns_rr_list_rr_count(ldns_pkt_question(theirs)), ours->has_question);
    if (ours->has_question) {
        const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(theirs), 0);
        same_name(ldns_rr_owner(question), &ours->question);
        assert_int_equal(ldns_rr_get_type(question), ours->type);
        assert_int_equal(ldns_rr_get_class(question), ours->class);
    }
    message_walk_init(&walk, ours);
    for (unsigned section = 0; section < 3; section++)
        for (size_t i = 0; i < ldns_rr_list_rr_count(sections[section]); i++) {
            assert_true(next_but_opt(&walk, &record));
            assert_int_equal(record.section, section);
            same_record(ldns_rr_list_rr(sections[section], i), ours, &record);
        }
    assert_false(next_but_opt(&walk, &record));
}

static void read_by_both(const uint8_t *bytes, size_t len)
{
    struct message ours;
    ldns_pkt *theirs = NULL;
    assert_int_equal(message_parse(bytes, len, &ours), MESSAGE_OK);
    assert_int_equal(ldns_wire2pkt(&theirs, bytes, len), LDNS_STATUS_OK);
    same_message(theirs, &ours);
    ldns_pkt_free(theirs);
}

TEST(LIM_01_what_ldns_packs_is_read_as_it_was_meant)
{
    state = 6147;
    for (int i = 0; i < MESSAGES; i++) {
        ldns_pkt *packet = pick_message();
        uint8_t *wire = NULL;
        size_t len = 0;
        assert_int_equal(ldns_pkt2wire(&wire, packet, &len), LDNS_STATUS_OK);
        read_by_both(wire, len);
        LDNS_FREE(wire);
        ldns_pkt_free(packet);
    }
}

TEST(LES_D_35_what_our_writer_copies_is_what_ldns_packed)
{
    static uint8_t out[MESSAGE_MAX];
    state = 3597;
    for (int i = 0; i < MESSAGES; i++) {
        ldns_pkt *packet = pick_message(), *again = NULL;
        struct message message;
        struct message_walk walk;
        struct message_record record;
        struct message_writer writer;
        uint8_t *wire = NULL;
        size_t len = 0;
        assert_int_equal(ldns_pkt2wire(&wire, packet, &len), LDNS_STATUS_OK);
        assert_int_equal(message_parse(wire, len, &message), MESSAGE_OK);
        message_begin(&writer, out, sizeof(out), message.id, message.flags, &message.question, message.type,
                      message.class);
        message_walk_init(&walk, &message);
        while (message_walk_next(&walk, &record))
            message_copy(&writer, record.section, &message, &record, record.ttl);
        size_t out_len = message_end(&writer);
        assert_in_range(out_len, MESSAGE_HEADER, sizeof(out));
        assert_int_equal(ldns_wire2pkt(&again, out, out_len), LDNS_STATUS_OK);
        same_message(again, &message);
        ldns_pkt_free(again);
        LDNS_FREE(wire);
        ldns_pkt_free(packet);
    }
}

/* Answers as clients get them: every kind that reply.c makes. */
struct scene {
    const char *name;
    uint16_t type, flags;
    unsigned rcode[2]; /* of what upstreams say to AAAA (or whatever was asked) and to A */
    const char *records[2];
};

static uint8_t *reply_of(const struct query *query, enum query_slot_name slot, const struct scene *scene,
                         size_t *ret_len)
{
    struct name name;
    uint16_t type;
    char text[NAME_TEXT_LEN], lines[TEXT_LEN];
    query_asked(query, slot, &name, &type);
    ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name_print(&name, text)), (ldns_rr_type)type,
                                          LDNS_RR_CLASS_IN, LDNS_RD);
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_rcode(packet, (uint8_t)scene->rcode[slot]);
    snprintf(lines, sizeof(lines), "%s", scene->records[slot]);
    for (char *save = NULL, *line = strtok_r(lines, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        ldns_rr *rr = NULL;
        assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
        ldns_pkt_push_rr(
            packet, ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA ? LDNS_SECTION_AUTHORITY : LDNS_SECTION_ANSWER,
            rr);
    }
    uint8_t *wire = NULL;
    assert_int_equal(ldns_pkt2wire(&wire, packet, ret_len), LDNS_STATUS_OK);
    ldns_pkt_free(packet);
    return wire;
}

TEST(EDN_01_answers_of_every_kind_are_read_by_ldns)
{
    static const char soa[] = "example.com. 300 IN SOA ns.example.com. root.example.com. 1 2 3 4 300\n";
    static const char alias[] =
        "www.example.com. 60 IN CNAME x.example.org.\nx.example.org. 60 IN A 8.8.8.8\n";
    static const struct scene scenes[] = {
        {"www.example.com",
         MESSAGE_TYPE_AAAA,
         MESSAGE_RD,
         {0, 0},
         {soa, "www.example.com. 60 IN A 8.8.8.8\n"}},
        {"www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_RD, {0, 0}, {soa, alias}},
        {"www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_RD, {0, 0}, {soa, soa}},
        {"www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_RD, {3, 3}, {soa, soa}},
        {"www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_RD, {2, 2}, {"", ""}},
        {"www.example.com",
         MESSAGE_TYPE_AAAA,
         MESSAGE_RD,
         {0, 0},
         {"www.example.com. 60 IN AAAA 2001:db8::1\n", ""}},
        {"www.example.com", MESSAGE_TYPE_ANY, MESSAGE_RD, {0, 0}, {"www.example.com. 60 IN A 8.8.8.8\n", ""}},
        {"www.example.com", MESSAGE_TYPE_ANY, MESSAGE_RD, {0, 0}, {alias, ""}},
        {"www.example.com",
         MESSAGE_TYPE_MX,
         MESSAGE_RD,
         {0, 0},
         {"www.example.com. 60 IN MX 1 m.example.com.\n", ""}},
        {"www.example.com", MESSAGE_TYPE_A, 0, {0, 0}, {"", ""}},
        {"ipv4only.arpa", MESSAGE_TYPE_AAAA, MESSAGE_RD, {0, 0}, {"", ""}},
        {"ipv4only.arpa", MESSAGE_TYPE_MX, MESSAGE_RD, {0, 0}, {"", ""}},
        {"a.ipv4only.arpa", MESSAGE_TYPE_A, MESSAGE_RD, {0, 0}, {"", ""}},
        {"1.2.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa",
         MESSAGE_TYPE_PTR,
         MESSAGE_RD,
         {0, 0},
         {"33.2.0.192.in-addr.arpa. 60 IN PTR h.example.com.\n", ""}},
    };
    static const struct synthesize_pref64 prefixes[] = {{.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}},
                                                        {.prefix = {{{{0x20, 1, 0x0d, 0xb8}}}, 32}}};
    static const uint8_t options[] = {0, EDNS_COOKIE, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    static const struct route route;
    static const struct query_policy policy = {.route = &route,
                                               .pref64 = prefixes,
                                               .pref64_count = 2,
                                               .mark_synthetic = true,
                                               .edns_size = 1232,
                                               .aaaa_wait_ms = 300,
                                               .ipv4only_ttl_s = 3600};
    static const struct query_client client = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
    static struct counters counters;
    static uint8_t out[MESSAGE_MAX];
    for (size_t i = 0; i < 2 * sizeof(scenes) / sizeof(scenes[0]); i++) {
        const struct scene *scene = &scenes[i / 2];
        struct message_writer writer;
        struct name name;
        struct query query;
        uint8_t question[TEXT_LEN];
        size_t len = 0;
        assert_true(name_from_text(scene->name, &name));
        message_begin(&writer, question, sizeof(question), 7, scene->flags, &name, scene->type,
                      MESSAGE_CLASS_IN);
        if (i % 2)
            message_add_opt(&writer, 1232, 0, MESSAGE_DO, options, sizeof(options));
        unsigned actions = query_begin(&query, &policy, &counters, NULL, 0, question, message_end(&writer),
                                       &client, out, &len);
        for (int slot = QUERY_MAIN; slot < QUERY_SLOTS && !(actions & QUERY_DO_SEND); slot++) {
            size_t reply_len = 0;
            uint8_t *reply = reply_of(&query, slot, scene, &reply_len);
            actions = query_response(&query, slot, reply, reply_len, out, &len);
        }
        assert_true(actions & QUERY_DO_SEND);
        read_by_both(out, len);
        query_done(&query);
    }
}

/* What ldns 1.8.3 takes and RFCs do not allow. */
static bool is_known_to_be_lax(const char *file)
{
    static const char *const lax[] = {
        /* pointers forwards */
        "rfc9267_2_forward",
        "rfc9267_2_forward_into_its_type",
        /* RDATA that is longer or shorter than what stands in it */
        "rfc9267_5_a_of_6",
        "rfc9267_5_name_longer_than_rdata",
        "rfc9267_5_name_shorter_than_rdata",
        /* bytes behind the last record */
        "rfc9267_2_half_a_pointer",
        "rfc9267_6_more_than_counted",
        "rfc9267_6_two_questions",
    };
    for (size_t i = 0; i < sizeof(lax) / sizeof(lax[0]); i++)
        if (strcmp(file, lax[i]) == 0)
            return true;
    return false;
}

TEST(LES_D_47_the_corpus_is_read_alike)
{
    static uint8_t bytes[FILE_MAX];
    unsigned both = 0, neither = 0;
    DIR *dir = opendir(CORPUS);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[TEXT_LEN];
        struct message ours;
        ldns_pkt *theirs = NULL;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", CORPUS, entry->d_name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t len = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        bool we = message_parse(bytes, len, &ours) == MESSAGE_OK;
        bool they = ldns_wire2pkt(&theirs, bytes, len) == LDNS_STATUS_OK;
        if (we && they)
            same_message(theirs, &ours);
        if (they && !we && !is_known_to_be_lax(entry->d_name))
            fail_msg("%s: ldns reads it, we do not", entry->d_name);
        if (they)
            ldns_pkt_free(theirs);
        both += we && they;
        neither += !we && !they;
    }
    closedir(dir);
    print_message("# read by both: %u, by neither: %u\n", both, neither);
    assert_true(both >= 10 && neither >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LIM_01_what_ldns_packs_is_read_as_it_was_meant),
        cmocka_unit_test(LES_D_35_what_our_writer_copies_is_what_ldns_packed),
        cmocka_unit_test(EDN_01_answers_of_every_kind_are_read_by_ldns),
        cmocka_unit_test(LES_D_47_the_corpus_is_read_alike),
    };
    return RUN(tests);
}
