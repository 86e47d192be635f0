/*
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 8914 2
 */
#include "tests/replay/dns64/expect.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum {
    EDE_OPTION = 15,
    OPTION_HEADER = 4,
    WHENEVER_MS = 30000,
};

static const char *const section_names[EXPECT_SECTIONS] = {"answer", "authority", "additional"};

static void take_word(struct expect *expect, const char *word, char **rest)
{
    if (text_rcode(word) >= 0)
        expect->rcode = text_rcode(word);
    else if (strcmp(word, "rcode") == 0)
        expect->rcode = (int)text_number(expect->line, text_word(rest));
    else if (strcmp(word, "none") == 0)
        expect->none = true;
    else if (strcmp(word, "any") == 0)
        expect->any = true;
    else if (strcmp(word, "in") == 0 || strcmp(word, "within") == 0) {
        expect->exactly = strcmp(word, "in") == 0;
        expect->within_ms = text_duration(expect->line, text_word(rest));
    } else if (strcmp(word, "aa") == 0)
        expect->aa = true;
    else if (strcmp(word, "ad") == 0)
        expect->ad = true;
    else if (strcmp(word, "tc") == 0)
        expect->tc = true;
    else if (strcmp(word, "ede") == 0 && expect->edes_count < EXPECT_EDES)
        expect->edes[expect->edes_count++] = (unsigned)text_number(expect->line, text_word(rest));
    else if (strcmp(word, "same-as") == 0)
        expect->same_as = strdup(text_word(rest));
    else
        text_fail(expect->line, "\"%s\" is nothing that can be expected of an answer", word);
}

void expect_init(struct expect *expect, const struct text_line *line, char *words)
{
    *expect = (struct expect){.line = line, .within_ms = WHENEVER_MS, .rcode = -1};
    for (size_t i = 0; i < EXPECT_SECTIONS; i++)
        expect->sections[i] = ldns_rr_list_new();
    while (*words != '\0') {
        char *word = text_word(&words);
        take_word(expect, word, &words);
    }
    if (expect->rcode < 0 && !expect->none && !expect->any && expect->same_as == NULL)
        text_fail(line, "no RCODE is expected; name one, or any, or none, or same-as LABEL");
}

bool expect_record(struct expect *expect, const struct text_line *line)
{
    char *text = strdup(line->text), *rest = text;
    bool taken = false;
    for (size_t i = 0; i < EXPECT_SECTIONS && !taken; i++)
        if (text_take(&rest, section_names[i])) {
            ldns_rr_list_push_rr(expect->sections[i], text_record(line, rest, NULL));
            taken = true;
        }
    free(text);
    return taken;
}

void expect_done(struct expect *expect)
{
    for (size_t i = 0; i < EXPECT_SECTIONS; i++)
        ldns_rr_list_deep_free(expect->sections[i]);
    free(expect->same_as);
}

static void print_list(const char *title, const ldns_rr_list *list)
{
    char *text = ldns_rr_list2str(list);
    print_error("%s:\n%s", title, text);
    free(text);
}

static bool same_record(const ldns_rr *a, const ldns_rr *b)
{
    char *a_text = ldns_rr2str(a), *b_text = ldns_rr2str(b);
    bool same = strcmp(a_text, b_text) == 0;
    free(a_text);
    free(b_text);
    return same;
}

static void check_section(const struct expect *expect, size_t section, const ldns_rr_list *got)
{
    const ldns_rr_list *wanted = expect->sections[section];
    size_t count = ldns_rr_list_rr_count(wanted);
    bool same = ldns_rr_list_rr_count(got) == count;
    for (size_t i = 0; i < count && same; i++)
        same = same_record(ldns_rr_list_rr(wanted, i), ldns_rr_list_rr(got, i));
    if (same)
        return;
    print_list("got", got);
    print_list("expected", wanted);
    text_fail(expect->line, "another %s section", section_names[section]);
}

/* The extended errors must be these, in any order. */
static void check_edes(const struct expect *expect, ldns_pkt *packet)
{
    const ldns_rdf *options = ldns_pkt_edns_data(packet);
    const uint8_t *at = options != NULL ? ldns_rdf_data(options) : NULL;
    size_t len = options != NULL ? ldns_rdf_size(options) : 0, found = 0;
    while (len >= OPTION_HEADER) {
        unsigned code = ldns_read_uint16(at), size = ldns_read_uint16(at + 2);
        bool wanted = false;
        if (size > len - OPTION_HEADER)
            text_fail(expect->line, "an option is longer than OPT");
        if (code == EDE_OPTION) {
            unsigned ede = ldns_read_uint16(at + OPTION_HEADER);
            for (size_t i = 0; i < expect->edes_count; i++)
                wanted |= expect->edes[i] == ede;
            if (!wanted)
                text_fail(expect->line, "extended error %u, which is not expected", ede);
            found++;
        }
        at += OPTION_HEADER + size;
        len -= OPTION_HEADER + size;
    }
    if (found != expect->edes_count)
        text_fail(expect->line, "%zu extended errors; expected: %zu", found, expect->edes_count);
}

