/*
 * What dns64 answers of a name from its own knowledge, for people to see.
 *
 * Layer: edge
 * Specification: man/gate64.1 (dns lookup)
 */
#ifndef GATE64_DNS64_CONTROL_LOCAL_H
#define GATE64_DNS64_CONTROL_LOCAL_H

#include "dns64/control_cache.h"
#include "dns64/query/query.h"

/* Appends a record to `records` for each type that the name has here, or one that says that it does not
 * exist; nothing for a name that would be asked for. */
void control_local_look(const struct query_policy *policy, const struct name *name, json_t *records);

#endif
