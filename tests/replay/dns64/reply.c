/*
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 6891 6.1, RFC 8914 2
 */
#include "tests/replay/dns64/reply.h"

#include <stdlib.h>
#include <string.h>

#include "tests/replay/dns64/wrong.h"
#include "tests/unit/test.h"

enum {
    UDP_SIZE = 1232,
    FLAG_AA = 0x0400,
    FLAG_AD = 0x0020,
    EDE_OPTION = 15,
    FRAME = 2,
};

static const char soa_rest[] = "ns.example. host.example. 1 3600 600 86400";

struct keyword {
    const char *word;
    enum reply_kind kind;
    enum { NOTHING, TEXT, NUMBER, TIME, OPTIONAL_NUMBER, OPTIONAL_TIME } argument;
};

static const struct keyword keywords[] = {
    {"answer", REPLY_ANSWER, TEXT},
    {"authority", REPLY_AUTHORITY, TEXT},
    {"additional", REPLY_ADDITIONAL, TEXT},
    {"soa", REPLY_SOA, TEXT},
    {"rcode", REPLY_RCODE, NUMBER},
    {"ede", REPLY_EDE, NUMBER},
    {"noedns", REPLY_NO_EDNS, NOTHING},
    {"delay", REPLY_DELAY, TIME},
    {"silent", REPLY_SILENT, NOTHING},
    {"truncate", REPLY_TRUNCATE, OPTIONAL_NUMBER},
    {"twice", REPLY_TWICE, OPTIONAL_TIME},
    {"first", REPLY_FIRST, TEXT},
    {"only", REPLY_ONLY, TEXT},
    {"tcp", REPLY_TCP, TEXT},
    {"raw", REPLY_RAW, TEXT},
};

static void take_argument(struct reply_item *item, const struct keyword *keyword, char *rest)
{
    switch (keyword->argument) {
    case NOTHING:
        if (*rest != '\0')
            text_fail(item->line, "\"%s\" after %s", rest, keyword->word);
        break;
    case TEXT:
        if (*rest == '\0')
            text_fail(item->line, "nothing after %s", keyword->word);
        item->text = strdup(rest);
        break;
    case OPTIONAL_NUMBER:
    case NUMBER:
        if (keyword->argument == NUMBER || *rest != '\0')
            item->number = text_number(item->line, rest);
        break;
    case OPTIONAL_TIME:
    case TIME:
        if (keyword->argument == TIME || *rest != '\0')
            item->number = text_duration(item->line, rest);
        break;
    }
}

struct reply_item reply_item(const struct text_line *line, char *text)
{
    struct reply_item item = {.line = line};
    int rcode = text_rcode(text);
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (text_take(&text, keywords[i].word)) {
            item.kind = keywords[i].kind;
            take_argument(&item, &keywords[i], text);
            return item;
        }
    if (rcode >= 0) {
        item.kind = REPLY_RCODE;
        item.number = (uint64_t)rcode;
    } else if (strcmp(text, "aa") == 0 || strcmp(text, "ad") == 0) {
        item.kind = REPLY_FLAG;
        item.number = text[1] == 'a' ? FLAG_AA : FLAG_AD;
    } else {
        text_fail(line, "\"%s\" is nothing that an upstream does", text);
    }
    return item;
}

void reply_item_done(struct reply_item *item)
{
    free(item->text);
}

/* One reply in the making. */
struct making {
    const struct upstream_asker *asker;
    const ldns_pkt *query;
    const ldns_rdf *name;
    ldns_pkt *packet;
    uint64_t delay_ms, again_ms;
    bool silent, twice, truncate, no_edns;
    size_t truncate_to;
    int ede;
    const struct reply_item *raw, *only, *tcp;
};

static void push(struct making *making, const struct reply_item *item, ldns_pkt_section section)
{
    ldns_pkt_push_rr(making->packet, section, text_record(item->line, item->text, making->name));
}

