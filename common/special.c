/*
 * Layer: pure
 * Specification: RFC 6890, RFC 8190; RFC 6052 3.1; RFC 5771 (224/4)
 */
#include "common/special.h"

#include <string.h>

struct special_row {
    struct addr_prefix4 prefix;
    enum special_class class;
    const char *name;
};

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* The registry's rows that are not globally reachable, then platform services that clouds put on global
 * addresses. The first match counts. */
static const struct special_row rows[] = {
    {{IP(255, 255, 255, 255), 32}, SPECIAL_NEVER, "limited broadcast"},
    {{IP(127, 0, 0, 0), 8}, SPECIAL_NEVER, "loopback"},
    {{IP(224, 0, 0, 0), 4}, SPECIAL_NEVER, "multicast"},
    {{IP(192, 0, 0, 170), 31}, SPECIAL_NEVER, "NAT64 discovery"}, /* RFC 7050 3 */
    {{IP(0, 0, 0, 0), 8}, SPECIAL_DENIED, "this network"},
    {{IP(169, 254, 0, 0), 16}, SPECIAL_EXACT_ONLY, "link local"},
    {{IP(168, 63, 129, 16), 32}, SPECIAL_EXACT_ONLY, "platform service"},
    {{IP(100, 100, 100, 200), 32}, SPECIAL_EXACT_ONLY, "metadata service"},
    {{IP(192, 0, 0, 192), 32}, SPECIAL_EXACT_ONLY, "metadata service"},
    {{IP(10, 0, 0, 0), 8}, SPECIAL_DENIED, "private use"},
    {{IP(100, 64, 0, 0), 10}, SPECIAL_DENIED, "shared address space"},
    {{IP(172, 16, 0, 0), 12}, SPECIAL_DENIED, "private use"},
    {{IP(192, 0, 0, 0), 24}, SPECIAL_DENIED, "IETF protocol assignments"},
    {{IP(192, 0, 2, 0), 24}, SPECIAL_DENIED, "documentation (TEST-NET-1)"},
    {{IP(192, 88, 99, 0), 24}, SPECIAL_DENIED, "deprecated 6to4 relay anycast"},
    {{IP(192, 168, 0, 0), 16}, SPECIAL_DENIED, "private use"},
    {{IP(198, 18, 0, 0), 15}, SPECIAL_DENIED, "benchmarking"},
    {{IP(198, 51, 100, 0), 24}, SPECIAL_DENIED, "documentation (TEST-NET-2)"},
    {{IP(203, 0, 113, 0), 24}, SPECIAL_DENIED, "documentation (TEST-NET-3)"},
    {{IP(240, 0, 0, 0), 4}, SPECIAL_DENIED, "reserved"},
};

enum special_class special_class4(uint32_t address, const char **ret_name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (addr_in_prefix4(address, &rows[i].prefix)) {
            if (ret_name != NULL)
                *ret_name = rows[i].name;
            return rows[i].class;
        }
    return SPECIAL_NONE;
}

bool special_allowed4(uint32_t address, const struct addr_prefix4 *allow, size_t allow_count)
{
    enum special_class class = special_class4(address, NULL);
    if (class == SPECIAL_NONE)
        return true;
    if (class == SPECIAL_NEVER)
        return false;
    for (size_t i = 0; i < allow_count; i++)
        if (addr_in_prefix4(address, &allow[i]) && (class == SPECIAL_DENIED || allow[i].len == 32))
            return true;
    return false;
}

bool special_martian4(uint32_t source)
{
    static const struct addr_prefix4 martians[] = {
        {IP(0, 0, 0, 0), 8},
        {IP(127, 0, 0, 0), 8},
        {IP(224, 0, 0, 0), 3}, /* multicast and 240/4 with the broadcast address */
    };
    for (size_t i = 0; i < sizeof(martians) / sizeof(martians[0]); i++)
        if (addr_in_prefix4(source, &martians[i]))
            return true;
    return false;
}

bool special_martian6(const struct in6_addr *source)
{
    static const struct addr_prefix6 martians[] = {
        {{{{0}}}, 128},                                              /* unspecified */
        {{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}, 128}, /* loopback */
        {{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}}, 96},        /* IPv4-mapped */
        {{{{0xfe, 0x80}}}, 10},                                      /* link local */
        {{{{0xff}}}, 8},                                             /* multicast */
    };
    for (size_t i = 0; i < sizeof(martians) / sizeof(martians[0]); i++)
        if (addr_in_prefix6(source, &martians[i]))
            return true;
    return false;
}

bool special_may_allow4(const struct addr_prefix4 *allow)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool inside = allow->len >= rows[i].prefix.len && addr_in_prefix4(allow->address, &rows[i].prefix);
        if (inside &&
            (rows[i].class == SPECIAL_NEVER || (rows[i].class == SPECIAL_EXACT_ONLY && allow->len < 32)))
            return false;
    }
    return true;
}
