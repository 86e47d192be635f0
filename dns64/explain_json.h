/*
 * An explanation as JSON.
 *
 * Layer: edge
 * Specification: man/dns64.8 (GET /v1/explain)
 */
#ifndef GATE64_DNS64_EXPLAIN_JSON_H
#define GATE64_DNS64_EXPLAIN_JSON_H

#include <jansson.h>

#include "dns64/query/explain.h"

/* NULL: no memory. */
json_t *explain_json(const struct explain *explain);

#endif
