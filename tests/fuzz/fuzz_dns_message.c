/*
 * DNS messages: parsed, walked, written anew, and compared; and names, read by both readers.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 3597 4, RFC 9267
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { NAMES_LEN = 300, NAMES_SHARE = 16, TIGHT_SHARE = 4 };

static uint8_t written[MESSAGE_MAX];

/* The next name or the bytes up to the next: what is compared of RDATA. */
static void same_rdata(const struct message *a, const struct message_record *of_a, const struct message *b,
                       const struct message_record *of_b)
{
    size_t at_a, at_b, start_a = of_a->rdata, start_b = of_b->rdata;
    unsigned names = message_rdata_names(a, of_a, &at_a);
    assert(names == message_rdata_names(b, of_b, &at_b));
    if (names > 0) {
        assert(at_a - start_a == at_b - start_b);
        assert(memcmp(a->bytes + start_a, b->bytes + start_b, at_a - start_a) == 0);
        start_a = at_a;
        start_b = at_b;
    }
    for (; names > 0; names--) {
        struct name name_a, name_b;
        assert(name_read(a->bytes, a->len, start_a, &name_a, &start_a));
        assert(name_read(b->bytes, b->len, start_b, &name_b, &start_b));
        assert(name_equal(&name_a, &name_b));
    }
    assert(of_a->end - start_a == of_b->end - start_b);
    assert(memcmp(a->bytes + start_a, b->bytes + start_b, of_a->end - start_a) == 0);
}

static void same_records(const struct message *a, const struct message *b)
{
    struct message_walk walk_a, walk_b;
    struct message_record of_a, of_b;
    message_walk_init(&walk_a, a);
    message_walk_init(&walk_b, b);
    while (message_walk_next(&walk_a, &of_a)) {
        struct name owner;
        if (of_a.type == MESSAGE_TYPE_OPT)
            continue;
        assert(message_walk_next(&walk_b, &of_b));
        assert(of_a.section == of_b.section && of_a.type == of_b.type && of_a.class == of_b.class);
        assert(of_a.ttl == of_b.ttl);
        message_owner(a, &of_a, &owner);
        assert(message_owner_is(a, &of_a, &owner) && message_owner_is(b, &of_b, &owner));
        same_rdata(a, &of_a, b, &of_b);
    }
    assert(!message_walk_next(&walk_b, &of_b));
}

static size_t write_anew(const struct message *message, uint8_t *to, size_t size)
{
    struct message_writer writer;
    struct message_walk walk;
    struct message_record record;
    message_begin(&writer, to, size, message->id, message->flags,
                  message->has_question ? &message->question : NULL, message->type, message->class);
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record))
        if (record.type != MESSAGE_TYPE_OPT)
            message_copy(&writer, record.section, message, &record, record.ttl);
    return message_end(&writer);
}

/* Into a buffer that is just large enough, and into one that is not. */
static void write_tight(const struct message *message, size_t len)
{
    for (size_t size = len; size + 2 > len && size > 0; size--) {
        uint8_t *tight = malloc(size);
        assert(tight != NULL);
        assert(write_anew(message, tight, size) == (size == len ? len : 0));
        free(tight);
    }
}

static void check_message(const uint8_t *data, size_t len)
{
    struct message message, again;
    if (message_parse(data, len, &message) != MESSAGE_OK)
        return;
    size_t written_len = write_anew(&message, written, sizeof(written));
    if (written_len == 0)
        return; /* what was packed does not fit unpacked */
    assert(message_parse(written, written_len, &again) == MESSAGE_OK);
    same_records(&message, &again);
    if (len % TIGHT_SHARE == 0)
        write_tight(&message, written_len);
}

/* The reader and the two kinds of check agree at each offset. */
static void check_names(const uint8_t *data, size_t len)
{
    static struct name_memo memo;
    name_memo_init(&memo, len);
    for (size_t at = 0; at < len; at++) {
        struct name name;
        size_t next = 0, plain = 0, noted = 0;
        bool good = name_read(data, len, at, &name, &next);
        assert(name_check(data, len, at, NULL, &plain) == good && plain == next);
        assert(name_check(data, len, at, &memo, &noted) == good && noted == next);
        assert(!good || name_is_at(data, at, &name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len > MESSAGE_MAX)
        return 0;
    check_message(data, len);
    if (len > 0 && len <= NAMES_LEN && data[0] % NAMES_SHARE == 0)
        check_names(data, len);
    return 0;
}
