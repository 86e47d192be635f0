/*
 * Layer: pure
 * Specification: RFC 1035 4.1, RFC 6891 6.1
 */
#include "dns64/wire/message.h"

enum {
    RECORD_FIXED = 10, /* type, class, TTL, length */
    OPTION_HEADER = 4,
};

static bool read_record(const struct message *message, size_t at, struct message_record *ret_record)
{
    size_t fixed;
    const uint8_t *bytes = message->bytes;
    if (!name_skip(bytes, message->len, at, &fixed) || message->len - fixed < RECORD_FIXED)
        return false;
    ret_record->at = at;
    ret_record->type = bytes_get16(bytes + fixed);
    ret_record->class = bytes_get16(bytes + fixed + 2);
    ret_record->ttl = bytes_get32(bytes + fixed + 4);
    ret_record->rdata_len = bytes_get16(bytes + fixed + 8);
    ret_record->rdata = fixed + RECORD_FIXED;
    if (message->len - ret_record->rdata < ret_record->rdata_len)
        return false;
    ret_record->end = ret_record->rdata + ret_record->rdata_len;
    return true;
}

/* Options are whole and not more than we look at. */
static bool check_options(const uint8_t *options, size_t len)
{
    unsigned count = 0;
    while (len > 0) {
        if (len < OPTION_HEADER || ++count > MESSAGE_OPTIONS_MAX)
            return false;
        size_t option = OPTION_HEADER + (size_t)bytes_get16(options + 2);
        if (option > len)
            return false;
        options += option;
        len -= option;
    }
    return true;
}

/* RFC 6891 6.1.1: one, owned by the root, in the additional section. */
static bool take_opt(struct message *message, const struct message_record *record)
{
    bool good = !message->has_opt && record->section == MESSAGE_ADDITIONAL && message->bytes[record->at] == 0;
    message->has_opt = true; /* RFC 6891 7: who sends a bad one is answered with one */
    message->opt_at = record->at;
    message->opt_end = record->end;
    message->opt_size = record->class;
    message->opt_rcode = (uint8_t)(record->ttl >> 24);
    message->opt_version = (uint8_t)(record->ttl >> 16);
    message->opt_flags = (uint16_t)record->ttl;
    return good && check_options(message->bytes + record->rdata, record->rdata_len);
}

/* Names are read in full here, once, so that a walk later cannot fail. */
static bool check_record(struct message *message, const struct message_record *record)
{
    struct name name;
    size_t next;
    if (!name_read(message->bytes, message->len, record->at, &name, &next))
        return false;
    switch (record->type) {
    case MESSAGE_TYPE_A: return record->class != MESSAGE_CLASS_IN || record->rdata_len == 4;
    case MESSAGE_TYPE_AAAA: return record->class != MESSAGE_CLASS_IN || record->rdata_len == 16;
    case MESSAGE_TYPE_CNAME:
    case MESSAGE_TYPE_DNAME:
    case MESSAGE_TYPE_NS:
    case MESSAGE_TYPE_PTR:
        return name_read(message->bytes, record->end, record->rdata, &name, &next) && next == record->end;
    case MESSAGE_TYPE_OPT: return take_opt(message, record);
    default: return true;
    }
}

static bool parse_question(struct message *message, size_t *at)
{
    size_t next;
    if (!name_read(message->bytes, message->len, *at, &message->question, &next) || message->len - next < 4)
        return false;
    message->type = bytes_get16(message->bytes + next);
    message->class = bytes_get16(message->bytes + next + 2);
    message->has_question = true;
    *at = next + 4;
    return true;
}

enum message_fault message_parse(const uint8_t *bytes, size_t len, struct message *ret_message)
{
    struct message *message = ret_message;
    *message = (struct message){.bytes = bytes, .len = len};
    if (len < MESSAGE_HEADER)
        return MESSAGE_GARBAGE;
    message->id = bytes_get16(bytes);
    message->flags = bytes_get16(bytes + 2);
    unsigned questions = bytes_get16(bytes + 4);
    for (unsigned i = 0; i < 3; i++)
        message->counts[i] = bytes_get16(bytes + 6 + 2 * i);
    size_t at = MESSAGE_HEADER;
    if (questions > 1)
        return MESSAGE_MALFORMED;
    if (questions == 1 && !parse_question(message, &at))
        return MESSAGE_MALFORMED;
    message->records = at;
    for (unsigned section = 0; section < 3; section++)
        for (unsigned i = 0; i < message->counts[section]; i++) {
            struct message_record record = {.section = section};
            if (!read_record(message, at, &record)) {
                message->has_opt |= record.type == MESSAGE_TYPE_OPT;
                return MESSAGE_MALFORMED;
            }
            if (!check_record(message, &record))
                return MESSAGE_MALFORMED;
            at = record.end;
        }
    return at == len ? MESSAGE_OK : MESSAGE_MALFORMED;
}

void message_walk_init(struct message_walk *walk, const struct message *message)
{
    *walk = (struct message_walk){.message = message, .at = message->records, .left = message->counts[0]};
}

bool message_walk_next(struct message_walk *walk, struct message_record *ret_record)
{
    while (walk->left == 0) {
        if (++walk->section >= 3)
            return false;
        walk->left = walk->message->counts[walk->section];
    }
    walk->left--;
    ret_record->section = walk->section;
    if (!read_record(walk->message, walk->at, ret_record))
        return false;
    walk->at = ret_record->end;
    return true;
}

