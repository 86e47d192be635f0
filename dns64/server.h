/*
 * The DNS server as a whole: policy made from the configuration, and the threads that follow it.
 *
 * Layer: edge
 * Specification: RFC 6147 5.2 (one set of prefixes for DNS64 and NAT64)
 */
#ifndef GATE64_DNS64_SERVER_H
#define GATE64_DNS64_SERVER_H

#include "common/links.h"
#include "common/settings.h"
#include "dns64/edge/worker.h"

struct server {
    const struct settings *settings;
    struct addr_prefix6 *backends; /* in force, with the gateway's own addresses */
    size_t backends_count;
    struct synthesize_pref64 *pref64;
    struct addr_prefix6 *excluded;
    struct addr_endpoint upstreams[CHOICE_MAX];
    size_t upstreams_count;
    struct query_policy policy;
    struct client_list clients;
    unsigned workers;
    struct worker_group *group;
};

/* Builds everything and opens the sockets; logs what it could not do. */
int server_new(const struct settings *settings, const struct links *links, struct server **ret_server)
    __attribute__((warn_unused_result));
/* Accepts NULL and the half-built. */
void server_free(struct server *server);

#endif
