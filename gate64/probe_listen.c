/*
 * Whether somebody else serves where dns64 is to listen.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (dns64.listen); systemd-resolved.service(8)
 */
#include <string.h>

#include "gate64/probe.h"
#include "gate64/sockets.h"

/* dns64 takes IPv6 alone on `::`, so the two families do not meet unless the other one takes both. */
static bool in_the_way(const struct socket_line *other, const struct addr_endpoint *listen)
{
    bool any = addr_is_any(&listen->addr);
    if (other->port != listen->port)
        return false;
    if (other->addr.family != listen->addr.family)
        return listen->addr.family == AF_INET && addr_is_any(&other->addr) &&
               sockets_is_taken4(other->tcp, other->port);
    return any || addr_is_any(&other->addr) || addr_equal(&other->addr, &listen->addr);
}

static void tell(struct check *check, const struct addr_endpoint *listen, const struct sockets_owner *owner)
{
    char text[ADDR_TEXT_LEN];
    check_finding(check, "dns64 cannot listen on %s: %s (process %d) does", addr_print_endpoint(listen, text),
                  owner->name, (int)owner->pid);
    if (strncmp(owner->name, "systemd-resolve", strlen("systemd-resolve")) == 0)
        check_command(check, "systemctl disable --now systemd-resolved");
    else
        check_command_end(check, owner->pid);
}

static void judge(struct check *check, const struct sockets *sockets, const struct addr_endpoint *listen)
{
    pid_t told = 0;
    for (size_t i = 0; i < sockets->count; i++) {
        struct sockets_owner owner;
        if (!in_the_way(&sockets->list[i], listen) || !sockets_find_owner(sockets->list[i].inode, &owner) ||
            strcmp(owner.name, "dns64") == 0 || owner.pid == told)
            continue;
        tell(check, listen, &owner);
        told = owner.pid; /* TCP and UDP of one program are one finding */
    }
}

void probe_listen(struct check *check)
{
    const struct settings_dns64 *dns64 = &check->settings->dns64;
    struct sockets sockets;
    int r = sockets_read(&sockets);
    if (r < 0) {
        check_failed(check, "cannot read the sockets of this host: %s", strerror(-r));
        return;
    }
    for (size_t i = 0; i < dns64->listen_count; i++)
        judge(check, &sockets, &dns64->listen[i]);
    sockets_free(&sockets);
}
