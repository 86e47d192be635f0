/*
 * Layer: pure
 * Specification: RFC 1035 3.1, 4.1.4
 */
#include "dns64/wire/name.h"

#include <string.h>

#include "common/domain.h"

enum {
    LABEL_MAX = 63,
    POINTER = 0xc0,
};

bool name_read(const uint8_t *message, size_t len, size_t at, struct name *ret_name, size_t *ret_next)
{
    struct name name = {0};
    size_t next = 0, limit = at; /* a pointer goes before everything read so far */
    unsigned jumps = 0;
    for (;;) {
        if (at >= len)
            return false;
        uint8_t head = message[at];
        if ((head & POINTER) == POINTER) {
            if (at + 1 >= len || ++jumps > NAME_POINTERS_MAX)
                return false;
            size_t target = (size_t)(head & ~POINTER) << 8 | message[at + 1];
            if (next == 0)
                next = at + 2;
            if (target >= limit)
                return false;
            at = limit = target;
            continue;
        }
        if (head > LABEL_MAX || at + 1 + head > len || (size_t)name.len + 1 + head > NAME_MAX_LEN)
            return false;
        memcpy(name.bytes + name.len, message + at, (size_t)head + 1);
        name.len = (uint8_t)(name.len + head + 1);
        at += (size_t)head + 1;
        if (head == 0)
            break;
    }
    *ret_name = name;
    *ret_next = next != 0 ? next : at;
    return true;
}

void name_memo_init(struct name_memo *memo, size_t message_len)
{
    size_t count = message_len < NAME_POINTER_TARGETS ? message_len : NAME_POINTER_TARGETS;
    memset(memo->at, 0, count * sizeof(memo->at[0]));
}

/* A name as it is followed: the offsets that it goes through behind its first pointer, each with what lay
 * before it; and where each pointer leads. */
struct path {
    unsigned len, pointers, count;
    uint16_t targets[NAME_POINTERS_MAX];
    struct {
        uint16_t at;
        uint8_t len, pointers;
    } offsets[NAME_MAX_LEN];
};

/* `len` and `pointers` are those of the whole, `first` is where the pointer leads that comes after the path.
 */
static void memo_fill(struct name_memo *memo, const struct path *path, unsigned len, unsigned pointers,
                      uint16_t first)
{
    for (unsigned i = 0; i < path->count; i++) {
        unsigned before = path->offsets[i].pointers;
        memo->at[path->offsets[i].at].len = (uint8_t)(len - path->offsets[i].len);
        memo->at[path->offsets[i].at].pointers = (uint8_t)(pointers - before);
        memo->at[path->offsets[i].at].first = before < path->pointers ? path->targets[before] : first;
    }
}

/* Whether the rest of the name is known from `at` on, and good where nothing at or behind `limit` may be
 * pointed to. */
static bool memo_find(const struct name_memo *memo, size_t at, size_t limit)
{
    return memo->at[at].len > 0 && (memo->at[at].pointers == 0 || memo->at[at].first < limit);
}

bool name_check(const uint8_t *message, size_t len, size_t at, struct name_memo *memo, size_t *ret_next)
{
    struct path path;
    size_t next = 0, limit = at;
    path.len = path.pointers = path.count = 0;
    for (;;) {
        if (at >= len)
            return false;
        uint8_t head = message[at];
        if (memo != NULL && path.pointers > 0 && at < NAME_POINTER_TARGETS) {
            if (memo_find(memo, at, limit))
                break;
            path.offsets[path.count].at = (uint16_t)at;
            path.offsets[path.count].len = (uint8_t)path.len;
            path.offsets[path.count++].pointers = (uint8_t)path.pointers;
        }
        if ((head & POINTER) == POINTER) {
            if (at + 1 >= len || path.pointers == NAME_POINTERS_MAX)
                return false;
            size_t target = (size_t)(head & ~POINTER) << 8 | message[at + 1];
            if (next == 0)
                next = at + 2;
            if (target >= limit)
                return false;
            path.targets[path.pointers++] = (uint16_t)target;
            at = limit = target;
            continue;
        }
        if (head > LABEL_MAX || at + 1 + head > len || path.len + 1 + head > NAME_MAX_LEN)
            return false;
        path.len += (unsigned)head + 1;
        at += (size_t)head + 1;
        if (head == 0) {
            *ret_next = next != 0 ? next : at;
            if (memo != NULL)
                memo_fill(memo, &path, path.len, path.pointers, 0);
            return true;
        }
    }
    unsigned whole = path.len + memo->at[at].len, pointers = path.pointers + memo->at[at].pointers;
    if (whole > NAME_MAX_LEN || pointers > NAME_POINTERS_MAX)
        return false;
    memo_fill(memo, &path, whole, pointers, memo->at[at].first);
    *ret_next = next;
    return true;
}

