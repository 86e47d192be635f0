/*
 * Layer: pure
 * Specification: RFC 6303 4, RFC 7793 2, RFC 6761 6
 */
#include "dns64/local/zones.h"

#include "dns64/local/soa.h"

/* One zone, or one for each number from first to last as a label in front of the name. */
struct row {
    struct name name;
    uint8_t first, last;
    enum zones_kind kind;
};

/* sizeof counts the root label that ends the text. */
#define NAME(text) .name = {.len = sizeof(text), .bytes = text}
#define IN_ADDR    "\7in-addr\4arpa"
#define IP6        "\3ip6\4arpa"
#define ZERO7      "\1\60\1\60\1\60\1\60\1\60\1\60\1\60"
#define ZERO31     ZERO7 ZERO7 ZERO7 ZERO7 "\1\60\1\60\1\60"
#define EMPTY(text)                     \
    {                                   \
        NAME(text), .kind = ZONES_EMPTY \
    }
#define EACH(text, a, b)                                           \
    {                                                              \
        NAME(text), .first = (a), .last = (b), .kind = ZONES_EMPTY \
    }
#define TOP_LEVEL(text)                   \
    {                                     \
        NAME(text), .kind = ZONES_NOTHING \
    }

/* clang-format off */
static const struct row rows[] = {
    {NAME("\11localhost"), .kind = ZONES_LOCALHOST}, /* RFC 6761 6.3 */
    TOP_LEVEL("\7invalid"),                          /* 6.4 */
    TOP_LEVEL("\4test"),                             /* 6.2 */
    TOP_LEVEL("\5onion"),                            /* RFC 7686 2 */
    TOP_LEVEL("\5local"),                            /* RFC 6762 22.1: multicast DNS has them */
    TOP_LEVEL("\3alt"),                              /* RFC 9476 */
    EMPTY("\4home\4arpa"),                           /* RFC 8375 4 */
    EMPTY("\7service\4arpa"),                        /* RFC 9665 */
    {NAME("\10resolver\4arpa"), .kind = ZONES_NO_DATA}, /* RFC 9462 6.4: no designated resolver */
    EMPTY("\00210" IN_ADDR),                         /* RFC 6303 4.1 */
    EACH("\003172" IN_ADDR, 16, 31),
    EMPTY("\003168\003192" IN_ADDR),
    EMPTY("\0010" IN_ADDR),                          /* 4.2 */
    EMPTY("\003127" IN_ADDR),
    EMPTY("\003254\003169" IN_ADDR),
    EMPTY("\0012\0010\003192" IN_ADDR),
    EMPTY("\003100\00251\003198" IN_ADDR),
    EMPTY("\003113\0010\003203" IN_ADDR),
    EMPTY("\003255\003255\003255\003255" IN_ADDR),
    EACH("\003100" IN_ADDR, 64, 127),                /* RFC 7793 2 */
    EMPTY(ZERO31 "\1\60" IP6),                       /* RFC 6303 4.3: :: */
    EMPTY("\1\61" ZERO31 IP6),                       /* ::1 */
    EMPTY("\1d\1f" IP6),                             /* 4.4: fd00::/8 */
    EMPTY("\0018\1e\1f" IP6),                        /* 4.5: fe80::/10 */
    EMPTY("\0019\1e\1f" IP6),
    EMPTY("\1a\1e\1f" IP6),
    EMPTY("\1b\1e\1f" IP6),
    EMPTY("\0018\1b\1d\0010\0011\0010\0010\0012" IP6), /* 4.6: 2001:db8::/32 */
};
/* clang-format on */

enum {
    ROWS = sizeof(rows) / sizeof(rows[0]),
    NUMBER_MAX = 3, /* digits */
    LETTER_CASE = 0x20,
};

static unsigned count_of(const struct row *row)
{
    return row->last == 0 ? 1 : (unsigned)(row->last - row->first + 1);
}

static bool is_off(const struct zones *zones, unsigned index)
{
    return zones->off[index / 64] >> index % 64 & 1;
}

static void switch_off(struct zones *zones, unsigned index)
{
    zones->off[index / 64] |= UINT64_C(1) << index % 64;
}

/* Most names end in none of these and are told by two bytes. */
static bool may_be_in_any(const struct name *name)
{
    const uint8_t *last = name->bytes + name_last_label(name);
    unsigned letter = last[0] > 0 ? last[1] | LETTER_CASE : 0;
    switch (last[0]) {
    case 3: return letter == 'a';                  /* alt */
    case 4: return letter == 'a' || letter == 't'; /* arpa, test */
    case 5: return letter == 'o' || letter == 'l'; /* onion, local */
    case 7: return letter == 'i';                  /* invalid */
    case 9: return letter == 'l';                  /* localhost */
    default: return false;
    }
}

/* The number that a label is written as, or -1. */
static int number_of(const uint8_t *label)
{
    int number = 0;
    if (label[0] == 0 || label[0] > NUMBER_MAX || label[1] == '0')
        return -1;
    for (unsigned i = 1; i <= label[0]; i++) {
        if (label[i] < '0' || label[i] > '9')
            return -1;
        number = number * 10 + label[i] - '0';
    }
    return number;
}

