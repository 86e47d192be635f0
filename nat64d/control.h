/*
 * What nat64d tells over its control socket.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (the paths), OpenMetrics 1.0
 *
 * GET /v1/status, /v1/settings, /v1/sessions, /v1/bindings, /v1/pool, /v1/counters, /v1/trace, /metrics;
 * POST /v1/reload, /v1/upgrade, which the keeper carries out. Lists are JSON
 * lines made as the reader reads, from the tables that the workers are changing at that moment: each record
 * is whole, the list is not a moment's picture.
 */
#ifndef GATE64_NAT64D_CONTROL_H
#define GATE64_NAT64D_CONTROL_H

#include "common/control.h"
#include "nat64d/ask.h"
#include "nat64d/edge/translator.h"
#include "nat64d/table/trace_reader.h"

/* What the routes are about; their context. */
struct control_target {
    struct translator *translator;
    struct ask *ask;
    struct trace_reader *traces;
    uint64_t keeper_started_utc_ns;
};

extern const struct control_route control_routes[];

/* Before the server starts: when the program began, for `uptime_s`. */
void control_routes_init(void);

#endif