static void push_soa(struct making *making, const struct reply_item *item)
{
    char text[512], *copy = strdup(item->text), *rest = copy;
    const char *zone = text_word(&rest), *ttl = text_word(&rest), *minimum = text_word(&rest);
    int len = snprintf(text, sizeof(text), "%s %s SOA %s %s", zone, ttl, soa_rest, minimum);
    assert_in_range(len, 1, sizeof(text) - 1);
    free(copy);
    ldns_pkt_push_rr(making->packet, LDNS_SECTION_AUTHORITY, text_record(item->line, text, making->name));
}

static void apply(struct making *making, const struct reply_item *item)
{
    switch (item->kind) {
    case REPLY_RCODE: ldns_pkt_set_rcode(making->packet, (uint8_t)item->number); break;
    case REPLY_ANSWER: push(making, item, LDNS_SECTION_ANSWER); break;
    case REPLY_AUTHORITY: push(making, item, LDNS_SECTION_AUTHORITY); break;
    case REPLY_ADDITIONAL: push(making, item, LDNS_SECTION_ADDITIONAL); break;
    case REPLY_SOA: push_soa(making, item); break;
    case REPLY_FLAG:
        if (item->number == FLAG_AA)
            ldns_pkt_set_aa(making->packet, true);
        else
            ldns_pkt_set_ad(making->packet, true);
        break;
    case REPLY_EDE: making->ede = (int)item->number; break;
    case REPLY_NO_EDNS: making->no_edns = true; break;
    case REPLY_DELAY: making->delay_ms = item->number; break;
    case REPLY_SILENT: making->silent = true; break;
    case REPLY_TRUNCATE:
        making->truncate = true;
        making->truncate_to = item->number;
        break;
    case REPLY_TWICE:
        making->twice = true;
        making->again_ms = item->number;
        break;
    case REPLY_FIRST: wrong_send(making->asker, making->query, item->line, item->text, 0); break;
    case REPLY_ONLY: making->only = item; break;
    case REPLY_TCP: making->tcp = item; break;
    case REPLY_RAW: making->raw = item; break;
    }
}

/* EDNS as the question has it; an extended error if a rule says so. */
static void add_edns(struct making *making)
{
    const uint8_t option[] = {
        0, EDE_OPTION, 0, sizeof(uint16_t), (uint8_t)(making->ede >> 8), (uint8_t)making->ede};
    if (!ldns_pkt_edns(making->query) || making->no_edns)
        return;
    ldns_pkt_set_edns_udp_size(making->packet, UDP_SIZE);
    ldns_pkt_set_edns_do(making->packet, ldns_pkt_edns_do(making->query));
    if (making->ede >= 0)
        ldns_pkt_set_edns_data(making->packet,
                               ldns_rdf_new_frm_data(LDNS_RDF_TYPE_NONE, sizeof(option), option));
}

static void cut(struct making *making)
{
    ldns_pkt_set_tc(making->packet, true);
    while (ldns_pkt_ancount(making->packet) > making->truncate_to) {
        ldns_rr_free(ldns_rr_list_pop_rr(ldns_pkt_answer(making->packet)));
        ldns_pkt_set_ancount(making->packet, (uint16_t)(ldns_pkt_ancount(making->packet) - 1));
    }
    for (ldns_pkt_section section = LDNS_SECTION_AUTHORITY; section <= LDNS_SECTION_ADDITIONAL; section++) {
        ldns_rr_list *list = section == LDNS_SECTION_AUTHORITY ? ldns_pkt_authority(making->packet)
                                                               : ldns_pkt_additional(making->packet);
        ldns_rr *record;
        while ((record = ldns_rr_list_pop_rr(list)) != NULL)
            ldns_rr_free(record);
    }
    ldns_pkt_set_nscount(making->packet, 0);
    ldns_pkt_set_arcount(making->packet, 0);
}

