/*
 * A DNS message: checked once as a whole, then walked record by record without copying.
 *
 * Layer: pure
 * Specification: RFC 1035 4.1, RFC 6891 6.1, RFC 3597, RFC 9267
 * Fuzz: fuzz_dns_message
 *
 * message_parse accepts only what can be walked to its last byte: counts that fit, names within their limits
 * and pointers backwards, RDATA inside the message and of the shape that its type has, A of 4 and AAAA of 16
 * bytes, one OPT with its options whole. Work is linear in the length.
 *
 * The writer keeps what was packed as it was packed: a name of another message that ends where one ended that
 * is written already becomes a pointer to that. Only RDATA of RFC 1035 is packed (RFC 3597 4). It never
 * writes beyond its buffer, whatever the names unpack to.
 */
#ifndef GATE64_DNS64_WIRE_MESSAGE_H
#define GATE64_DNS64_WIRE_MESSAGE_H

#include "common/bytes.h"
#include "dns64/wire/name.h"

enum {
    MESSAGE_HEADER = 12,
    MESSAGE_MAX = 65535,
    MESSAGE_OPTIONS_MAX = 16,
    MESSAGE_SEEN = 64, /* offsets that the writer remembers; a power of two */

    MESSAGE_QR = 0x8000,
    MESSAGE_AA = 0x0400,
    MESSAGE_TC = 0x0200,
    MESSAGE_RD = 0x0100,
    MESSAGE_RA = 0x0080,
    MESSAGE_AD = 0x0020,
    MESSAGE_CD = 0x0010,
    MESSAGE_OPCODE = 0x7800,
    MESSAGE_RCODE = 0x000f,

    MESSAGE_DO = 0x8000, /* in the flags of OPT */

    MESSAGE_TYPE_A = 1,
    MESSAGE_TYPE_NS = 2,
    MESSAGE_TYPE_MD = 3,
    MESSAGE_TYPE_MF = 4,
    MESSAGE_TYPE_CNAME = 5,
    MESSAGE_TYPE_SOA = 6,
    MESSAGE_TYPE_MB = 7,
    MESSAGE_TYPE_MG = 8,
    MESSAGE_TYPE_MR = 9,
    MESSAGE_TYPE_PTR = 12,
    MESSAGE_TYPE_HINFO = 13,
    MESSAGE_TYPE_MINFO = 14,
    MESSAGE_TYPE_MX = 15,
    MESSAGE_TYPE_RP = 17,
    MESSAGE_TYPE_AFSDB = 18,
    MESSAGE_TYPE_RT = 21,
    MESSAGE_TYPE_SIG = 24,
    MESSAGE_TYPE_PX = 26,
    MESSAGE_TYPE_AAAA = 28,
    MESSAGE_TYPE_NXT = 30,
    MESSAGE_TYPE_SRV = 33,
    MESSAGE_TYPE_NAPTR = 35,
    MESSAGE_TYPE_KX = 36,
    MESSAGE_TYPE_DNAME = 39,
    MESSAGE_TYPE_OPT = 41,
    MESSAGE_TYPE_DS = 43,
    MESSAGE_TYPE_RRSIG = 46,
    MESSAGE_TYPE_NSEC = 47,
    MESSAGE_TYPE_NSEC3 = 50,
    MESSAGE_TYPE_META_FIRST = 249, /* TKEY; 250 TSIG, 251 IXFR, 252 AXFR, 253 MAILB, 254 MAILA */
    MESSAGE_TYPE_META_LAST = 254,
    MESSAGE_TYPE_ANY = 255,
    MESSAGE_CLASS_IN = 1,
    MESSAGE_CLASS_ANY = 255,
};

enum message_rcode {
    MESSAGE_NOERROR = 0,
    MESSAGE_FORMERR = 1,
    MESSAGE_SERVFAIL = 2,
    MESSAGE_NXDOMAIN = 3,
    MESSAGE_NOTIMP = 4,
    MESSAGE_REFUSED = 5,
    MESSAGE_BADVERS = 16,
    MESSAGE_BADCOOKIE = 23,
};

