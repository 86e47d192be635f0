/*
 * Whether the kernel drops packets for coming in where it would not send the answer.
 *
 * Layer: edge
 * Specification: Linux Documentation/networking/ip-sysctl.rst (rp_filter: the greater of `all` and the
 * device's holds; 1 strict, 2 loose); RFC 3704 2.2 and 2.4
 */
#include <net/if.h>

#include "gate64/host_file.h"
#include "gate64/probe.h"

enum {
    STRICT = 1,
    PATH_LEN = 96,
};

static bool is_strict(const char *device, char path[PATH_LEN])
{
    int all = 0, own = 0;
    snprintf(path, PATH_LEN, "ipv4/conf/%s/rp_filter", device);
    return host_file_sysctl("ipv4/conf/all/rp_filter", &all) == 0 && host_file_sysctl(path, &own) == 0 &&
           (all > own ? all : own) == STRICT;
}

/* What comes from our device may carry an address of this host, whose way back is not there. */
static void judge_tun(struct check *check)
{
    const char *tun = check->settings->nat64.tun;
    char path[PATH_LEN];
    int accept;
    if (check->tun == 0)
        return; /* nat64d sets both on the device that it makes */
    if (is_strict(tun, path)) {
        check_finding(check,
                      "%s filters strictly by the way back, which drops packets with an address of this host",
                      tun);
        check_command_sysctl(check, path, "2");
    }
    snprintf(path, sizeof(path), "ipv4/conf/%s/accept_local", tun);
    if (host_file_sysctl(path, &accept) == 0 && accept == 0) {
        check_finding(check,
                      "%s does not take packets with an address of this host, and so loses ICMP errors", tun);
        check_command_sysctl(check, path, "1");
    }
}

/* With two ways to the Internet, what comes in by the one that is not in use has its way back elsewhere. */
static void judge_uplinks(struct check *check)
{
    const struct links *links = check->links;
    char device[IF_NAMESIZE], used[IF_NAMESIZE], path[PATH_LEN];
    if (if_indextoname(links->uplink4, used) == NULL)
        return;
    for (size_t i = 0; i < links->routes_count; i++) {
        const struct links_route *route = &links->routes[i];
        if (route->destination.family != AF_INET || route->destination.v4.len != 0 ||
            route->ifindex == links->uplink4 || if_indextoname(route->ifindex, device) == NULL ||
            !is_strict(device, path))
            continue;
        check_finding(
            check,
            "%s has an IPv4 default route, but that of %s is in use: what comes in by %s is dropped by "
            "its strict filter",
            device, used, device);
        check_command_sysctl(check, path, "2");
    }
}

void probe_rp_filter(struct check *check)
{
    judge_tun(check);
    judge_uplinks(check);
}
