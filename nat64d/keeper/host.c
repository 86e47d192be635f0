/*
 * Layer: edge
 * Specification: Linux Documentation/networking/ip-sysctl.rst
 */
#include "nat64d/keeper/host.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nat64d/keeper/netlink.h"
#include "nat64d/keeper/sysctl.h"

enum {
    TUN_ADDRESS =
        (int)0xc0000008,  /* 192.0.0.8, RFC 7600: the IPv4 dummy address, for the kernel's own errors */
    TUN_MTU = 65535,      /* so that every size rule is ours */
    TUN_QUEUE_LEN = 1000, /* packets that wait while the translator does not read */
    SYSCTL_PATH_LEN = 96,
};

/* One proxy neighbour entry that we made. */
struct proxy {
    uint32_t ifindex;
    uint32_t address;
};

struct host {
    struct netlink *netlink;
    uint32_t ifindex;
    struct addr_prefix *routes;
    size_t routes_count;
    struct proxy *proxies;
    size_t proxies_count;
};

static int set_device_sysctl(const char *family, const char *device, const char *key, int value)
{
    char path[SYSCTL_PATH_LEN];
    snprintf(path, sizeof(path), "%s/conf/%s/%s", family, device, key);
    int r = sysctl_ensure(path, value);
    if (r < 0 && r != -ENOENT) {
        log_error("host", "cannot set net/%s to %d: %s; run nat64d as root or through systemd", path, value,
                  strerror(-r));
        return r;
    }
    return 0;
}

/* Before the device is up: it gets no IPv6 address, and takes back errors that are signed with an address
 * of this host (they would be lost as martians). */
static int prepare_device(const char *tun)
{
    int r = set_device_sysctl("ipv6", tun, "addr_gen_mode", 1);
    if (r == 0)
        r = set_device_sysctl("ipv6", tun, "accept_ra", 0);
    if (r == 0)
        r = set_device_sysctl("ipv4", tun, "accept_local", 1);
    if (r == 0)
        r = set_device_sysctl("ipv4", tun, "rp_filter", 2);
    return r;
}

static int enable_forwarding4(void)
{
    int r = sysctl_ensure("ipv4/ip_forward", 1);
    if (r < 0)
        log_error("host", "cannot turn on IPv4 forwarding: %s; run: sysctl -w net.ipv4.ip_forward=1",
                  strerror(-r));
    return r;
}

static int enable_forwarding6(const struct links *links)
{
    char path[SYSCTL_PATH_LEN], name[IF_NAMESIZE];
    int value;
    if (sysctl_read("ipv6/conf/all/forwarding", &value) == 0 && value == 1)
        return 0;
    if (links->uplink6 != 0 && if_indextoname(links->uplink6, name) != NULL) {
        snprintf(path, sizeof(path), "ipv6/conf/%s/accept_ra", name);
        if (sysctl_read(path, &value) == 0 && value == 1) {
            int r = sysctl_write(path, 2);
            if (r < 0)
                log_warning("host", "cannot set net/%s to 2: %s; the IPv6 default route may expire", path,
                            strerror(-r));
        }
    }
    int r = sysctl_ensure("ipv6/conf/all/forwarding", 1);
    if (r < 0)
        log_error("host", "cannot turn on IPv6 forwarding: %s; run: sysctl -w net.ipv6.conf.all.forwarding=1",
                  strerror(-r));
    return r;
}

static int add_route(struct host *host, const struct addr_prefix *prefix)
{
    char text[ADDR_TEXT_LEN];
    int r = netlink_route_add(host->netlink, host->ifindex, prefix);
    if (r == -EEXIST) {
        log_error("host", "a route to %s is there already; remove it, or the pool or prefix that it is for",
                  addr_print_prefix(prefix, text));
        return r;
    }
    if (r < 0) {
        log_error("host", "cannot add the route to %s: %s", addr_print_prefix(prefix, text), strerror(-r));
        return r;
    }
    host->routes[host->routes_count++] = *prefix;
    return 0;
}

