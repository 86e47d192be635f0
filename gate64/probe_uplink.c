/*
 * Whether there is the IPv4 default route whose address a pool has.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (pools.address "uplink"); proc(5) /proc/net/arp
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "gate64/host_file.h"
#include "gate64/probe.h"

struct neighbour {
    char address[ADDR_TEXT_LEN];
    char device[IF_NAMESIZE];
};

/* The one IPv4 neighbour that this host knows: without a default route, most likely the router. */
static bool find_only_neighbour(struct neighbour *ret_neighbour)
{
    enum { COMPLETE = 2, /* ATF_COM: its link-layer address is known */ LINE_LEN = 200 };
    char line[LINE_LEN];
    struct neighbour one;
    unsigned flags;
    int count = 0;
    FILE *file = fopen("/proc/net/arp", "re");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "%63s %*s %x %*s %*s %15s", one.address, &flags, one.device) == 3 &&
            (flags & COMPLETE) != 0) {
            *ret_neighbour = one;
            count++;
        }
    fclose(file);
    return count == 1;
}

void probe_uplink(struct check *check)
{
    const struct settings *settings = check->settings;
    struct neighbour router;
    char quoted[64];
    bool follows = false;
    for (size_t i = 0; i < settings->pools_count; i++)
        follows |= settings->pools[i].address.len == SETTINGS_UPLINK;
    /* Without such a pool it may be meant so: a gateway to one IPv4 network. */
    if (!follows || check->links->uplink4 != 0)
        return;
    if (!find_only_neighbour(&router)) {
        check_finding(
            check, "there is no IPv4 default route, whose address a pool has; add one by way of your router: "
                   "ip route add default via ROUTER");
        return;
    }
    check_finding(
        check,
        "there is no IPv4 default route, whose address a pool has; %s is the only neighbour on IPv4, "
        "so it is probably the router",
        router.address);
    check_command(check, "ip route add default via %s dev %s", router.address,
                  check_quote(router.device, quoted, sizeof(quoted)));
}