/* The bytes of the reply, malloc'ed. */
static uint8_t *to_bytes(struct making *making, size_t *ret_len)
{
    uint8_t *bytes = NULL;
    uint16_t id = ldns_pkt_id(making->query);
    if (making->raw == NULL) {
        assert_int_equal(ldns_pkt2wire(&bytes, making->packet, ret_len), LDNS_STATUS_OK);
        return bytes;
    }
    size_t len = strlen(making->raw->text) / 2;
    bytes = malloc(len);
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        if (sscanf(making->raw->text + 2 * i, "%2x", &byte) != 1)
            text_fail(making->raw->line, "raw is followed by hex digits only");
        bytes[i] = (uint8_t)byte;
    }
    if (len >= sizeof(id)) {
        bytes[0] = (uint8_t)(id >> 8);
        bytes[1] = (uint8_t)id;
    }
    *ret_len = len;
    return bytes;
}

/* What goes wrong on a connection. */
static void give_tcp(struct making *making, const uint8_t *bytes, size_t len)
{
    const char *how = making->tcp->text;
    const struct upstream_asker *asker = making->asker;
    uint8_t frame[FRAME] = {(uint8_t)(len >> 8), (uint8_t)len};
    if (strcmp(how, "close") == 0) {
        upstream_close(asker);
    } else if (strcmp(how, "stall") == 0) {
        return;
    } else if (strcmp(how, "long") == 0) { /* the length promises more than comes */
        frame[0]++;
        upstream_send_raw(asker, frame, FRAME, making->delay_ms);
        upstream_send_raw(asker, bytes, len, making->delay_ms);
    } else if (strcmp(how, "short") == 0) { /* the length is that of half the message */
        frame[0] = (uint8_t)(len / 2 >> 8);
        frame[1] = (uint8_t)(len / 2);
        upstream_send_raw(asker, frame, FRAME, making->delay_ms);
        upstream_send_raw(asker, bytes, len, making->delay_ms);
    } else if (strcmp(how, "split") == 0) { /* a byte each millisecond */
        for (size_t i = 0; i < FRAME; i++)
            upstream_send_raw(asker, frame + i, 1, making->delay_ms + i);
        for (size_t i = 0; i < len; i++)
            upstream_send_raw(asker, bytes + i, 1, making->delay_ms + FRAME + i);
    } else if (strncmp(how, "first ", strlen("first ")) == 0) {
        wrong_send(asker, making->query, making->tcp->line, how + strlen("first "), 0);
        upstream_send(asker, UPSTREAM_FROM_RIGHT, bytes, len, making->delay_ms);
    } else {
        text_fail(making->tcp->line, "tcp %s; allowed: close, stall, long, short, split, first WRONG", how);
    }
}

static void give(struct making *making)
{
    size_t len;
    if (making->truncate && !making->asker->tcp)
        cut(making);
    uint8_t *bytes = to_bytes(making, &len);
    if (making->asker->tcp && making->tcp != NULL) {
        give_tcp(making, bytes, len);
    } else {
        upstream_send(making->asker, UPSTREAM_FROM_RIGHT, bytes, len, making->delay_ms);
        if (making->twice)
            upstream_send(making->asker, UPSTREAM_FROM_RIGHT, bytes, len,
                          making->delay_ms + making->again_ms);
    }
    free(bytes);
}

void reply_give(const struct upstream_asker *asker, const ldns_pkt *query, const struct reply_item *items,
                size_t count)
{
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    struct making making = {
        .asker = asker, .query = query, .name = ldns_rr_owner(question), .packet = ldns_pkt_new(), .ede = -1};
    assert_non_null(making.packet);
    ldns_pkt_set_id(making.packet, ldns_pkt_id(query));
    ldns_pkt_set_qr(making.packet, true);
    ldns_pkt_set_rd(making.packet, ldns_pkt_rd(query));
    ldns_pkt_set_cd(making.packet, ldns_pkt_cd(query));
    ldns_pkt_set_ra(making.packet, true);
    ldns_pkt_push_rr(making.packet, LDNS_SECTION_QUESTION, ldns_rr_clone(question));
    for (size_t i = 0; i < count; i++)
        apply(&making, &items[i]);
    add_edns(&making);
    if (making.only != NULL)
        wrong_send(asker, query, making.only->line, making.only->text, making.delay_ms);
    else if (!making.silent)
        give(&making);
    ldns_pkt_free(making.packet);
}
