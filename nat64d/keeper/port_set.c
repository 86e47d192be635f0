/*
 * Layer: pure
 * Specification: Linux ip-sysctl.rst (ip_local_reserved_ports)
 */
#include "nat64d/keeper/port_set.h"

#include <errno.h>
#include <string.h>

#include "nat64d/keeper/builder.h"

enum {
    WORD_BITS = 64,
    WORDS = PORT_SET_PORTS / WORD_BITS,
};

void port_set_add(struct port_set *set, const struct addr_port_range *range)
{
    for (uint32_t port = range->first; port <= range->last; port++)
        set->bits[port / WORD_BITS] |= UINT64_C(1) << port % WORD_BITS;
}

void port_set_merge(struct port_set *set, const struct port_set *other)
{
    for (unsigned i = 0; i < WORDS; i++)
        set->bits[i] |= other->bits[i];
}

void port_set_subtract(struct port_set *set, const struct port_set *other)
{
    for (unsigned i = 0; i < WORDS; i++)
        set->bits[i] &= ~other->bits[i];
}

bool port_set_has(const struct port_set *set, uint16_t port)
{
    return (set->bits[port / WORD_BITS] >> port % WORD_BITS & 1) != 0;
}

bool port_set_equal(const struct port_set *a, const struct port_set *b)
{
    return memcmp(a->bits, b->bits, sizeof(a->bits)) == 0;
}

bool port_set_next(const struct port_set *set, uint32_t from, struct addr_port_range *ret_range)
{
    uint32_t first = from, end;
    while (first < PORT_SET_PORTS && !port_set_has(set, (uint16_t)first))
        first++;
    if (first >= PORT_SET_PORTS)
        return false;
    end = first;
    while (end < PORT_SET_PORTS && port_set_has(set, (uint16_t)end))
        end++;
    *ret_range = (struct addr_port_range){(uint16_t)first, (uint16_t)(end - 1)};
    return true;
}

/* A decimal number below 65536 at *at, which moves behind it. */
static bool take_port(const char **at, uint16_t *ret_port)
{
    uint32_t port = 0;
    const char *start = *at;
    while (**at >= '0' && **at <= '9' && port < PORT_SET_PORTS)
        port = port * 10 + (uint32_t)(*(*at)++ - '0');
    if (*at == start || port >= PORT_SET_PORTS)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

int port_set_parse(const char *text, struct port_set *ret_set)
{
    struct port_set set = {0};
    while (*text != '\0' && *text != '\n') {
        struct addr_port_range range;
        if (!take_port(&text, &range.first))
            return -EINVAL;
        range.last = range.first;
        if (*text == '-') {
            text++;
            if (!take_port(&text, &range.last) || range.last < range.first)
                return -EINVAL;
        }
        port_set_add(&set, &range);
        if (*text == ',')
            text++;
        else if (*text != '\0' && *text != '\n')
            return -EINVAL;
    }
    *ret_set = set;
    return 0;
}

char *port_set_print(const struct port_set *set, char buffer[PORT_SET_TEXT_LEN])
{
    struct builder builder;
    struct addr_port_range range;
    builder_init(&builder, buffer, PORT_SET_TEXT_LEN);
    for (uint32_t from = 0; port_set_next(set, from, &range); from = range.last + 1u) {
        if (from > 0)
            builder_put(&builder, ",");
        builder_number(&builder, range.first);
        if (range.last == range.first)
            continue;
        builder_put(&builder, "-");
        builder_number(&builder, range.last);
    }
    builder_put(&builder, "\n");
    return buffer;
}
