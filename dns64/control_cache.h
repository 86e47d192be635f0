/*
 * What dns64 tells of its cache over the control socket, and how parts of it are thrown away.
 *
 * Layer: edge
 * Specification: man/dns64.8 (the paths)
 */
#ifndef GATE64_DNS64_CONTROL_CACHE_H
#define GATE64_DNS64_CONTROL_CACHE_H

#include "common/control.h"

/* Handlers; their context is a struct server. */
void control_cache_get(struct control_request *request, void *context);
void control_cache_lookup(struct control_request *request, void *context);
void control_cache_flush(struct control_request *request, void *context);

#endif