static void check_flag(const struct expect *expect, const char *name, bool got, bool wanted)
{
    if (got != wanted)
        text_fail(expect->line, "flag %s is %s", name, got ? "set" : "not set");
}

static void check_header(const struct expect *expect, const struct client *client, ldns_pkt *packet)
{
    const struct client_question *question = &client->question;
    int rcode = (int)ldns_pkt_get_rcode(packet) |
                (ldns_pkt_edns(packet) ? ldns_pkt_edns_extended_rcode(packet) << 4 : 0);
    if (rcode != expect->rcode)
        text_fail(expect->line, "RCODE %d; expected: %d", rcode, expect->rcode);
    check_flag(expect, "qr", ldns_pkt_qr(packet), true);
    check_flag(expect, "rd", ldns_pkt_rd(packet), question->recursion);
    check_flag(expect, "cd", ldns_pkt_cd(packet), question->checking_disabled);
    check_flag(expect, "ra", ldns_pkt_ra(packet), true);
    check_flag(expect, "aa", ldns_pkt_aa(packet), expect->aa);
    check_flag(expect, "ad", ldns_pkt_ad(packet), expect->ad);
    check_flag(expect, "tc", ldns_pkt_tc(packet), expect->tc);
    if (ldns_pkt_edns(packet) != question->edns)
        text_fail(expect->line, "OPT in the answer is not as in the question");
    check_edes(expect, packet);
}

/* ID and question are the client's, byte for byte, the case of its letters too. */
static void check_question(const struct expect *expect, const struct client *client)
{
    const size_t counts = 4, header = 12;
    size_t len = client->query_len - (client->question.edns ? 11 : 0) - header;
    if (client->answer_len < header + len || memcmp(client->answer, client->query, 2) != 0 ||
        memcmp(client->answer + counts, client->query + counts, 2) != 0 ||
        memcmp(client->answer + header, client->query + header, len) != 0)
        text_fail(expect->line, "ID or question are not the client's");
    if (!client->question.tcp && client->answer_len > (client->question.edns ? client->question.size : 512U))
        text_fail(expect->line, "%zu bytes are more than the client takes", client->answer_len);
}

static bool check_time(const struct expect *expect, const struct client *client)
{
    uint64_t took = client->answered_ms - client->asked_ms;
    if (client->answers > 1)
        text_fail(expect->line, "%u answers", client->answers);
    if (expect->none != (client->answers == 0))
        text_fail(expect->line, client->answers == 0 ? "no answer" : "an answer");
    if (!expect->none && (took > expect->within_ms || (expect->exactly && took != expect->within_ms)))
        text_fail(expect->line, "it came in %llu ms", (unsigned long long)took);
    return !expect->none;
}

void expect_answer(const struct expect *expect, const struct client *client)
{
    ldns_pkt *packet;
    if (!check_time(expect, client))
        return;
    check_question(expect, client);
    if (ldns_wire2pkt(&packet, client->answer, client->answer_len) != LDNS_STATUS_OK)
        text_fail(expect->line, "the answer is no message");
    if (expect->rcode >= 0) {
        check_header(expect, client, packet);
        check_section(expect, 0, ldns_pkt_answer(packet));
        check_section(expect, 1, ldns_pkt_authority(packet));
        check_section(expect, 2, ldns_pkt_additional(packet));
    }
    ldns_pkt_free(packet);
}

static void forget_ttls(ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        ldns_rr_set_ttl(ldns_rr_list_rr(list, i), 0);
}

/* The message with neither ID nor TTLs. */
static uint8_t *without_ages(const struct client *client, size_t *ret_len)
{
    ldns_pkt *packet;
    uint8_t *bytes;
    assert_int_equal(ldns_wire2pkt(&packet, client->answer, client->answer_len), LDNS_STATUS_OK);
    ldns_pkt_set_id(packet, 0);
    forget_ttls(ldns_pkt_answer(packet));
    forget_ttls(ldns_pkt_authority(packet));
    forget_ttls(ldns_pkt_additional(packet));
    assert_int_equal(ldns_pkt2wire(&bytes, packet, ret_len), LDNS_STATUS_OK);
    ldns_pkt_free(packet);
    return bytes;
}

void expect_same(const struct expect *expect, const struct client *client, const struct client *other)
{
    size_t len, other_len;
    if (!check_time(expect, client))
        return;
    check_question(expect, client);
    uint8_t *bytes = without_ages(client, &len), *other_bytes = without_ages(other, &other_len);
    bool same =
        len == other_len && memcmp(bytes, other_bytes, len) == 0 && client->answer_len == other->answer_len;
    free(bytes);
    free(other_bytes);
    if (!same)
        text_fail(expect->line, "another answer than that of %s", expect->same_as);
}
