/*
 * Layer: pure
 * Specification: RFC 7858 3.1 and 4.2, RFC 4648 4 (base64)
 */
#include "common/settings_upstream.h"

#include <errno.h>
#include <string.h>

enum {
    PORT_DNS = 53,
    PORT_TLS = 853,
    LABEL_MAX = 63,
    BASE64_BITS = 6,
    OCTET_BITS = 8,
};

static const char tls_scheme[] = "tls://";
static const char pin_word[] = "pin-sha256=";
static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A pin is 32 bytes: 43 letters, the last of which ends in zero bits, and one sign of padding. */
static bool read_pin(const char *text, uint8_t ret_pin[SETTINGS_PIN_LEN])
{
    uint8_t pin[SETTINGS_PIN_LEN];
    size_t count = 0;
    unsigned bits = 0, held = 0;
    for (; *text != '\0' && *text != '='; text++) {
        const char *letter = strchr(base64_letters, *text);
        if (letter == NULL)
            return false;
        held = held << BASE64_BITS | (unsigned)(letter - base64_letters);
        bits += BASE64_BITS;
        if (bits < OCTET_BITS)
            continue;
        bits -= OCTET_BITS;
        if (count == SETTINGS_PIN_LEN)
            return false;
        pin[count++] = (uint8_t)(held >> bits);
        held &= (1u << bits) - 1;
    }
    if (count != SETTINGS_PIN_LEN || held != 0 || strcmp(text, "=") != 0)
        return false;
    memcpy(ret_pin, pin, sizeof(pin));
    return true;
}

static void print_pin(const uint8_t pin[SETTINGS_PIN_LEN], char *text)
{
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < SETTINGS_PIN_LEN; i++) {
        held = held << OCTET_BITS | pin[i];
        for (bits += OCTET_BITS; bits >= BASE64_BITS; bits -= BASE64_BITS)
            *text++ = base64_letters[held >> (bits - BASE64_BITS) & 0x3f];
        held &= (1u << bits) - 1;
    }
    *text++ = base64_letters[held << (BASE64_BITS - bits) & 0x3f];
    *text++ = '=';
    *text = '\0';
}

bool settings_domain_is_one(const char *text)
{
    size_t label = 0, len = strlen(text);
    if (len == 0 || len >= SETTINGS_DOMAIN_LEN)
        return false;
    for (; *text != '\0'; text++) {
        bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                      (*text >= '0' && *text <= '9') || *text == '-' || *text == '_';
        if (*text != '.' && (!letter || label == LABEL_MAX))
            return false;
        if (*text == '.' && label == 0)
            return false;
        label = *text == '.' ? 0 : label + 1;
    }
    return true;
}

/* What stands behind tls://. Without a name or a pin nobody would be known, so one must be there. */
static int parse_tls(const char *text, struct settings_upstream *ret_upstream)
{
    struct settings_upstream upstream = {.tls = true};
    char address[ADDR_TEXT_LEN];
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : 0;
    if (len == 0 || len >= sizeof(address))
        return -EINVAL;
    memcpy(address, text, len);
    address[len] = '\0';
    const char *who = slash + 1;
    upstream.pinned = strncmp(who, pin_word, strlen(pin_word)) == 0;
    if (upstream.pinned ? !read_pin(who + strlen(pin_word), upstream.pin) : !settings_domain_is_one(who))
        return -EINVAL;
    if (!upstream.pinned) {
        /* Certificates and SNI (RFC 6066 3) name hosts without the dot at the end. */
        size_t name_len = strlen(who);
        memcpy(upstream.name, who, name_len - (who[name_len - 1] == '.'));
    }
    if (addr_parse_endpoint(address, PORT_TLS, &upstream.at) < 0)
        return -EINVAL;
    *ret_upstream = upstream;
    return 0;
}

int settings_upstream_parse(const char *text, struct settings_upstream *ret_upstream)
{
    struct settings_upstream upstream = {0};
    if (strncmp(text, tls_scheme, strlen(tls_scheme)) == 0)
        return parse_tls(text + strlen(tls_scheme), ret_upstream);
    int r = addr_parse_endpoint(text, PORT_DNS, &upstream.at);
    if (r == 0)
        *ret_upstream = upstream;
    return r;
}

/* Returns where the text goes on. */
static char *put(char *at, const char *part)
{
    size_t len = strlen(part);
    memcpy(at, part, len + 1);
    return at + len;
}

char *settings_upstream_print(const struct settings_upstream *upstream, char text[SETTINGS_UPSTREAM_TEXT_LEN])
{
    char address[ADDR_TEXT_LEN];
    char *at = put(text, upstream->tls ? tls_scheme : "");
    at = put(at, addr_print_endpoint(&upstream->at, address));
    at = put(at, upstream->tls ? "/" : "");
    at = put(at, upstream->pinned ? pin_word : upstream->name);
    if (upstream->pinned)
        print_pin(upstream->pin, at);
    return text;
}

bool settings_upstream_equal(const struct settings_upstream *a, const struct settings_upstream *b)
{
    return a->at.port == b->at.port && addr_equal(&a->at.addr, &b->at.addr) && a->tls == b->tls &&
           a->pinned == b->pinned && memcmp(a->pin, b->pin, sizeof(a->pin)) == 0 &&
           strcmp(a->name, b->name) == 0;
}
