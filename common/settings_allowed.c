/*
 * What a key allows, in words: the second half of an error line.
 *
 * Layer: pure
 * Specification: man/gate64.conf.5
 */
#include "common/settings_schema.h"

enum {
    MEBIBYTE = 1 << 20,
};

/* A text that is built up in a buffer and cut where it ends. */
struct text {
    char *at;
    char *end;
};

static void put(struct text *text, const char *part)
{
    while (*part != '\0' && text->at + 1 < text->end)
        *text->at++ = *part++;
    if (text->at < text->end)
        *text->at = '\0';
}

static void put_number(struct text *text, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof(digits) - 1;
    *at = '\0';
    if (value < 0) {
        put(text, "-");
        value = -value;
    }
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(text, at);
}

static void put_words(struct text *text, const char *const *words)
{
    put(text, "one of ");
    for (size_t i = 0; words[i] != NULL; i++) {
        put(text, i > 0 ? ", \"" : "\"");
        put(text, words[i]);
        put(text, "\"");
    }
}

static const char *shape(enum settings_type type)
{
    switch (type) {
    case SETTINGS_TYPE_BOOL: return "true or false";
    case SETTINGS_TYPE_POOL4: return "an IPv4 address or prefix, such as \"192.0.2.0/28\", or \"uplink\"";
    case SETTINGS_TYPE_PREFIX4: return "an IPv4 address or prefix, such as \"192.0.2.16/28\"";
    case SETTINGS_TYPE_PREFIX6: return "an IPv6 address or prefix, such as \"2001:db8::/64\"";
    case SETTINGS_TYPE_PREF64:
        return "an IPv6 prefix of length 32, 40, 48, 56, 64 or 96 with bits 64 to 71 zero, such as "
               "\"64:ff9b::/96\"";
    case SETTINGS_TYPE_SPAN4:
        return "an IPv4 address with a port or ports, such as \"192.0.2.1#8080\", \"uplink#8080-8089\" or "
               "\"192.0.2.1\" for all";
    case SETTINGS_TYPE_SPAN6:
        return "an IPv6 address with a port or ports, such as \"2001:db8::5#80\", \"2001:db8::5#80-89\" or "
               "\"2001:db8::5\" for all";
    case SETTINGS_TYPE_PREFIXES: return "a list of prefixes, such as [\"2001:db8::/48\", \"192.0.2.0/24\"]";
    case SETTINGS_TYPE_PREFIXES4: return "a list of IPv4 prefixes, such as [\"192.0.2.0/24\"]";
    case SETTINGS_TYPE_PREFIXES6: return "a list of IPv6 prefixes, such as [\"2001:db8:1::/64\"]";
    case SETTINGS_TYPE_ENDPOINTS: return "a list of addresses with ports, such as [\"2001:db8::53#53\"]";
    case SETTINGS_TYPE_UPSTREAMS:
        return "a list of resolvers, such as [\"2001:db8::53#53\", \"tls://2001:db8::54/dns.example.net\"]";
    case SETTINGS_TYPE_DOMAIN: return "a domain name, such as \"corp.example\"";
    case SETTINGS_TYPE_PORT_RANGES:
        return "a list of port ranges from 1 to 65535 that do not overlap, such as [\"1024-65535\"]";
    case SETTINGS_TYPE_TEXTS: return "a list of texts of 1 to 255 characters, such as [\"example.com\"]";
    case SETTINGS_TYPE_GROUP: return "a group, { ... }";
    case SETTINGS_TYPE_GROUPS: return "a list of groups, ( { ... }, ... )";
    case SETTINGS_TYPE_INT:
    case SETTINGS_TYPE_POWER:
    case SETTINGS_TYPE_SHARE:
    case SETTINGS_TYPE_SIZE:
    case SETTINGS_TYPE_ROOM:
    case SETTINGS_TYPE_WORD:
    case SETTINGS_TYPE_SECRET:
    case SETTINGS_TYPE_TEXT: break;
    }
    return "";
}

void settings_schema_allowed(const struct settings_key *key, char *buffer, size_t size)
{
    struct text text = {buffer, buffer + size};
    switch (key->type) {
    case SETTINGS_TYPE_INT:
        put(&text, "an integer from ");
        put_number(&text, key->min);
        put(&text, " to ");
        put_number(&text, key->max);
        return;
    case SETTINGS_TYPE_POWER:
        put(&text, "0, or a power of two from ");
        put_number(&text, key->min);
        put(&text, " to ");
        put_number(&text, key->max);
        return;
    case SETTINGS_TYPE_WORD: put_words(&text, key->words); return;
    case SETTINGS_TYPE_TEXT:
        put(&text, "a text of ");
        put_number(&text, key->min);
        put(&text, " to ");
        put_number(&text, key->max);
        put(&text, " characters");
        return;
    case SETTINGS_TYPE_SECRET:
        put_number(&text, key->max);
        put(&text, " hexadecimal digits, or \"\"");
        return;
    case SETTINGS_TYPE_SHARE:
        put(&text, "a number from ");
        put_number(&text, key->min);
        put(&text, " to ");
        put_number(&text, key->max);
        put(&text, ", or a share from \"1%\" to \"100%\"");
        return;
    case SETTINGS_TYPE_ROOM:
    case SETTINGS_TYPE_SIZE:
        put(&text, key->type == SETTINGS_TYPE_ROOM ? "\"0\", or " : "");
        put(&text, "a size from \"");
        put_number(&text, key->min / MEBIBYTE);
        put(&text, "M\" to \"");
        put_number(&text, key->max / MEBIBYTE);
        put(&text, "M\", with K, M or G");
        return;
    case SETTINGS_TYPE_BOOL:
    case SETTINGS_TYPE_POOL4:
    case SETTINGS_TYPE_PREFIX4:
    case SETTINGS_TYPE_PREFIX6:
    case SETTINGS_TYPE_PREF64:
    case SETTINGS_TYPE_SPAN4:
    case SETTINGS_TYPE_SPAN6:
    case SETTINGS_TYPE_PREFIXES:
    case SETTINGS_TYPE_PREFIXES4:
    case SETTINGS_TYPE_PREFIXES6:
    case SETTINGS_TYPE_ENDPOINTS:
    case SETTINGS_TYPE_UPSTREAMS:
    case SETTINGS_TYPE_DOMAIN:
    case SETTINGS_TYPE_PORT_RANGES:
    case SETTINGS_TYPE_TEXTS:
    case SETTINGS_TYPE_GROUP:
    case SETTINGS_TYPE_GROUPS: put(&text, shape(key->type));
    }
}
