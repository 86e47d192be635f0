/*
 * Whether programs of this host use ports of a shared address that are for backends.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (pools.shared); ip-sysctl.rst (ip_local_port_range,
 * ip_local_reserved_ports)
 *
 * nat64d does not give out a port that is bound, so each such program takes one from the pool. A datagram
 * socket that is gone again after a moment was a question on its way, and no finding.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gate64/host_file.h"
#include "gate64/port_list.h"
#include "gate64/probe.h"
#include "gate64/sockets.h"

enum {
    MOMENT_MS = 500,
    TOLD_MAX = 16,
    LIST_LEN = 768, /* of a command's length */
};

static bool in_pool(const struct socket_line *one, const struct settings_pool *pool,
                    const struct addr_prefix4 *address)
{
    bool has = false;
    for (size_t i = 0; i < pool->ports_count; i++)
        has |= one->port >= pool->ports[i].first && one->port <= pool->ports[i].last;
    if (!has)
        return false;
    if (one->addr.family == AF_INET6)
        return addr_is_any(&one->addr) && sockets_is_taken4(one->tcp, one->port);
    return one->addr.v4 == 0 || addr_in_prefix4(one->addr.v4, address);
}

/* What the daemons have there is not taken from them. */
static bool is_ours(const struct sockets_owner *owner)
{
    return strcmp(owner->name, "nat64d") == 0 || strcmp(owner->name, "dns64") == 0;
}

static bool is_there(const struct sockets *sockets, uint64_t inode)
{
    for (size_t i = 0; i < sockets->count; i++)
        if (sockets->list[i].inode == inode)
            return true;
    return false;
}

static void judge_sockets(struct check *check, const struct sockets *before, const struct sockets *now,
                          const struct settings_pool *pool, const struct addr_prefix4 *address)
{
    char text[ADDR_TEXT_LEN];
    pid_t told[TOLD_MAX];
    size_t count = 0;
    for (size_t i = 0; i < now->count && count < TOLD_MAX; i++) {
        const struct socket_line *one = &now->list[i];
        struct sockets_owner owner;
        bool known = false;
        if (!in_pool(one, pool, address) || !is_there(before, one->inode) ||
            !sockets_find_owner(one->inode, &owner) || is_ours(&owner))
            continue;
        for (size_t k = 0; k < count; k++)
            known |= told[k] == owner.pid;
        if (known)
            continue;
        told[count++] = owner.pid;
        check_finding(
            check,
            "port %u/%s of %s is for backends (pool %s), and %s (process %d) has it; end it, or leave the "
            "port out of the pool's ports",
            one->port, one->tcp ? "tcp" : "udp", addr_print4(address->address, text), pool->name, owner.name,
            (int)owner.pid);
        check_command_end(check, owner.pid);
    }
}

/* Ports that the kernel gives to the host's own connections, and which no setting keeps from that. */
static void judge_reserved(struct check *check, const struct settings_pool *pool, struct port_list *range,
                           struct port_list *reserved)
{
    char line[LIST_LEN * 4], text[LIST_LEN];
    bool missing = false;
    if (check->tun == 0)
        return; /* nat64d reserves them with the device */
    if (host_file_line("/proc/sys/net/ipv4/ip_local_port_range", line, sizeof(line)) < 0)
        return;
    port_list_add_text(range, line);
    if (host_file_line("/proc/sys/net/ipv4/ip_local_reserved_ports", line, sizeof(line)) == 0)
        port_list_add_text(reserved, line);
    for (size_t i = 0; i < pool->ports_count; i++)
        for (uint32_t port = pool->ports[i].first; port <= pool->ports[i].last; port++)
            missing |= range->has[port] && !reserved->has[port];
    if (!missing)
        return;
    for (size_t i = 0; i < pool->ports_count; i++)
        port_list_add(reserved, pool->ports[i].first, pool->ports[i].last);
    check_finding(check, "this host takes ports of pool %s for connections of its own", pool->name);
    if (port_list_print(reserved, text, sizeof(text)))
        check_command_sysctl(check, "ipv4/ip_local_reserved_ports", text);
}

static void judge(struct check *check, const struct sockets *before, const struct sockets *now,
                  const struct settings_pool *pool)
{
    struct addr_prefix4 address;
    struct port_list *lists = calloc(2, sizeof(*lists));
    if (lists == NULL) {
        check_failed(check, "out of memory");
        return;
    }
    if (check_pool_address(check, pool, &address))
        judge_sockets(check, before, now, pool, &address);
    judge_reserved(check, pool, &lists[0], &lists[1]);
    free(lists);
}

void probe_ports(struct check *check)
{
    const struct timespec moment = {.tv_nsec = MOMENT_MS * 1000000L};
    const struct settings *settings = check->settings;
    struct sockets before = {NULL, 0}, now = {NULL, 0};
    bool any = false;
    for (size_t i = 0; i < settings->pools_count; i++)
        any |= settings->pools[i].shared;
    if (!any)
        return;
    int r = sockets_read(&before);
    if (r == 0) {
        nanosleep(&moment, NULL);
        r = sockets_read(&now);
    }
    if (r < 0)
        check_failed(check, "cannot read the sockets of this host: %s", strerror(-r));
    for (size_t i = 0; r == 0 && i < settings->pools_count; i++)
        if (settings->pools[i].shared)
            judge(check, &before, &now, &settings->pools[i]);
    sockets_free(&before);
    sockets_free(&now);
}
