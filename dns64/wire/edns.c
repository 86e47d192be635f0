/*
 * Layer: pure
 * Specification: RFC 6891 6.1.2, RFC 7828 3, RFC 7873 4, RFC 8914 2
 */
#include "dns64/wire/edns.h"

enum {
    OPTION_HEADER = 4, /* code, length */
    INFO_CODE = 2,
    KEEPALIVE_LEN = 2,
    LENGTH_IN_OPT = EDNS_OPT_FIXED - 2, /* where RDLENGTH stands */
};

void edns_walk_init(struct edns_walk *walk, const struct message *message)
{
    *walk = (struct edns_walk){0};
    if (!message->has_opt)
        return;
    walk->at = message->bytes + message->opt_at + EDNS_OPT_FIXED;
    walk->left = message->opt_end - message->opt_at - EDNS_OPT_FIXED;
}

bool edns_walk_next(struct edns_walk *walk, struct edns_option *ret_option)
{
    if (walk->left < OPTION_HEADER)
        return false;
    struct edns_option option = {
        .code = bytes_get16(walk->at), .len = bytes_get16(walk->at + 2), .bytes = walk->at + OPTION_HEADER};
    if (walk->left - OPTION_HEADER < option.len)
        return false;
    walk->at += OPTION_HEADER + (size_t)option.len;
    walk->left -= OPTION_HEADER + (size_t)option.len;
    *ret_option = option;
    return true;
}

/* RFC 7873 5.2.2: what has another length is malformed. */
static bool take_cookie(const struct edns_option *option, struct edns_query *query)
{
    if (query->cookie_len > 0)
        return true;
    if (option->len != EDNS_COOKIE_CLIENT && (option->len < EDNS_COOKIE_MIN || option->len > EDNS_COOKIE_MAX))
        return false;
    memcpy(query->cookie, option->bytes, option->len);
    query->cookie_len = (uint8_t)option->len;
    return true;
}

bool edns_query_read(const struct message *message, bool udp, struct edns_query *ret_query)
{
    struct edns_walk walk;
    struct edns_option option;
    *ret_query = (struct edns_query){0};
    edns_walk_init(&walk, message);
    while (edns_walk_next(&walk, &option)) {
        if (option.code == EDNS_COOKIE && !take_cookie(&option, ret_query))
            return false;
        if (option.code != EDNS_TCP_KEEPALIVE || udp)
            continue;
        if (option.len != 0) /* RFC 7828 3.2.1: a client names no time */
            return false;
        ret_query->keepalive = true;
    }
    return true;
}

void edns_put(struct edns_options *options, uint16_t code, const void *bytes, size_t len)
{
    uint8_t *at = options->bytes + options->len;
    if (sizeof(options->bytes) - options->len < OPTION_HEADER + len)
        return;
    bytes_put16(at, code);
    bytes_put16(at + 2, (uint16_t)len);
    memcpy(at + OPTION_HEADER, bytes, len);
    options->len = (uint16_t)(options->len + OPTION_HEADER + len);
}

static bool has_error(const struct edns_options *options, uint16_t code)
{
    struct edns_walk walk = {options->bytes, options->len};
    struct edns_option option;
    while (edns_walk_next(&walk, &option))
        if (option.code == EDNS_EDE && bytes_get16(option.bytes) == code)
            return true;
    return false;
}

void edns_put_error(struct edns_options *options, enum edns_error code, const char *text)
{
    uint8_t bytes[INFO_CODE + EDNS_TEXT_MAX];
    size_t len = text != NULL ? strnlen(text, EDNS_TEXT_MAX) : 0;
    if (has_error(options, (uint16_t)code))
        return;
    bytes_put16(bytes, (uint16_t)code);
    if (len > 0)
        memcpy(bytes + INFO_CODE, text, len);
    edns_put(options, EDNS_EDE, bytes, INFO_CODE + len);
}

/* RFC 8914 2: UTF-8, perhaps with a NUL at its end. What a terminal would obey is made harmless, and no
 * character is cut in two. */
static size_t copy_text(char *to, size_t room, const uint8_t *from, size_t len)
{
    while (len > 0 && from[len - 1] == '\0')
        len--;
    if (len > room)
        for (len = room; len > 0 && (from[len] & 0xc0) == 0x80; len--)
            continue;
    for (size_t i = 0; i < len; i++)
        to[i] = (char)(from[i] < ' ' || from[i] == 0x7f ? '?' : from[i]);
    return len;
}

void edns_put_errors_of(struct edns_options *options, const struct message *upstream)
{
    static const char source[] = "upstream", separator[] = ": ";
    struct edns_walk walk;
    struct edns_option option;
    edns_walk_init(&walk, upstream);
    while (edns_walk_next(&walk, &option)) {
        char text[EDNS_TEXT_MAX + 1];
        size_t len = sizeof(source) - 1;
        if (option.code != EDNS_EDE || option.len < INFO_CODE ||
            bytes_get16(option.bytes) == EDNS_SYNTHESIZED)
            continue;
        memcpy(text, source, sizeof(source));
        if (option.len > INFO_CODE) {
            memcpy(text + len, separator, sizeof(separator));
            len += sizeof(separator) - 1;
            len += copy_text(text + len, EDNS_TEXT_MAX - len, option.bytes + INFO_CODE,
                             option.len - (size_t)INFO_CODE);
            text[len] = '\0';
        }
        edns_put_error(options, bytes_get16(option.bytes), text);
    }
}

void edns_put_keepalive(struct edns_options *options, unsigned timeout_100ms)
{
    uint8_t bytes[KEEPALIVE_LEN];
    bytes_put16(bytes, (uint16_t)(timeout_100ms < UINT16_MAX ? timeout_100ms : UINT16_MAX));
    edns_put(options, EDNS_TCP_KEEPALIVE, bytes, sizeof(bytes));
}

void edns_add(struct message_writer *writer, uint16_t size, unsigned rcode, uint16_t flags,
              const struct edns_options *first, const struct edns_options *second)
{
    uint8_t bytes[2 * EDNS_ROOM];
    memcpy(bytes, first->bytes, first->len);
    memcpy(bytes + first->len, second->bytes, second->len);
    message_add_opt(writer, size, rcode, flags, bytes, (uint16_t)(first->len + second->len));
}

size_t edns_append(uint8_t *bytes, size_t len, size_t opt_at, const struct edns_options *options)
{
    uint8_t *rdlength = bytes + opt_at + LENGTH_IN_OPT;
    memcpy(bytes + len, options->bytes, options->len);
    bytes_put16(rdlength, (uint16_t)(bytes_get16(rdlength) + options->len));
    return len + options->len;
}

size_t edns_remove(uint8_t *bytes, size_t len, size_t opt_at, const struct edns_options *options)
{
    uint8_t *rdlength = bytes + opt_at + LENGTH_IN_OPT;
    bytes_put16(rdlength, (uint16_t)(bytes_get16(rdlength) - options->len));
    return len - options->len;
}