bool name_skip(const uint8_t *message, size_t len, size_t at, size_t *ret_next)
{
    size_t start = at;
    while (at < len) {
        uint8_t head = message[at];
        if ((head & POINTER) == POINTER) {
            if (at + 1 >= len)
                return false;
            *ret_next = at + 2;
            return true;
        }
        if (head > LABEL_MAX || at - start + 1 + head > NAME_MAX_LEN)
            return false;
        at += (size_t)head + 1;
        if (head == 0) {
            *ret_next = at;
            return at <= len;
        }
    }
    return false;
}

/* RFC 4343: only ASCII letters fold; length bytes are below 64 and so no letters. */
static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool equal_bytes(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (fold(a[i]) != fold(b[i]))
            return false;
    return true;
}

bool name_is_at(const uint8_t *message, size_t at, const struct name *name)
{
    for (size_t done = 0;;) {
        while ((message[at] & POINTER) == POINTER)
            at = (size_t)(message[at] & ~POINTER) << 8 | message[at + 1];
        size_t label = (size_t)message[at] + 1;
        if (name->len - done < label || !equal_bytes(message + at, name->bytes + done, label))
            return false;
        at += label;
        done += label;
        if (label == 1)
            return done == name->len;
    }
}

bool name_equal(const struct name *a, const struct name *b)
{
    return a->len == b->len && equal_bytes(a->bytes, b->bytes, a->len);
}

bool name_under(const struct name *name, const struct name *parent, unsigned *ret_labels)
{
    size_t at = 0;
    unsigned labels = 0;
    while (name->len - at > parent->len) {
        at += (size_t)name->bytes[at] + 1;
        labels++;
    }
    if (name->len - at != parent->len || !equal_bytes(name->bytes + at, parent->bytes, parent->len))
        return false;
    if (ret_labels != NULL)
        *ret_labels = labels;
    return true;
}

size_t name_last_label(const struct name *name)
{
    size_t last = 0;
    for (size_t at = 0; name->bytes[at] != 0; at += (size_t)name->bytes[at] + 1)
        last = at;
    return last;
}

void name_from_label(const struct name *name, size_t at, struct name *ret_name)
{
    ret_name->len = (uint8_t)(name->len - at);
    memcpy(ret_name->bytes, name->bytes + at, ret_name->len);
}

void name_fold(const struct name *name, struct name *ret_name)
{
    ret_name->len = name->len;
    domain_fold(name->bytes, name->len, ret_name->bytes);
}

bool name_from_text(const char *text, struct name *ret_name)
{
    struct name name = {0};
    if (strcmp(text, ".") == 0)
        text++;
    while (*text != '\0') {
        size_t label = strcspn(text, ".");
        if (label == 0 || label > LABEL_MAX || name.len + label + 2 > NAME_MAX_LEN)
            return false;
        name.bytes[name.len++] = (uint8_t)label;
        memcpy(name.bytes + name.len, text, label);
        name.len = (uint8_t)(name.len + label);
        text += label;
        if (*text == '.')
            text++;
    }
    name.bytes[name.len++] = 0;
    *ret_name = name;
    return true;
}

char *name_print(const struct name *name, char text[NAME_TEXT_LEN])
{
    return domain_print(name->bytes, name->len, text);
}
