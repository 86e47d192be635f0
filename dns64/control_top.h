/*
 * The part of the control socket that tells who asks most and what is asked for most.
 *
 * Layer: edge
 * Specification: man/dns64.8 (the paths)
 */
#ifndef GATE64_DNS64_CONTROL_TOP_H
#define GATE64_DNS64_CONTROL_TOP_H

#include "common/control.h"

/* Handlers of the routes; the context is a struct server. */
void control_top_get(struct control_request *request, void *context);
void control_top_reset(struct control_request *request, void *context);

#endif
