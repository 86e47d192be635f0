/*
 * Whether all that is made from the slots of a state says what the slots say: indices, ports, blocks, limits,
 * timers and free slots. Written from the slots alone, without the product's own bookkeeping.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 and 3.2
 */
#ifndef GATE64_TESTS_UNIT_NAT64D_AGREE_H
#define GATE64_TESTS_UNIT_NAT64D_AGREE_H

#include "nat64d/edge/tables.h"

/* NULL, or the first thing that does not agree. Changes nothing; no worker may run. */
const char *agree_tables(struct tables *tables);

/* The same for what can only be seen by using it up: every timer ends once, every free slot and port is given
 * once. Afterwards the tables are good for tables_free only; the state is as it was. `no_port` (0: none) must
 * not be among the UDP ports given. */
const char *agree_to_the_end(struct tables *tables, uint64_t now_ns, uint16_t no_port);

#endif
