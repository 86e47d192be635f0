/*
 * Layer: pure
 * Specification: RFC 6052 2.2, 2.3
 */
#include "common/pref64.h"

#include <errno.h>

#include "common/bytes.h"

enum {
    U_BYTE = 8, /* RFC 6052 2.2: bits 64 to 71 are zero */
};

const struct addr_prefix6 pref64_well_known = {
    .address = {{{0x00, 0x64, 0xff, 0x9b}}},
    .len = 96,
};

int pref64_check(const struct addr_prefix6 *prefix)
{
    switch (prefix->len) {
    case 32:
    case 40:
    case 48:
    case 56:
    case 64:
    case 96: return prefix->address.s6_addr[U_BYTE] == 0 ? 0 : -EINVAL;
    default: return -EINVAL;
    }
}

bool pref64_is_well_known(const struct addr_prefix6 *prefix)
{
    return prefix->len == pref64_well_known.len && addr_equal6(&prefix->address, &pref64_well_known.address);
}

/* Where byte `i` of the IPv4 address stands; RFC 6052 2.2 figure 1: byte 8 is stepped over. */
static unsigned position(const struct addr_prefix6 *prefix, unsigned i)
{
    unsigned at = prefix->len / 8 + i;
    return prefix->len < 96 && at >= U_BYTE ? at + 1 : at;
}

struct in6_addr pref64_embed(const struct addr_prefix6 *prefix, uint32_t address)
{
    struct in6_addr addr = prefix->address;
    for (unsigned i = 0; i < 4; i++)
        addr.s6_addr[position(prefix, i)] = (uint8_t)(address >> (24 - 8 * i));
    return addr;
}

bool pref64_extract(const struct addr_prefix6 *prefix, const struct in6_addr *addr, uint32_t *ret_address)
{
    uint32_t address = 0;
    if (!addr_in_prefix6(addr, prefix) || addr->s6_addr[U_BYTE] != 0)
        return false;
    if (prefix->len == 96) {
        *ret_address = bytes_get32(addr->s6_addr + 12);
        return true;
    }
    for (unsigned i = 0; i < 4; i++)
        address = address << 8 | addr->s6_addr[position(prefix, i)];
    *ret_address = address;
    return true;
}

bool pref64_extract_exact(const struct addr_prefix6 *prefix, const struct in6_addr *addr,
                          uint32_t *ret_address)
{
    uint32_t address;
    if (!pref64_extract(prefix, addr, &address))
        return false;
    struct in6_addr image = pref64_embed(prefix, address);
    if (!addr_equal6(&image, addr))
        return false;
    *ret_address = address;
    return true;
}
