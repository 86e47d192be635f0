/*
 * A traced packet as a person reads it: a block of lines of at most 100 columns.
 *
 * Layer: edge
 * Specification: man/gate64.1 (trace)
 * Fuzz: fuzz_trace
 */
#ifndef GATE64_GATE64_TRACE_SHOW_H
#define GATE64_GATE64_TRACE_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum {
    TRACE_SHOW_COLUMNS = 100,
};

/* `packet` is an object of GET /v1/trace; what is missing in it is left out. */
void trace_show_packet(FILE *out, bool colour, const json_t *packet);

#endif
