/*
 * What the configuration fixes of the pools: static bindings and explicit address mappings.
 *
 * Layer: edge
 * Specification: RFC 6146 3.1, RFC 7757 3.2
 *
 * Parts of tables_new, in this order; each fills its fields of `tables`, which owns them. -ENOMEM.
 */
#ifndef GATE64_NAT64D_EDGE_FIXED_H
#define GATE64_NAT64D_EDGE_FIXED_H

#include "nat64d/edge/tables.h"

int fixed_bindings(struct tables *tables) __attribute__((warn_unused_result));
/* Takes the ports of the bindings out of what may be given. */
int fixed_reserve(struct tables *tables) __attribute__((warn_unused_result));
/* And the mapped addresses. */
int fixed_mappings(struct tables *tables) __attribute__((warn_unused_result));

#endif
