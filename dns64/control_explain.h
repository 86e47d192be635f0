/*
 * GET /v1/explain: a query that is asked for nobody, and why it is answered as it is.
 *
 * Layer: edge
 * Specification: man/dns64.8
 *
 * ?name=NAME, and if they are wanted &type=TYPE (AAAA), &client=ADDRESS (loopback), &do=1, &cd=1.
 * 200 {"rule":...}; 400; 504 if the resolvers take longer than CONTROL_EXPLAIN_WAIT_S.
 */
#ifndef GATE64_DNS64_CONTROL_EXPLAIN_H
#define GATE64_DNS64_CONTROL_EXPLAIN_H

#include "common/control.h"

enum {
    CONTROL_EXPLAIN_WAIT_S = 8, /* less than a client of the socket waits, more than resolvers get */
};

void control_explain_get(struct control_request *request, void *context);

#endif