void message_owner(const struct message *message, const struct message_record *record, struct name *ret_name)
{
    size_t next;
    if (!name_read(message->bytes, message->len, record->at, ret_name, &next))
        *ret_name = (struct name){.len = 1};
}

bool message_rdata_name(const struct message *message, const struct message_record *record, size_t skip,
                        struct name *ret_name)
{
    size_t next;
    return name_read(message->bytes, record->end, record->rdata + skip, ret_name, &next);
}

static void put_name(struct message_writer *writer, const struct name *name)
{
    /* The root is shorter than a pointer, and RFC 6891 6.1.2 wants it as it is in OPT. */
    if (name->len > 1 && name->len == writer->question.len &&
        memcmp(name->bytes, writer->question.bytes, name->len) == 0)
        bytes_write16(&writer->bytes, 0xc000 | MESSAGE_HEADER);
    else
        bytes_write(&writer->bytes, name->bytes, name->len);
}

void message_begin(struct message_writer *writer, uint8_t *buffer, size_t size, uint16_t id, uint16_t flags,
                   const struct name *question, uint16_t type, uint16_t class)
{
    memset(writer, 0, sizeof(*writer));
    bytes_writer_init(&writer->bytes, buffer, size);
    bytes_write16(&writer->bytes, id);
    bytes_write16(&writer->bytes, flags);
    bytes_write16(&writer->bytes, question != NULL ? 1 : 0);
    bytes_write16(&writer->bytes, 0);
    bytes_write32(&writer->bytes, 0);
    if (question == NULL)
        return;
    bytes_write(&writer->bytes, question->bytes, question->len);
    bytes_write16(&writer->bytes, type);
    bytes_write16(&writer->bytes, class);
    writer->question = *question;
}

/* Owner and fixed part with the length left open; returns where the length stands. */
static uint8_t *put_fixed(struct message_writer *writer, enum message_section section,
                          const struct name *owner, uint16_t type, uint16_t class, uint32_t ttl)
{
    put_name(writer, owner);
    bytes_write16(&writer->bytes, type);
    bytes_write16(&writer->bytes, class);
    bytes_write32(&writer->bytes, ttl);
    uint8_t *len_at = writer->bytes.pos;
    bytes_write16(&writer->bytes, 0);
    writer->counts[section]++;
    return len_at;
}

static void close_rdata(struct message_writer *writer, uint8_t *len_at)
{
    if (!writer->bytes.error)
        bytes_put16(len_at, (uint16_t)(writer->bytes.pos - len_at - 2));
}

unsigned message_rdata_names(uint16_t type, size_t *ret_before)
{
    *ret_before = type == MESSAGE_TYPE_MX ? 2 : 0;
    switch (type) {
    case MESSAGE_TYPE_CNAME:
    case MESSAGE_TYPE_DNAME:
    case MESSAGE_TYPE_NS:
    case MESSAGE_TYPE_PTR:
    case MESSAGE_TYPE_MX: return 1;
    case MESSAGE_TYPE_SOA: return 2;
    default: return 0;
    }
}

static void copy_rdata(struct message_writer *writer, const struct message *from,
                       const struct message_record *record)
{
    size_t before, at = record->rdata;
    unsigned names = message_rdata_names(record->type, &before);
    if (before > record->rdata_len) {
        writer->bytes.error = true;
        return;
    }
    bytes_write(&writer->bytes, from->bytes + at, before);
    at += before;
    while (names-- > 0) {
        struct name name;
        if (!name_read(from->bytes, record->end, at, &name, &at)) {
            writer->bytes.error = true;
            return;
        }
        bytes_write(&writer->bytes, name.bytes, name.len);
    }
    bytes_write(&writer->bytes, from->bytes + at, record->end - at);
}

void message_copy(struct message_writer *writer, enum message_section section, const struct message *from,
                  const struct message_record *record, uint32_t ttl)
{
    struct name owner;
    message_owner(from, record, &owner);
    uint8_t *len_at = put_fixed(writer, section, &owner, record->type, record->class, ttl);
    copy_rdata(writer, from, record);
    close_rdata(writer, len_at);
}

void message_add(struct message_writer *writer, enum message_section section, const struct name *owner,
                 uint16_t type, uint32_t ttl, const void *rdata, uint16_t rdata_len)
{
    uint8_t *len_at = put_fixed(writer, section, owner, type, MESSAGE_CLASS_IN, ttl);
    bytes_write(&writer->bytes, rdata, rdata_len);
    close_rdata(writer, len_at);
}

void message_add_opt(struct message_writer *writer, uint16_t size, unsigned rcode, uint16_t flags,
                     const void *option, uint16_t option_len)
{
    static const struct name root = {.len = 1};
    uint32_t ttl = (uint32_t)(rcode >> 4) << 24 | flags;
    uint8_t *len_at = put_fixed(writer, MESSAGE_ADDITIONAL, &root, MESSAGE_TYPE_OPT, size, ttl);
    if (option != NULL)
        bytes_write(&writer->bytes, option, option_len);
    close_rdata(writer, len_at);
}

size_t message_end(struct message_writer *writer)
{
    if (writer->bytes.error)
        return 0;
    for (unsigned i = 0; i < 3; i++)
        bytes_put16(writer->bytes.start + 6 + 2 * i, writer->counts[i]);
    return bytes_written(&writer->bytes);
}
