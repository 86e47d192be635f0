/*
 * Whether prefixes and pools are routed to our device.
 *
 * Layer: edge
 * Specification: rtnetlink(7); RFC 6146 3 (the NAT64 announces its prefix)
 */
#include <net/if.h>

#include "gate64/probe.h"

static bool covers(const struct addr_prefix *route, const struct addr_prefix *prefix)
{
    if (route->family != prefix->family)
        return false;
    return route->family == AF_INET
               ? route->v4.len <= prefix->v4.len && addr_in_prefix4(prefix->v4.address, &route->v4)
               : route->v6.len <= prefix->v6.len && addr_in_prefix6(&prefix->v6.address, &route->v6);
}

/* The routes are sorted: the first that covers the prefix is the one that its packets take. */
static uint32_t device_of(const struct links *links, const struct addr_prefix *prefix)
{
    for (size_t i = 0; i < links->routes_count; i++)
        if (covers(&links->routes[i].destination, prefix))
            return links->routes[i].ifindex;
    return 0;
}

static void judge(struct check *check, const struct addr_prefix *prefix, const char *what)
{
    char text[ADDR_TEXT_LEN], device[64], other[IF_NAMESIZE];
    uint32_t ifindex = device_of(check->links, prefix);
    if (ifindex == check->tun)
        return;
    addr_print_prefix(prefix, text);
    check_quote(check->settings->nat64.tun, device, sizeof(device));
    if (ifindex != 0 && if_indextoname(ifindex, other) != NULL)
        check_finding(check, "%s %s is routed to %s, not to %s", what, text, other,
                      check->settings->nat64.tun);
    else
        check_finding(check, "%s %s is not routed to %s", what, text, check->settings->nat64.tun);
    check_command(check, "ip %sroute replace %s dev %s", prefix->family == AF_INET6 ? "-6 " : "", text,
                  device);
}

void probe_route(struct check *check)
{
    const struct settings *settings = check->settings;
    if (check->tun == 0)
        return; /* nat64d makes the routes with the device */
    for (size_t i = 0; i < settings->pref64_count; i++) {
        struct addr_prefix prefix = {.family = AF_INET6, .v6 = settings->pref64[i].prefix};
        judge(check, &prefix, "the prefix");
    }
    for (size_t i = 0; i < settings->pools_count; i++) {
        const struct settings_pool *pool = &settings->pools[i];
        struct addr_prefix prefix = {.family = AF_INET, .v4 = pool->address};
        if (!pool->shared && pool->address.len != SETTINGS_UPLINK)
            judge(check, &prefix, "the pool");
    }
}
