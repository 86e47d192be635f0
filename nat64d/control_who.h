/*
 * GET /v1/who: which backend has an IPv4 address and port now.
 *
 * Layer: edge
 * Specification: man/gate64.1 (who); RFC 6888 REQ-12, RFC 6302
 *
 * `address` and `port` are required, `protocol` narrows it down. A record for each backend: `kind` is
 * "dynamic", "static" or "eam"; `since` is when a dynamic binding was made.
 */
#ifndef GATE64_NAT64D_CONTROL_WHO_H
#define GATE64_NAT64D_CONTROL_WHO_H

#include "common/control.h"

/* The context is struct control_target. */
void control_who(struct control_request *request, void *context);

#endif
