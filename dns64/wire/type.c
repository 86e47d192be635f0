/*
 * Layer: pure
 * Specification: IANA DNS parameters, RFC 3597 5
 */
#include "dns64/wire/type.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct numbered {
    uint16_t number;
    const char *name;
};

static const struct numbered types[] = {
    {28, "AAAA"}, {1, "A"},       {12, "PTR"},  {65, "HTTPS"}, {64, "SVCB"}, {2, "NS"},
    {5, "CNAME"}, {6, "SOA"},     {15, "MX"},   {16, "TXT"},   {33, "SRV"},  {35, "NAPTR"},
    {43, "DS"},   {48, "DNSKEY"}, {52, "TLSA"}, {255, "ANY"},  {257, "CAA"},
};
static_assert(sizeof(types) / sizeof(types[0]) == TYPE_KINDS - 1, "each has its number");

static const struct numbered rcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"}, {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},     {5, "REFUSED"},
    {6, "YXDOMAIN"}, {8, "NXRRSET"}, {9, "NOTAUTH"},  {16, "BADVERS"}, {23, "BADCOOKIE"},
};
static_assert(sizeof(rcodes) / sizeof(rcodes[0]) == TYPE_RCODES - 1, "each has its number");

static const char other[] = "other";

static unsigned kind_of(const struct numbered *list, unsigned count, unsigned number)
{
    unsigned kind = 0;
    while (kind < count && list[kind].number != number)
        kind++;
    return kind;
}

/* The prefix and the number behind it. */
static const char *number_text(const char *prefix, unsigned number, char buffer[TYPE_TEXT_LEN])
{
    char digits[8];
    size_t len = strlen(prefix), count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(buffer, prefix, len);
    while (count > 0)
        buffer[len++] = digits[--count];
    buffer[len] = '\0';
    return buffer;
}

bool type_parse(const char *text, uint16_t *ret_type)
{
    static const char generic[] = "TYPE";
    unsigned number = 0;
    for (unsigned i = 0; i < TYPE_KINDS - 1; i++)
        if (strcasecmp(types[i].name, text) == 0) {
            *ret_type = types[i].number;
            return true;
        }
    size_t len = strlen(text);
    if (len <= strlen(generic) || len > strlen("TYPE65535") ||
        strncasecmp(text, generic, strlen(generic)) != 0)
        return false;
    for (text += strlen(generic); *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (unsigned)(*text - '0');
    }
    *ret_type = (uint16_t)number;
    return number <= UINT16_MAX;
}

unsigned type_kind(uint16_t type)
{
    return kind_of(types, TYPE_KINDS - 1, type);
}

const char *type_kind_text(unsigned kind)
{
    return kind < TYPE_KINDS - 1 ? types[kind].name : other;
}

const char *type_text(uint16_t type, char buffer[TYPE_TEXT_LEN])
{
    unsigned kind = type_kind(type);
    return kind < TYPE_KINDS - 1 ? types[kind].name : number_text("TYPE", type, buffer);
}

unsigned type_rcode_kind(unsigned rcode)
{
    return kind_of(rcodes, TYPE_RCODES - 1, rcode);
}

const char *type_rcode_kind_text(unsigned kind)
{
    return kind < TYPE_RCODES - 1 ? rcodes[kind].name : other;
}

const char *type_rcode_text(unsigned rcode, char buffer[TYPE_TEXT_LEN])
{
    unsigned kind = type_rcode_kind(rcode);
    return kind < TYPE_RCODES - 1 ? rcodes[kind].name : number_text("RCODE", rcode & UINT16_MAX, buffer);
}

const char *type_class_text(uint16_t class, char buffer[TYPE_TEXT_LEN])
{
    return class == 1 ? "IN" : number_text("CLASS", class, buffer);
}
