/*
 * One traced packet as a JSON object.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (GET /v1/trace)
 */
#ifndef GATE64_NAT64D_EDGE_TRACE_JSON_H
#define GATE64_NAT64D_EDGE_TRACE_JSON_H

#include <jansson.h>

#include "nat64d/edge/tables.h"
#include "nat64d/packet/trace_record.h"

/* `tables` name the pools and static bindings; `utc_ns` is when the packet came. */
json_t *trace_json_packet(const struct trace_record *record, const struct tables *tables, uint64_t utc_ns);

#endif
