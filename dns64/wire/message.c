/*
 * Layer: pure
 * Specification: RFC 1035 4.1, RFC 6891 6.1
 */
#include "dns64/wire/message.h"

enum {
    RECORD_FIXED = 10, /* type, class, TTL, length */
    OPTION_HEADER = 4,
    SHORT = 512, /* what cannot hold enough names for a memo to pay */
    POINTER = 0xc0,
    POINTER_TARGET = 0x3fff,
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

/* What RDATA is made of: `before` bytes, `strings` as RFC 1035 3.3 has them, `names`, and `after` bytes, or
 * any that are left. */
struct shape {
    uint8_t before, strings, names, after;
    bool open, packed; /* packed: RFC 3597 4 */
};

/* NULL: nobody's to look at (RFC 3597 3). */
static const struct shape *shape_of(uint16_t type)
{
    static const struct shape name = {.names = 1, .packed = true}, names = {.names = 2, .packed = true},
                              mx = {.before = 2, .names = 1, .packed = true},
                              soa = {.names = 2, .after = 20, .packed = true}, lone = {.names = 1},
                              pair = {.names = 2}, preferred = {.before = 2, .names = 1},
                              px = {.before = 2, .names = 2}, srv = {.before = 6, .names = 1},
                              naptr = {.before = 4, .strings = 3, .names = 1},
                              signature = {.before = 18, .names = 1, .open = true},
                              next = {.names = 1, .open = true};
    switch (type) {
    case MESSAGE_TYPE_NS:
    case MESSAGE_TYPE_MD:
    case MESSAGE_TYPE_MF:
    case MESSAGE_TYPE_CNAME:
    case MESSAGE_TYPE_MB:
    case MESSAGE_TYPE_MG:
    case MESSAGE_TYPE_MR:
    case MESSAGE_TYPE_PTR: return &name;
    case MESSAGE_TYPE_MINFO: return &names;
    case MESSAGE_TYPE_MX: return &mx;
    case MESSAGE_TYPE_SOA: return &soa;
    case MESSAGE_TYPE_DNAME: return &lone;
    case MESSAGE_TYPE_RP: return &pair;
    case MESSAGE_TYPE_AFSDB:
    case MESSAGE_TYPE_RT:
    case MESSAGE_TYPE_KX: return &preferred;
    case MESSAGE_TYPE_PX: return &px;
    case MESSAGE_TYPE_SRV: return &srv;
    case MESSAGE_TYPE_NAPTR: return &naptr;
    case MESSAGE_TYPE_SIG:
    case MESSAGE_TYPE_RRSIG: return &signature;
    case MESSAGE_TYPE_NXT:
    case MESSAGE_TYPE_NSEC: return &next;
    default: return NULL;
    }
}

/* Where the first name begins; 0: there is no room for what comes before it. */
static size_t first_name(const uint8_t *bytes, const struct message_record *record, const struct shape *shape)
{
    size_t at = record->rdata + shape->before;
    for (unsigned i = 0; i < shape->strings && at < record->end; i++)
        at += (size_t)bytes[at] + 1;
    return at < record->end ? at : 0;
}

static bool check_shape(const struct message *message, const struct message_record *record,
                        struct name_memo *memo)
{
    const struct shape *shape = shape_of(record->type);
    if (shape == NULL)
        return true;
    size_t at = first_name(message->bytes, record, shape);
    for (unsigned i = 0; i < shape->names && at > 0; i++)
        if (!name_check(message->bytes, message->len, at, memo, &at))
            return false;
    return at > 0 && at <= record->end && (shape->open || record->end - at == shape->after);
}

/* Once and in full, so that a walk later cannot fail. */
static bool check_record(struct message *message, const struct message_record *record, struct name_memo *memo)
{
    size_t next;
    if (!name_check(message->bytes, message->len, record->at, memo, &next))
        return false;
    switch (record->type) {
    case MESSAGE_TYPE_A: return record->class != MESSAGE_CLASS_IN || record->rdata_len == 4;
    case MESSAGE_TYPE_AAAA: return record->class != MESSAGE_CLASS_IN || record->rdata_len == 16;
    case MESSAGE_TYPE_OPT: return take_opt(message, record);
    default: return check_shape(message, record, memo);
    }
}

static bool parse_question(struct message *message)
{
    size_t next;
    if (!name_read(message->bytes, message->len, message->records, &message->question, &next) ||
        message->len - next < 4)
        return false;
    message->type = bytes_get16(message->bytes + next);
    message->class = bytes_get16(message->bytes + next + 2);
    message->has_question = true;
    message->records = next + 4;
    return true;
}

static enum message_fault parse_records(struct message *message, struct name_memo *memo)
{
    size_t at = message->records;
    for (unsigned section = 0; section < 3; section++)
        for (unsigned i = 0; i < message->counts[section]; i++) {
            struct message_record record = {.section = section};
            if (!read_record(message, at, &record)) {
                message->has_opt |= record.type == MESSAGE_TYPE_OPT;
                return MESSAGE_MALFORMED;
            }
            if (!check_record(message, &record, memo))
                return MESSAGE_MALFORMED;
            at = record.end;
        }
    return at == message->len ? MESSAGE_OK : MESSAGE_MALFORMED;
}

/* Apart, as the memo is large and most messages are small. */
static __attribute__((noinline)) enum message_fault parse_long(struct message *message)
{
    struct name_memo memo;
    name_memo_init(&memo, message->len);
    return parse_records(message, &memo);
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
    message->records = MESSAGE_HEADER;
    if (questions > 1 || (questions == 1 && !parse_question(message)))
        return MESSAGE_MALFORMED;
    return len <= SHORT ? parse_records(message, NULL) : parse_long(message);
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
    return name_read(message->bytes, message->len, record->rdata + skip, ret_name, &next) &&
           next <= record->end;
}

static size_t position(const struct message_writer *writer)
{
    return (size_t)(writer->bytes.pos - writer->bytes.start);
}

static void put_pointer(struct message_writer *writer, size_t target)
{
    bytes_write16(&writer->bytes, (uint16_t)(POINTER << 8 | target));
}

/* A name of our own: that of the question and the last one that was written out become pointers. */
static void put_name(struct message_writer *writer, const struct name *name)
{
    /* The root is shorter than a pointer, and RFC 6891 6.1.2 wants it as it is in OPT. */
    if (name->len == 1 || writer->bytes.error) {
        bytes_write(&writer->bytes, name->bytes, name->len);
    } else if (name->len == writer->question.len &&
               memcmp(name->bytes, writer->question.bytes, name->len) == 0) {
        put_pointer(writer, MESSAGE_HEADER);
    } else if (writer->own_at != 0 && position(writer) - writer->own_at >= name->len &&
               memcmp(writer->bytes.start + writer->own_at, name->bytes, name->len) == 0) {
        put_pointer(writer, writer->own_at);
    } else {
        size_t at = position(writer);
        bytes_write(&writer->bytes, name->bytes, name->len);
        if (at <= POINTER_TARGET && !writer->bytes.error)
            writer->own_at = (uint16_t)at;
    }
}

static void remember(struct message_writer *writer, size_t at, size_t written_at)
{
    if (at > POINTER_TARGET || written_at > POINTER_TARGET)
        return;
    writer->seen[at % MESSAGE_SEEN].at = (uint16_t)at;
    writer->seen[at % MESSAGE_SEEN].written_at = (uint16_t)written_at;
}

/* The names of `from` that are written from now on; its question is ours, if it is the same name. */
static void take_source(struct message_writer *writer, const struct message *from)
{
    if (writer->from == from)
        return;
    writer->from = from;
    memset(writer->seen, 0, sizeof(writer->seen));
    if (!from->has_question || !name_equal(&from->question, &writer->question))
        return;
    for (size_t at = 0; from->question.bytes[at] != 0; at += (size_t)from->question.bytes[at] + 1)
        remember(writer, MESSAGE_HEADER + at, MESSAGE_HEADER + at);
}

/* A name that message_parse has checked, label by label to its end, or to where one begins that stands in
 * the new message already. Two messages' offsets are compared, so no name is. */
static void copy_name(struct message_writer *writer, const struct message *from, size_t at, bool packed)
{
    const uint8_t *bytes = from->bytes;
    while (!writer->bytes.error) {
        while ((bytes[at] & POINTER) == POINTER)
            at = bytes_get16(bytes + at) & POINTER_TARGET;
        size_t label = (size_t)bytes[at] + 1;
        const uint16_t written_at = writer->seen[at % MESSAGE_SEEN].written_at;
        if (packed && label > 1 && written_at != 0 && writer->seen[at % MESSAGE_SEEN].at == at) {
            put_pointer(writer, written_at);
            return;
        }
        if (packed && label > 1)
            remember(writer, at, position(writer));
        bytes_write(&writer->bytes, bytes + at, label);
        if (label == 1)
            return;
        at += label;
    }
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

/* What comes after the owner, with the length left open; returns where the length stands. */
static uint8_t *put_fixed(struct message_writer *writer, enum message_section section, uint16_t type,
                          uint16_t class, uint32_t ttl)
{
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

unsigned message_rdata_names(const struct message *message, const struct message_record *record,
                             size_t *ret_first)
{
    const struct shape *shape = shape_of(record->type);
    *ret_first = shape != NULL ? first_name(message->bytes, record, shape) : 0;
    return *ret_first > 0 ? shape->names : 0;
}

static void copy_rdata(struct message_writer *writer, const struct message *from,
                       const struct message_record *record)
{
    const struct shape *shape = shape_of(record->type);
    size_t first, at = record->rdata;
    unsigned names = message_rdata_names(from, record, &first);
    if (names > 0) {
        bytes_write(&writer->bytes, from->bytes + at, first - at);
        at = first;
    }
    for (; names > 0; names--) {
        copy_name(writer, from, at, shape->packed);
        if (!name_skip(from->bytes, record->end, at, &at)) {
            writer->bytes.error = true; /* it has not parsed */
            return;
        }
    }
    bytes_write(&writer->bytes, from->bytes + at, record->end - at);
}

void message_copy(struct message_writer *writer, enum message_section section, const struct message *from,
                  const struct message_record *record, uint32_t ttl)
{
    if (writer->bytes.error)
        return;
    take_source(writer, from);
    copy_name(writer, from, record->at, true);
    uint8_t *len_at = put_fixed(writer, section, record->type, record->class, ttl);
    copy_rdata(writer, from, record);
    close_rdata(writer, len_at);
}

void message_add(struct message_writer *writer, enum message_section section, const struct name *owner,
                 uint16_t type, uint32_t ttl, const void *rdata, uint16_t rdata_len)
{
    put_name(writer, owner);
    uint8_t *len_at = put_fixed(writer, section, type, MESSAGE_CLASS_IN, ttl);
    bytes_write(&writer->bytes, rdata, rdata_len);
    close_rdata(writer, len_at);
}

void message_add_opt(struct message_writer *writer, uint16_t size, unsigned rcode, uint16_t flags,
                     const void *option, uint16_t option_len)
{
    static const struct name root = {.len = 1};
    uint32_t ttl = (uint32_t)(rcode >> 4) << 24 | flags;
    put_name(writer, &root);
    uint8_t *len_at = put_fixed(writer, MESSAGE_ADDITIONAL, MESSAGE_TYPE_OPT, size, ttl);
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
