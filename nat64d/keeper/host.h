/*
 * The host's part of the work: a short, fixed list of verbs that set the host up for the translator and take
 * it down again.
 *
 * Layer: edge
 * Specification: Linux ip-sysctl.rst (forwarding, accept_ra, accept_local)
 *
 * Everything but forwarding is undone by host_down. Forwarding, once needed, stays on, since something else
 * may have come to depend on it; before it goes on, an uplink that learns its route from router
 * advertisements gets accept_ra = 2, or it would lose it.
 */
#ifndef GATE64_NAT64D_KEEPER_HOST_H
#define GATE64_NAT64D_KEEPER_HOST_H

#include "common/links.h"
#include "common/settings.h"

struct host;

/* The device `tun` exists already. Logs what it could not do and undoes what it did. */
int host_up(const struct settings *settings, const struct links *links, struct host **ret_host)
    __attribute__((warn_unused_result));
/* Accepts NULL. */
void host_down(struct host *host);

#endif
