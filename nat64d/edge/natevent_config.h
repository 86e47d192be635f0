/*
 * What the event log knows of a configuration: where its lines go, the names of pools, and what has its
 * address by configuration alone (static bindings, explicit mappings), which is told of when the
 * configuration comes into force.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (EVENT LOG)
 */
#ifndef GATE64_NAT64D_EDGE_NATEVENT_CONFIG_H
#define GATE64_NAT64D_EDGE_NATEVENT_CONFIG_H

#include "nat64d/rfc8158/natevent_text.h"

struct natevent_config {
    bool wanted;
    bool journal;
    char path[SETTINGS_PATH_LEN];
    struct natevent_pools pools;
    struct settings_static *statics; /* copies; `from` is not there */
    size_t statics_count;
    struct settings_eam *eam;
    size_t eam_count;
    const char *event; /* "start", "reload" */
    uint32_t bindings;
    uint64_t begun_ns; /* by the boot clock */
    size_t told;       /* lines that are made, */
    size_t lines;      /* of so many; 0 until natevent_config_tell */
};

/* `event` is a literal. */
int natevent_config_new(const struct settings *settings, const char *event, uint32_t bindings,
                        struct natevent_config **ret_config) __attribute__((warn_unused_result));
void natevent_config_free(struct natevent_config *config);

/* Lines about it are due: each file begins with them, so that it can be read alone. */
void natevent_config_tell(struct natevent_config *config);

/* The next of them; 0 when all are made. */
size_t natevent_config_line(struct natevent_config *config, const struct natevent_clock *clock,
                            char line[NATEVENT_TEXT_LEN]);

#endif
