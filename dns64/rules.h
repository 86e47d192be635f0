/*
 * What holds for queries: the configuration and this host's network, made ready for use. Made once, never
 * changed, exchanged as a whole; a query ends by the rules that it began with.
 *
 * Layer: edge
 * Specification: RFC 6147 5.2 (one set of prefixes for DNS64 and NAT64)
 */
#ifndef GATE64_DNS64_RULES_H
#define GATE64_DNS64_RULES_H

#include <stdatomic.h>

#include "common/links.h"
#include "common/settings.h"
#include "dns64/access/client.h"
#include "dns64/access/view.h"
#include "dns64/query/query.h"
#include "dns64/rules_view.h"
#include "dns64/upstream/route.h"

struct rules_tcp {
    unsigned connections; /* of one thread: its share of the whole */
    unsigned connections_per_network;
    unsigned idle_s;
};

enum {
    RULES_LIST_MAX = 16, /* resolvers in one list */
};

struct rules {
    struct settings *settings; /* what the lists below point into */
    unsigned workers;
    struct rules_view outside; /* of clients that are in no view */
    struct rules_view *views;  /* as the settings have them */
    size_t views_count;
    struct view_table *view_of; /* NULL: there are none */
    struct rules_lists *lists;
    struct client_list clients;
    struct settings_upstream upstreams[ROUTE_UPSTREAMS_MAX]; /* each once, of all lists */
    unsigned upstreams_count;
    struct rules_tcp tcp;
    uint32_t rate_limit;           /* answers a second for a client network; 0: no limit */
    uint32_t uplink;               /* interface of the IPv4 default route; 0: there is none */
    struct addr_prefix6 *backends; /* with the gateway's own addresses */
    struct addr_prefix6 *images;
    size_t images_count;
    atomic_uint holders;
};

/* Takes *settings (and sets it NULL) if it succeeds; on failure `error` says why. `resolv` is resolv.conf,
 * for when no upstream is configured. One holder. */
int rules_new(struct settings **settings, const struct links *links, const char *resolv,
              struct rules **ret_rules, char error[SETTINGS_ERROR_LEN]) __attribute__((warn_unused_result));
/* The same configuration (or a copy of it) on another network: files that it names are not read again, and so
 * cannot be in the way. */
int rules_follow(const struct rules *old, struct settings **settings, const struct links *links,
                 const char *resolv, struct rules **ret_rules, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));
struct rules *rules_hold(struct rules *rules);
/* The last one frees. Accepts NULL. */
void rules_release(struct rules *rules);

/* What holds for a client's queries: its view's, or what is outside of all. */
const struct query_policy *rules_policy(const struct rules *rules, const struct addr *client);

/* Whether a client may ask at all: by the lists of clients and by its view. */
bool rules_may_ask(const struct rules *rules, const struct addr *client);

/* Index of this upstream, or -1. */
int rules_find_upstream(const struct rules *rules, const struct settings_upstream *upstream);

/* Whether the host's network makes the same of both: clients and upstreams. */
bool rules_same_network(const struct rules *a, const struct rules *b);

#endif