static size_t skip_labels(const struct name *name, unsigned count)
{
    size_t at = 0;
    while (count-- > 0)
        at += (size_t)name->bytes[at] + 1;
    return at;
}

/* Whether the name is in a zone of the row; the first of the row's zones has the index `base`. */
static bool is_in(const struct row *row, unsigned base, const struct name *name,
                  struct zones_found *ret_found)
{
    unsigned below;
    if (!name_under(name, &row->name, &below))
        return false;
    ret_found->index = base;
    if (row->last > 0) {
        int number = below == 0 ? -1 : number_of(name->bytes + skip_labels(name, below - 1));
        if (number < row->first || number > row->last)
            return false;
        ret_found->index += (unsigned)(number - row->first);
        below--;
    }
    ret_found->kind = row->kind;
    ret_found->below = below;
    return true;
}

/* RFC 4035 2.6: DS stands in the parent zone, which is on the Internet for all that are delegated. */
static bool is_parents(const struct zones_found *found, uint16_t type)
{
    return type == MESSAGE_TYPE_DS && found->below == 0 &&
           (found->kind == ZONES_EMPTY || found->kind == ZONES_NO_DATA);
}

bool zones_find(const struct zones *zones, const struct name *name, uint16_t type,
                struct zones_found *ret_found)
{
    unsigned base = 0;
    if (!may_be_in_any(name))
        return false;
    for (size_t i = 0; i < ROWS; base += count_of(&rows[i]), i++) {
        if (!is_in(&rows[i], base, name, ret_found))
            continue;
        if (is_off(zones, ret_found->index) || is_parents(ret_found, type))
            return false;
        name_from_label(name, skip_labels(name, ret_found->below), &ret_found->zone);
        return true;
    }
    return false;
}

static void add_localhost(const struct zones_found *found, const struct name *name, uint16_t type,
                          struct message_writer *writer)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1}, loopback6[16] = {[15] = 1};
    bool any = type == MESSAGE_TYPE_ANY;
    if (type == MESSAGE_TYPE_A || any)
        message_add(writer, MESSAGE_ANSWER, name, MESSAGE_TYPE_A, SOA_TTL, loopback4, sizeof(loopback4));
    if (type == MESSAGE_TYPE_AAAA || any)
        message_add(writer, MESSAGE_ANSWER, name, MESSAGE_TYPE_AAAA, SOA_TTL, loopback6, sizeof(loopback6));
    if (type != MESSAGE_TYPE_A && type != MESSAGE_TYPE_AAAA && !any)
        soa_add(writer, MESSAGE_AUTHORITY, &found->zone, SOA_TTL);
}

enum message_rcode zones_answer(const struct zones_found *found, const struct name *name, uint16_t type,
                                bool has_below, struct message_writer *writer)
{
    bool apex = found->below == 0;
    switch (found->kind) {
    case ZONES_LOCALHOST: add_localhost(found, name, type, writer); return MESSAGE_NOERROR;
    case ZONES_EMPTY:
    case ZONES_NO_DATA:
        if (apex)
            soa_add_apex(writer, &found->zone, type, SOA_TTL);
        else
            soa_add(writer, MESSAGE_AUTHORITY, &found->zone, SOA_TTL);
        return apex || has_below || found->kind == ZONES_NO_DATA ? MESSAGE_NOERROR : MESSAGE_NXDOMAIN;
    case ZONES_NOTHING: break;
    }
    soa_add(writer, MESSAGE_AUTHORITY, &found->zone, SOA_TTL);
    return has_below ? MESSAGE_NOERROR : MESSAGE_NXDOMAIN;
}

/* 172.in-addr.arpa and a number: 16.172.in-addr.arpa. */
static void put_number(unsigned number, const struct name *rest, struct name *ret_name)
{
    uint8_t digits[NUMBER_MAX], count = 0;
    do {
        digits[count++] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    ret_name->bytes[0] = count;
    for (unsigned i = 0; i < count; i++)
        ret_name->bytes[1 + i] = digits[count - 1 - i];
    memcpy(ret_name->bytes + 1 + count, rest->bytes, rest->len);
    ret_name->len = (uint8_t)(1 + count + rest->len);
}

bool zones_name(unsigned index, struct name *ret_name)
{
    for (size_t i = 0; i < ROWS; index -= count_of(&rows[i]), i++) {
        if (index >= count_of(&rows[i]))
            continue;
        if (rows[i].last > 0)
            put_number(rows[i].first + index, &rows[i].name, ret_name);
        else
            *ret_name = rows[i].name;
        return true;
    }
    return false;
}

unsigned zones_switch_off(struct zones *zones, const struct name *name)
{
    struct name zone;
    unsigned count = 0;
    for (unsigned i = 0; zones_name(i, &zone); i++)
        if (name_under(&zone, name, NULL)) {
            switch_off(zones, i);
            count++;
        }
    return count;
}

void zones_switch_all_off(struct zones *zones)
{
    static const struct name root = {.len = 1};
    zones_switch_off(zones, &root);
}
