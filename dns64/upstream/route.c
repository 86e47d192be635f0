/*
 * Layer: pure
 * Specification: man/gate64.conf.5 (dns64.forward)
 */
#include "dns64/upstream/route.h"

const struct route_set *route_find(const struct route *route, const struct name *name, uint8_t *ret_apex)
{
    for (size_t i = 0; i < route->forwards_count; i++)
        if (name_under(name, &route->forwards[i].domain, NULL)) {
            *ret_apex = route->forwards[i].domain.len;
            return &route->forwards[i].set;
        }
    *ret_apex = 1;
    return &route->usual;
}
