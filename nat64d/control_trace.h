/*
 * GET /v1/trace: the next packets of an address, as they come.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (GET /v1/trace)
 */
#ifndef GATE64_NAT64D_CONTROL_TRACE_H
#define GATE64_NAT64D_CONTROL_TRACE_H

#include "common/control.h"

enum {
    CONTROL_TRACE_COUNT = 20, /* packets, when the request does not say */
    CONTROL_TRACE_COUNT_MAX = 100000,
    CONTROL_TRACE_SECONDS = 60,
    CONTROL_TRACE_SECONDS_MAX = 3600,
};

/* A route's handler; `context` is a struct control_target. */
void control_trace(struct control_request *request, void *context);

#endif
