/*
 * What a reason for not translating a packet means to an operator, and what can be done about it.
 *
 * Layer: pure
 * Specification: packet/reason.h (the list), man/gate64.conf.5 (the keys)
 */
#ifndef GATE64_NAT64D_PACKET_ADVICE_H
#define GATE64_NAT64D_PACKET_ADVICE_H

#include "nat64d/packet/reason.h"

/* A sentence or two; "" for REASON_OK. */
const char *advice_text(enum reason reason);

#endif
