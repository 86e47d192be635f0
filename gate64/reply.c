/*
 * Layer: pure
 * Specification: RFC 9112 4, 5, 6.3, 7.1
 */
#include "gate64/reply.h"

#include <errno.h>
#include <string.h>

void reply_init(struct reply *reply)
{
    memset(reply, 0, sizeof(*reply));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

/* The value of the field `name`, if the line is that one; NULL if not (RFC 9112 5.1). */
static const char *field_value(const char *line, const char *name)
{
    size_t len = strlen(name);
    if (strlen(line) <= len || !equal_nocase(line, name, len) || line[len] != ':')
        return NULL;
    line += len + 1;
    while (*line == ' ' || *line == '\t')
        line++;
    return line;
}

/* Digits of base 10 or 16, followed by the end, white space or one of `ends`. */
static int parse_size(const char *text, unsigned base, const char *ends, uint64_t *ret_size)
{
    uint64_t size = 0;
    const char *at = text;
    for (;; at++) {
        char c = lower(*at);
        unsigned digit;
        if (is_digit(c))
            digit = (unsigned)(c - '0');
        else if (base == 16 && c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else
            break;
        if (size > (UINT64_MAX - digit) / base)
            return -EPROTO;
        size = size * base + digit;
    }
    if (at == text || (*at != '\0' && *at != ' ' && *at != '\t' && strchr(ends, *at) == NULL))
        return -EPROTO;
    *ret_size = size;
    return 0;
}

/* "HTTP/1.1 200 OK" */
static int take_status_line(struct reply *reply)
{
    static const char version[] = "HTTP/1.";
    const char *line = reply->line;
    size_t len = sizeof(version) - 1;
    if (strncmp(line, version, len) != 0 || !is_digit(line[len]) || line[len + 1] != ' ')
        return -EPROTO;
    const char *code = line + len + 2;
    if (!is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2]) || (code[3] != ' ' && code[3] != '\0'))
        return -EPROTO;
    reply->status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
    reply->state = REPLY_FIELDS;
    return 0;
}

/* RFC 9112 6.3: what follows the head, in the order of its rules. */
static void begin_body(struct reply *reply)
{
    enum { NO_CONTENT = 204, NOT_MODIFIED = 304 };
    reply->head = 0;
    if (reply->status < 200) /* RFC 9110 15.2: an interim reply; the real one comes behind it */
        reply_init(reply);
    else if (reply->status == NO_CONTENT || reply->status == NOT_MODIFIED)
        reply->state = REPLY_COMPLETE;
    else if (reply->chunked)
        reply->state = REPLY_CHUNK_SIZE;
    else if (reply->has_size)
        reply->state = reply->left > 0 ? REPLY_SIZED : REPLY_COMPLETE;
    else
        reply->state = REPLY_TO_END;
}

static int take_field(struct reply *reply)
{
    const char *value;
    uint64_t size;
    if (reply->line[0] == '\0') {
        begin_body(reply);
        return 0;
    }
    value = field_value(reply->line, "transfer-encoding");
    if (value != NULL) {
        static const char chunked[] = "chunked";
        if (strlen(value) != strlen(chunked) || !equal_nocase(value, chunked, strlen(chunked)))
            return -EPROTO; /* we accept no other coding, so none may be sent (RFC 9112 6.1) */
        reply->chunked = true;
        return 0;
    }
    value = field_value(reply->line, "content-length");
    if (value != NULL) {
        int r = parse_size(value, 10, "", &size);
        if (r < 0 || (reply->has_size && reply->left != size))
            return -EPROTO;
        reply->has_size = true;
        reply->left = size;
    }
    return 0;
}

static int take_chunk_size(struct reply *reply)
{
    int r = parse_size(reply->line, 16, ";", &reply->left);
    if (r < 0)
        return r;
    reply->head = 0; /* the limit is on one head, not on all chunk lines together */
    reply->state = reply->left > 0 ? REPLY_CHUNK : REPLY_TRAILER;
    return 0;
}

static int take_line(struct reply *reply)
{
    switch (reply->state) {
    case REPLY_STATUS_LINE: return take_status_line(reply);
    case REPLY_FIELDS: return take_field(reply);
    case REPLY_CHUNK_SIZE: return take_chunk_size(reply);
    case REPLY_CHUNK_END: reply->state = REPLY_CHUNK_SIZE; return reply->line[0] == '\0' ? 0 : -EPROTO;
    case REPLY_TRAILER:
        if (reply->line[0] == '\0')
            reply->state = REPLY_COMPLETE;
        return 0;
    case REPLY_SIZED:
    case REPLY_TO_END:
    case REPLY_CHUNK:
    case REPLY_COMPLETE: break;
    }
    return -EPROTO;
}

/* Gathers a line; takes it when its end is there (RFC 9112 2.2: a lone LF may end a line, too). */
static int feed_line(struct reply *reply, const char *bytes, size_t len, size_t *ret_used)
{
    const char *end = memchr(bytes, '\n', len);
    size_t part = end != NULL ? (size_t)(end - bytes) : len;
    if (part >= sizeof(reply->line) - reply->line_len || reply->head + part > REPLY_HEAD_LEN)
        return -EMSGSIZE;
    if (memchr(bytes, '\0', part) != NULL)
        return -EPROTO;
    memcpy(reply->line + reply->line_len, bytes, part);
    reply->line_len += part;
    reply->head += part;
    *ret_used = part;
    if (end == NULL)
        return 0;
    *ret_used = part + 1;
    reply->head++;
    if (reply->line_len > 0 && reply->line[reply->line_len - 1] == '\r')
        reply->line_len--;
    reply->line[reply->line_len] = '\0';
    reply->line_len = 0;
    return take_line(reply);
}

/* Bytes of the body, of which `left` are still to come. */
static void feed_body(struct reply *reply, size_t len, enum reply_state then, size_t *ret_used,
                      size_t *ret_body_len)
{
    size_t part = len < reply->left ? len : (size_t)reply->left;
    reply->left -= part;
    if (reply->left == 0)
        reply->state = then;
    *ret_used = *ret_body_len = part;
}

int reply_feed(struct reply *reply, const char *bytes, size_t len, size_t *ret_used, size_t *ret_body_len)
{
    size_t used = 0, body_len = 0;
    int r = 0;
    switch (reply->state) {
    case REPLY_STATUS_LINE:
    case REPLY_FIELDS:
    case REPLY_CHUNK_SIZE:
    case REPLY_CHUNK_END:
    case REPLY_TRAILER: r = feed_line(reply, bytes, len, &used); break;
    case REPLY_SIZED: feed_body(reply, len, REPLY_COMPLETE, &used, &body_len); break;
    case REPLY_CHUNK: feed_body(reply, len, REPLY_CHUNK_END, &used, &body_len); break;
    case REPLY_TO_END: used = body_len = len; break;
    case REPLY_COMPLETE: break;
    }
    if (r < 0)
        return r;
    *ret_used = used;
    *ret_body_len = body_len;
    return 0;
}

int reply_close(const struct reply *reply)
{
    return reply->state == REPLY_COMPLETE || reply->state == REPLY_TO_END ? 0 : -EPIPE;
}