static int add_routes(struct host *host, const struct settings *settings)
{
    host->routes = calloc(settings->pref64_count + settings->pools_count, sizeof(*host->routes));
    if (host->routes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pref64_count; i++) {
        struct addr_prefix prefix = {.family = AF_INET6, .v6 = settings->pref64[i].prefix};
        int r = add_route(host, &prefix);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < settings->pools_count; i++) {
        struct addr_prefix prefix = {.family = AF_INET, .v4 = settings->pools[i].address};
        int r = add_route(host, &prefix);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The link on whose subnet an address lies, so that somebody there will ask for it by ARP; 0 if none. */
static uint32_t on_link4(const struct links *links, uint32_t address)
{
    for (size_t i = 0; i < links->addresses_count; i++) {
        const struct links_address *own = &links->addresses[i];
        if (own->subnet.family == AF_INET && own->subnet.v4.len < 32 && !own->host_scope &&
            addr_in_prefix4(address, &own->subnet.v4))
            return own->ifindex;
    }
    return 0;
}

static int add_proxy(struct host *host, uint32_t ifindex, uint32_t address)
{
    char text[ADDR_TEXT_LEN];
    struct proxy *proxies = realloc(host->proxies, (host->proxies_count + 1) * sizeof(*proxies));
    if (proxies == NULL)
        return -ENOMEM;
    host->proxies = proxies;
    int r = netlink_proxy_add(host->netlink, ifindex, address);
    if (r < 0) {
        log_error("host", "cannot answer ARP for %s: %s", addr_print4(address, text), strerror(-r));
        return r;
    }
    host->proxies[host->proxies_count++] = (struct proxy){ifindex, address};
    return 0;
}

/* Spare addresses of a subnet that we are on: the gateway answers ARP for them. */
static int add_proxies(struct host *host, const struct settings *settings, const struct links *links)
{
    for (size_t i = 0; i < settings->pools_count; i++) {
        const struct addr_prefix4 *pool = &settings->pools[i].address;
        uint32_t last = addr_last4(pool);
        for (uint32_t address = pool->address;; address++) {
            uint32_t ifindex = on_link4(links, address);
            int r = ifindex != 0 ? add_proxy(host, ifindex, address) : 0;
            if (r < 0)
                return r;
            if (address == last)
                break;
        }
    }
    return 0;
}

static int bring_up(struct host *host, const char *tun)
{
    host->ifindex = if_nametoindex(tun);
    int r =
        host->ifindex == 0 ? -errno : netlink_link_up(host->netlink, host->ifindex, TUN_MTU, TUN_QUEUE_LEN);
    if (r == 0)
        r = netlink_address_add(host->netlink, host->ifindex, (uint32_t)TUN_ADDRESS);
    if (r < 0)
        log_error("host", "cannot bring device %s up: %s; nat64d needs CAP_NET_ADMIN", tun, strerror(-r));
    return r;
}

int host_up(const struct settings *settings, const struct links *links, struct host **ret_host)
{
    struct host *host = calloc(1, sizeof(*host));
    if (host == NULL)
        return -ENOMEM;
    int r = netlink_open(&host->netlink);
    if (r < 0) {
        log_error("host", "cannot open a netlink socket: %s", strerror(-r));
        goto out;
    }
    r = prepare_device(settings->nat64.tun);
    if (r == 0)
        r = bring_up(host, settings->nat64.tun);
    if (r == 0)
        r = add_routes(host, settings);
    if (r == 0)
        r = add_proxies(host, settings, links);
    if (r == 0)
        r = enable_forwarding4();
    if (r == 0)
        r = enable_forwarding6(links);
    if (r < 0)
        goto out;
    *ret_host = host;
    return 0;
out:
    host_down(host);
    return r;
}

void host_down(struct host *host)
{
    char text[ADDR_TEXT_LEN];
    int r;
    if (host == NULL)
        return;
    while (host->proxies_count > 0) {
        const struct proxy *proxy = &host->proxies[--host->proxies_count];
        r = netlink_proxy_drop(host->netlink, proxy->ifindex, proxy->address);
        if (r < 0 && r != -ENOENT)
            log_warning("host", "cannot remove the proxy entry of %s: %s; continuing without",
                        addr_print4(proxy->address, text), strerror(-r));
    }
    while (host->routes_count > 0) {
        const struct addr_prefix *route = &host->routes[--host->routes_count];
        r = netlink_route_drop(host->netlink, host->ifindex, route);
        if (r < 0 && r != -ESRCH && r != -ENODEV)
            log_warning("host", "cannot remove the route to %s: %s; continuing without",
                        addr_print_prefix(route, text), strerror(-r));
    }
    free(host->proxies);
    free(host->routes);
    netlink_close(host->netlink);
    free(host);
}
