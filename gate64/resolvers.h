/*
 * The resolvers that dns64 asks: which of them are this host itself, which answer.
 *
 * Layer: edge
 * Specification: resolv.conf(5); RFC 1035 4.1
 */
#ifndef GATE64_GATE64_RESOLVERS_H
#define GATE64_GATE64_RESOLVERS_H

#include "common/links.h"
#include "common/settings.h"

enum {
    RESOLVERS_MAX = 16,
    RESOLVERS_WAIT_MS = 2000, /* for an answer */
    RESOLVERS_TRIES = 2,
};

enum resolvers_state { RESOLVERS_GOOD, RESOLVERS_OURSELVES, RESOLVERS_SILENT };

struct resolvers {
    struct {
        struct addr_endpoint endpoint;
        enum resolvers_state state;
    } list[RESOLVERS_MAX];
    size_t count;
};

/* Those of a list of the configuration. */
void resolvers_from_settings(const struct settings_dns64 *dns64, struct resolvers *ret_resolvers);
/* Those of a file as resolv.conf; none if it cannot be read. */
void resolvers_from_file(const char *path, struct resolvers *ret_resolvers);

/* Finds the state of each. Those that are not this host itself are asked all at once for the name servers of
 * the root; whatever they answer is an answer. */
void resolvers_ask(struct resolvers *resolvers, const struct settings_dns64 *dns64,
                   const struct links *links);

size_t resolvers_count(const struct resolvers *resolvers, enum resolvers_state state);

#endif
