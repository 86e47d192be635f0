/*
 * Layer: pure
 * Specification: RFC 1071, RFC 1624 3
 */
#include "nat64d/packet/checksum.h"

#include <string.h>

#include "common/bytes.h"

/* Sums of 32-bit words in memory order may be folded and swapped at the end: one's complement sums do not
 * care for byte order (RFC 1071 2 (B)). */
static uint64_t add_native(uint64_t sum, const uint8_t **at, size_t *len)
{
    while (*len >= 16) {
        uint32_t words[4];
        memcpy(words, *at, sizeof(words));
        sum += (uint64_t)words[0] + words[1] + words[2] + words[3];
        *at += 16;
        *len -= 16;
    }
    return sum;
}

static uint16_t swap_to_host(uint16_t native)
{
    uint8_t bytes[2];
    memcpy(bytes, &native, sizeof(bytes));
    return bytes_get16(bytes);
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t len)
{
    const uint8_t *at = data;
    uint64_t native = add_native(0, &at, &len);
    sum += swap_to_host(checksum_fold(native));
    for (; len >= 2; at += 2, len -= 2)
        sum += bytes_get16(at);
    if (len == 1)
        sum += (uint64_t)*at << 8;
    return sum;
}

uint16_t checksum_fold(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

uint16_t checksum_finish(uint64_t sum)
{
    return (uint16_t)~checksum_fold(sum);
}

uint64_t checksum_pseudo4(uint32_t source, uint32_t destination, uint8_t protocol, uint32_t len)
{
    return (uint64_t)(source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff) +
           protocol + len;
}

uint64_t checksum_pseudo6(const void *source, const void *destination, uint8_t protocol, uint32_t len)
{
    uint64_t sum = checksum_add(checksum_add(0, source, 16), destination, 16);
    return sum + protocol + (len >> 16) + (len & 0xffff);
}

/* HC' = ~(~HC + ~m + m'): the removed sum is folded first so that its complement is one word. */
uint16_t checksum_update(uint16_t checksum, uint64_t removed, uint64_t added)
{
    uint64_t sum = (uint16_t)~checksum;
    sum += (uint16_t)~checksum_fold(removed);
    sum += checksum_fold(added);
    return checksum_finish(sum);
}

uint16_t checksum_update_partial(uint16_t partial, uint64_t removed, uint64_t added)
{
    uint64_t sum = partial;
    sum += (uint16_t)~checksum_fold(removed);
    sum += checksum_fold(added);
    return checksum_fold(sum);
}
