/*
 * Layer: pure
 * Specification: RFC 9018 4
 */
#include "dns64/wire/cookie.h"

enum {
    VERSION = 1,
    VERSION_AT = EDNS_COOKIE_CLIENT,
    TIME_AT = VERSION_AT + 4,
    HASH_AT = TIME_AT + 4,
    HASH_LEN = 8,
    ADDRESS_MAX = 16,
};

/* RFC 9018 4.4: over all that stands before the hash, the reserved part as it came, and the address. */
static void put_hash(const struct siphash_key *secret, const uint8_t *cookie, const struct addr *from,
                     uint8_t ret_hash[HASH_LEN])
{
    uint8_t input[HASH_AT + ADDRESS_MAX];
    size_t len = HASH_AT;
    memcpy(input, cookie, HASH_AT);
    if (from->family == AF_INET) {
        bytes_put32(input + len, from->v4);
        len += sizeof(from->v4);
    } else {
        memcpy(input + len, &from->v6, sizeof(from->v6));
        len += sizeof(from->v6);
    }
    uint64_t hash = siphash24(*secret, input, len);
    for (int i = 0; i < HASH_LEN; i++)
        ret_hash[i] = (uint8_t)(hash >> (8 * i));
}

void cookie_make(const struct siphash_key *secret, const uint8_t client[EDNS_COOKIE_CLIENT],
                 const struct addr *from, uint32_t now_s, uint8_t ret_cookie[COOKIE_LEN])
{
    memmove(ret_cookie, client, EDNS_COOKIE_CLIENT);
    bytes_put32(ret_cookie + VERSION_AT, (uint32_t)VERSION << 24);
    bytes_put32(ret_cookie + TIME_AT, now_s);
    put_hash(secret, ret_cookie, from, ret_cookie + HASH_AT);
}

/* RFC 9018 4.3: serial arithmetic, so that the year 2106 is a year like any other. */
static int32_t age(const uint8_t *cookie, uint32_t now_s)
{
    return (int32_t)(now_s - bytes_get32(cookie + TIME_AT));
}

bool cookie_valid(const struct siphash_key *secret, const uint8_t *cookie, size_t len,
                  const struct addr *from, uint32_t now_s)
{
    uint8_t hash[HASH_LEN], differences = 0;
    if (len != COOKIE_LEN || cookie[VERSION_AT] != VERSION || age(cookie, now_s) > COOKIE_AGE_MAX_S ||
        age(cookie, now_s) < -COOKIE_AHEAD_MAX_S)
        return false;
    put_hash(secret, cookie, from, hash);
    for (int i = 0; i < HASH_LEN; i++) /* in the same time wherever they differ */
        differences |= hash[i] ^ cookie[HASH_AT + i];
    return differences == 0;
}

bool cookie_answer(const struct siphash_key *secret, const uint8_t *cookie, size_t len,
                   const struct addr *from, uint32_t now_s, uint8_t ret_cookie[COOKIE_LEN])
{
    bool valid = cookie_valid(secret, cookie, len, from, now_s);
    if (valid && age(cookie, now_s) <= COOKIE_RENEW_S)
        memcpy(ret_cookie, cookie, COOKIE_LEN);
    else
        cookie_make(secret, cookie, from, now_s, ret_cookie);
    return valid;
}
