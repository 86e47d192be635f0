/*
 * Layer: pure
 * Specification: RFC 5452 9.1, RFC 6891 6.2.3
 */
#include "dns64/upstream/ask.h"

#include <string.h>

enum {
    CASE_BIT = 0x20,
    BITS = 8,
};

void ask_mix_case(struct name *name, const uint8_t bits[NAME_MAX_LEN / 8 + 1])
{
    for (unsigned i = 0; i < name->len; i++) {
        uint8_t small = name->bytes[i] | CASE_BIT; /* lengths are below 64 and so no letters */
        if (small >= 'a' && small <= 'z' && name->bytes[i] >= 'A')
            name->bytes[i] = bits[i / BITS] >> (i % BITS) & 1 ? small : (uint8_t)(small & ~CASE_BIT);
    }
}

size_t ask_write(const struct ask *ask, uint16_t id, bool edns, const struct client_cookie *cookie,
                 uint8_t out[ASK_MAX])
{
    struct message_writer writer;
    struct edns_options options = {0};
    uint8_t bytes[EDNS_COOKIE_MAX];
    message_begin(&writer, out, ASK_MAX, id, MESSAGE_RD | ask->flags, &ask->name, ask->type, ask->class);
    if (edns) {
        static const struct edns_options none;
        if (cookie != NULL)
            edns_put(&options, EDNS_COOKIE, bytes, client_cookie_write(cookie, bytes));
        edns_put(&options, HOPS_OPTION, bytes, hops_write(&ask->hops, ask->own_hop, bytes));
        edns_add(&writer, ask->edns_size, 0, ask->dnssec ? MESSAGE_DO : 0, &options, &none);
    }
    return message_end(&writer);
}

enum ask_verdict ask_check(const struct ask *ask, uint16_t id, const struct message *reply)
{
    unsigned rcode = message_rcode(reply);
    if (reply->id != id || !(reply->flags & MESSAGE_QR) || reply->flags & MESSAGE_OPCODE)
        return ASK_WRONG;
    if (!reply->has_question)
        return rcode == MESSAGE_FORMERR || rcode == MESSAGE_NOTIMP ? ASK_NOT_KNOWN : ASK_WRONG;
    if (reply->type != ask->type || reply->class != ask->class || !name_equal(&reply->question, &ask->name))
        return ASK_WRONG;
    /* As it stands there, which is where the caller puts the client's letters back. */
    if (reply->len < MESSAGE_HEADER + (size_t)ask->name.len ||
        memcmp(reply->bytes + MESSAGE_HEADER, ask->name.bytes, ask->name.len) != 0)
        return ask->mixed ? ASK_CASE : ASK_ANSWERED;
    return ASK_ANSWERED;
}