enum message_section { MESSAGE_ANSWER, MESSAGE_AUTHORITY, MESSAGE_ADDITIONAL };

struct message {
    const uint8_t *bytes;
    size_t len;
    uint16_t id, flags;
    uint16_t counts[3]; /* by section */
    bool has_question;
    struct name question;
    uint16_t type, class;
    size_t records; /* where the first record begins */
    bool has_opt;
    size_t opt_at, opt_end;
    uint16_t opt_size; /* UDP payload size */
    uint8_t opt_rcode; /* upper 8 bits of the RCODE */
    uint8_t opt_version;
    uint16_t opt_flags;
};

enum message_fault {
    MESSAGE_OK,
    MESSAGE_GARBAGE,   /* no header, or what follows cannot be read: nobody is answered */
    MESSAGE_MALFORMED, /* header sound, the rest not: FORMERR */
};

/* `bytes` must stay as long as the message is used. Fills what it could read, also on MALFORMED. */
enum message_fault message_parse(const uint8_t *bytes, size_t len, struct message *ret_message);

static inline unsigned message_rcode(const struct message *message)
{
    return (unsigned)message->opt_rcode << 4 | (message->flags & MESSAGE_RCODE);
}

struct message_record {
    enum message_section section;
    size_t at; /* of the owner name */
    uint16_t type, class;
    uint32_t ttl;
    size_t rdata;
    uint16_t rdata_len;
    size_t end;
};

/* A walk over all records of a parsed message. */
struct message_walk {
    const struct message *message;
    size_t at;
    unsigned section;
    unsigned left;
};

void message_walk_init(struct message_walk *walk, const struct message *message);
bool message_walk_next(struct message_walk *walk, struct message_record *ret_record);

/* Owner name of a record of a parsed message. */
void message_owner(const struct message *message, const struct message_record *record, struct name *ret_name);
/* The name that RDATA begins with at `skip` (CNAME, DNAME, PTR, NS: 0); false if it is malformed. */
bool message_rdata_name(const struct message *message, const struct message_record *record, size_t skip,
                        struct name *ret_name);

/* How many names stand in RDATA and where the first begins; 0 for types without names, or whose names are
 * nobody's to read. */
unsigned message_rdata_names(const struct message *message, const struct message_record *record,
                             size_t *ret_first);

/* Whether the owner is this name, without regard to case. */
static inline bool message_owner_is(const struct message *message, const struct message_record *record,
                                    const struct name *name)
{
    return name_is_at(message->bytes, record->at, name);
}

/* A message that is written: header, question, records; OPT last. */
struct message_writer {
    struct bytes_writer bytes;
    struct name question;
    uint16_t counts[3];
    uint16_t own_at;            /* the last owner of a record of our own that was written out; 0: none */
    const struct message *from; /* whose names `seen` is about */
    struct {
        uint16_t at, written_at; /* written_at 0: nothing */
    } seen[MESSAGE_SEEN];
};

/* Begins with a header of these flags and, if `question` is not NULL, the question. */
void message_begin(struct message_writer *writer, uint8_t *buffer, size_t size, uint16_t id, uint16_t flags,
                   const struct name *question, uint16_t type, uint16_t class);
/* A record of another message, which has parsed. */
void message_copy(struct message_writer *writer, enum message_section section, const struct message *from,
                  const struct message_record *record, uint32_t ttl);
/* A record of our own. */
void message_add(struct message_writer *writer, enum message_section section, const struct name *owner,
                 uint16_t type, uint32_t ttl, const void *rdata, uint16_t rdata_len);
/* OPT; `option` (with code and length in front) may be NULL. */
void message_add_opt(struct message_writer *writer, uint16_t size, unsigned rcode, uint16_t flags,
                     const void *option, uint16_t option_len);
/* Sets the counts; the length, or 0 if it did not fit. */
size_t message_end(struct message_writer *writer);

#endif
