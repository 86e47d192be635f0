/*
 * What dns64 tells over its control socket.
 *
 * Layer: edge
 * Specification: man/dns64.8 (the paths), OpenMetrics 1.0
 *
 * GET /v1/status, /v1/settings, /v1/counters, /v1/cache, /v1/cache/lookup?name=NAME, /metrics,
 * /v1/top?of=names|clients|upstreams[&limit=N]; POST /v1/top/reset;
 * POST /v1/cache/flush?name=NAME[&below=1]; POST /v1/reload (common/reload.h).
 */
#ifndef GATE64_DNS64_CONTROL_H
#define GATE64_DNS64_CONTROL_H

#include "common/control.h"
#include "dns64/server.h"

/* The routes; their context is a struct server. */
extern const struct control_route control_routes[];

void control_routes_init(void);

#endif
