/*
 * Layer: test
 * Specification: RFC 5452 9.1, RFC 9267 2 to 6
 */
#include "tests/replay/dns64/wrong.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum {
    HEADER = 12,
    ANCOUNT = 6, /* where it stands */
    QR = 0x80,
    OPCODE_NOTIFY = 4 << 3,
    OTHER_ID = 0x55,
    POINTER = 0xc0,
    JUNK_LEN = 5,
    LOST = 3,         /* bytes at the end of a message that was cut */
    RDLENGTH_AT = 10, /* behind a record's packed owner */
};

/* A message while something is made wrong in it. */
struct bytes {
    uint8_t *at;
    size_t len;
    size_t record; /* where the answer's record begins */
};

static void poison(ldns_pkt *packet, const ldns_rr *question)
{
    static const struct text_line nowhere = {"wrong.c", 0, NULL};
    const char *text = ldns_rr_get_type(question) == LDNS_RR_TYPE_A      ? "@ 300 A 203.0.113.66"
                       : ldns_rr_get_type(question) == LDNS_RR_TYPE_AAAA ? "@ 300 AAAA 2001:db8:bad::66"
                                                                         : "@ 300 TXT poison";
    ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, text_record(&nowhere, text, ldns_rr_owner(question)));
}

/* A reply that is right but for its data, and for the question if another one is given. */
static struct bytes make(const ldns_pkt *query, const ldns_rr *question)
{
    struct bytes bytes;
    ldns_pkt *packet = ldns_pkt_new();
    assert_non_null(packet);
    ldns_pkt_set_id(packet, ldns_pkt_id(query));
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_rd(packet, true);
    ldns_pkt_set_ra(packet, true);
    ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, ldns_rr_clone(question));
    poison(packet, question);
    assert_int_equal(ldns_pkt2wire(&bytes.at, packet, &bytes.len), LDNS_STATUS_OK);
    bytes.record = HEADER + ldns_rdf_size(ldns_rr_owner(question)) + 2 * sizeof(uint16_t);
    ldns_pkt_free(packet);
    return bytes;
}

static struct bytes make_other(const ldns_pkt *query, const ldns_rr *question, const char *kind)
{
    ldns_rr *other = ldns_rr_clone(question);
    if (strcmp(kind, "wrong-name") == 0) {
        ldns_rdf_deep_free(ldns_rr_owner(other));
        ldns_rr_set_owner(other, ldns_dname_new_frm_str("other.example."));
    } else if (strcmp(kind, "wrong-type") == 0) {
        ldns_rr_set_type(other, LDNS_RR_TYPE_MX);
    } else {
        ldns_rr_set_class(other, LDNS_RR_CLASS_CH);
    }
    struct bytes bytes = make(query, other);
    ldns_rr_free(other);
    return bytes;
}

static void change_case(struct bytes *bytes)
{
    for (size_t i = HEADER; i < bytes->record; i++)
        if (isalpha(bytes->at[i]))
            bytes->at[i] ^= 0x20;
}

static void point_to(struct bytes *bytes, size_t offset)
{
    bytes->at[bytes->record] = (uint8_t)(POINTER | offset >> 8);
    bytes->at[bytes->record + 1] = (uint8_t)offset;
}

/* False: there is no such kind. */
static bool spoil(struct bytes *bytes, const char *kind)
{
    if (strcmp(kind, "wrong-id") == 0)
        bytes->at[0] ^= OTHER_ID;
    else if (strcmp(kind, "wrong-case") == 0)
        change_case(bytes);
    else if (strcmp(kind, "no-reply") == 0)
        bytes->at[2] &= (uint8_t)~QR;
    else if (strcmp(kind, "wrong-opcode") == 0)
        bytes->at[2] |= OPCODE_NOTIFY;
    else if (strcmp(kind, "junk") == 0)
        bytes->len = JUNK_LEN;
    else if (strcmp(kind, "cut") == 0)
        bytes->len -= LOST;
    else if (strcmp(kind, "loop") == 0) /* an owner that is a pointer to itself */
        point_to(bytes, bytes->record);
    else if (strcmp(kind, "forward") == 0) /* an owner that is a pointer to what follows */
        point_to(bytes, bytes->record + 2);
    else if (strcmp(kind, "rdlength") == 0) /* data beyond the message's end */
        bytes->at[bytes->record + RDLENGTH_AT] = UINT8_MAX;
    else if (strcmp(kind, "counts") == 0) /* more records than there are */
        bytes->at[ANCOUNT] = UINT8_MAX;
    else
        return false;
    return true;
}

static bool asks_other(const char *kind)
{
    return strcmp(kind, "wrong-name") == 0 || strcmp(kind, "wrong-type") == 0 ||
           strcmp(kind, "wrong-class") == 0;
}

void wrong_send(const struct upstream_asker *asker, const ldns_pkt *query, const struct text_line *line,
                const char *kind, uint64_t delay_ms)
{
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    enum upstream_from from = UPSTREAM_FROM_RIGHT;
    struct bytes bytes = asks_other(kind) ? make_other(query, question, kind) : make(query, question);
    if (strcmp(kind, "wrong-port") == 0)
        from = UPSTREAM_FROM_OTHER_PORT;
    else if (strcmp(kind, "wrong-address") == 0)
        from = UPSTREAM_FROM_OTHER_ADDRESS;
    else if (!asks_other(kind) && !spoil(&bytes, kind))
        text_fail(line, "there are no wrong replies of the kind \"%s\"", kind);
    upstream_send(asker, from, bytes.at, bytes.len, delay_ms);
    free(bytes.at);
}
