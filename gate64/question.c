/*
 * Layer: pure
 * Specification: RFC 1035 4.1, RFC 6891 6.1
 */
#include "gate64/question.h"

#include <string.h>

#include "common/bytes.h"

enum {
    HEADER_LEN = 12,
    LABEL_MAX = 63,
    POINTER = 0xc0,
    POINTERS_MAX = 32,
    TYPE_OPT = 41,
    EDNS_SIZE = 1232,
    RCODE = 0x000f,
    ANSWER = 0,
    AUTHORITY = 1,
    ADDITIONAL = 2,
    CLASS_IN = 1,
};

static void put_name(struct bytes_writer *writer, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");
        if (len == 0 || len > LABEL_MAX)
            writer->error = true;
        if (writer->error)
            return;
        bytes_write8(writer, (uint8_t)len);
        bytes_write(writer, name, len);
        name += len;
        if (*name == '.')
            name++;
    }
    bytes_write8(writer, 0);
}

size_t question_build(const struct question *question, uint16_t id, uint8_t bytes[QUESTION_LEN])
{
    struct bytes_writer writer;
    bytes_writer_init(&writer, bytes, QUESTION_LEN);
    bytes_write16(&writer, id);
    bytes_write16(&writer, question->flags);
    bytes_write16(&writer, 1);
    bytes_write32(&writer, 0);
    bytes_write16(&writer, question->edns >= 0);
    put_name(&writer, question->name);
    bytes_write16(&writer, question->type);
    bytes_write16(&writer, CLASS_IN);
    if (question->edns >= 0) {
        bytes_write8(&writer, 0);
        bytes_write16(&writer, TYPE_OPT);
        bytes_write16(&writer, EDNS_SIZE);
        bytes_write32(&writer, (uint32_t)question->edns << 16);
        bytes_write16(&writer, 0);
    }
    return writer.error || strlen(question->name) >= QUESTION_NAME_LEN ? 0 : bytes_written(&writer);
}

/* The name that begins at the reader's place, without compression; the reader goes on behind it. `out` may be
 * NULL. */
static bool read_name(struct bytes_reader *reader, uint8_t out[QUESTION_NAME_LEN + 1])
{
    struct bytes_reader at = *reader;
    size_t len = 0;
    unsigned pointers = 0;
    for (;;) {
        uint8_t head = bytes_read8(&at);
        if (at.error)
            return false;
        if ((head & POINTER) == POINTER) {
            size_t target = (size_t)(head & ~POINTER) << 8 | bytes_read8(&at);
            if (at.error || ++pointers > POINTERS_MAX || target >= (size_t)(at.end - at.start))
                return false;
            if (pointers == 1)
                reader->pos = at.pos;
            at.pos = at.start + target;
            continue;
        }
        const uint8_t *label = bytes_read(&at, head);
        if (label == NULL || head > LABEL_MAX || len + head + 1 > QUESTION_NAME_LEN)
            return false;
        if (out != NULL) {
            out[len] = head;
            memcpy(out + len + 1, label, head);
        }
        len += (size_t)head + 1;
        if (head == 0)
            break;
    }
    if (pointers == 0)
        reader->pos = at.pos;
    return true;
}

/* One of those whose data is told; false: another one, or malformed. */
static bool read_data(const struct bytes_reader *message, const uint8_t *data, uint16_t len,
                      struct question_record *record)
{
    struct bytes_reader at = *message;
    switch (record->type) {
    case QUESTION_A:
        record->data.v4 = len == sizeof(record->data.v4) ? bytes_get32(data) : 0;
        return len == sizeof(record->data.v4);
    case QUESTION_AAAA:
        if (len == sizeof(record->data.v6))
            memcpy(&record->data.v6, data, sizeof(record->data.v6));
        return len == sizeof(record->data.v6);
    case QUESTION_PTR: at.pos = data; return read_name(&at, record->data.name);
    default: return false;
    }
}

static void take_opt(uint16_t class, uint32_t ttl, struct question_answer *answer)
{
    (void)class; /* a size */
    answer->has_opt = true;
    answer->rcode |= ttl >> 24 << 4;
    answer->opt_version = (uint8_t)(ttl >> 16);
}

static bool read_record(struct bytes_reader *reader, unsigned section, struct question_answer *answer)
{
    struct question_record record;
    if (!read_name(reader, NULL))
        return false;
    record.type = bytes_read16(reader);
    uint16_t class = bytes_read16(reader);
    uint32_t ttl = bytes_read32(reader);
    uint16_t len = bytes_read16(reader);
    const uint8_t *data = bytes_read(reader, len);
    if (data == NULL)
        return false;
    if (section == ADDITIONAL && record.type == TYPE_OPT)
        take_opt(class, ttl, answer);
    answer->has_soa |= section == AUTHORITY && record.type == QUESTION_SOA;
    if (section != ANSWER)
        return true;
    if (answer->count < QUESTION_RECORDS && read_data(reader, data, len, &record))
        answer->records[answer->count++] = record;
    else
        answer->others++;
    return true;
}

bool question_read(const uint8_t *bytes, size_t len, const uint8_t *question, size_t question_len,
                   struct question_answer *ret_answer)
{
    struct question_answer *answer = ret_answer;
    struct bytes_reader reader;
    uint16_t counts[3];
    uint8_t asked[QUESTION_NAME_LEN + 1], told[QUESTION_NAME_LEN + 1];
    struct bytes_reader own;
    memset(answer, 0, sizeof(*answer));
    bytes_reader_init(&reader, bytes, len);
    bytes_reader_init(&own, question, question_len);
    bool same_id = bytes_read16(&reader) == bytes_read16(&own);
    answer->flags = bytes_read16(&reader);
    answer->rcode = answer->flags & RCODE;
    bool one = bytes_read16(&reader) == 1;
    for (unsigned i = 0; i < 3; i++)
        counts[i] = bytes_read16(&reader);
    bytes_skip(&own, HEADER_LEN - 2);
    if (reader.error || own.error || !same_id || !one || !(answer->flags & 0x8000))
        return false;
    memset(asked, 0, sizeof(asked));
    memset(told, 0, sizeof(told));
    if (!read_name(&reader, told) || !read_name(&own, asked) || memcmp(asked, told, sizeof(asked)) != 0 ||
        bytes_read32(&reader) != bytes_read32(&own))
        return false;
    for (unsigned section = ANSWER; section <= ADDITIONAL; section++)
        for (unsigned i = 0; i < counts[section]; i++)
            if (!read_record(&reader, section, answer))
                return false;
    return !reader.error && bytes_left(&reader) == 0;
}

void question_reverse(const struct in6_addr *address, char name[QUESTION_REVERSE_LEN])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 15; i >= 0; i--) {
        *name++ = digits[address->s6_addr[i] & 15];
        *name++ = '.';
        *name++ = digits[address->s6_addr[i] >> 4];
        *name++ = '.';
    }
    strcpy(name, "ip6.arpa");
}
