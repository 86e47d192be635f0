/*
 * Which port: unpredictable, in the range and with the parity of the source port.
 *
 * Layer: pure
 * Specification: RFC 6056 3.3 and 4, RFC 4787 4.2.1 and 4.2.2, RFC 7857 9, RFC 6146 3.5.1.1
 */
#ifndef GATE64_POOL_PORT_H
#define GATE64_POOL_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/siphash.h"
#include "common/transport.h"

enum {
    PORT_BLOCK = 64,                  /* ports a block; one bit each in a word */
    PORT_BLOCKS = 65536 / PORT_BLOCK, /* blocks an address */
    PORT_WELL_KNOWN = 1024,           /* below: the range of system ports */
};

/* A generator of unpredictable numbers: a keyed hash in counter mode. */
struct port_random {
    struct siphash_key key;
    uint64_t counter;
};

uint64_t port_random_next(struct port_random *random);
/* Uniform in 0 .. bound - 1; bound > 0. */
uint32_t port_random_below(struct port_random *random, uint32_t bound);

/* Bits of a block's 64 ports that suit a source port: same parity for UDP, any for TCP and ICMP. */
uint64_t port_parity_mask(enum transport transport, uint16_t source_port);

/* Whether a source port wants the range below 1024 (not ICMP). */
bool port_wants_well_known(enum transport transport, uint16_t source_port);

/* A random one of the bits set in `mask` (not 0): its index. */
unsigned port_pick(uint64_t mask, struct port_random *random);

#endif
