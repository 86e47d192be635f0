/*
 * Take a port, give it back, hold it down.
 *
 * Layer: table
 * Specification: RFC 6146 3.5.1.1, 3.5.2.3, 3.5.3; RFC 6888 REQ-8 (hold-down); RFC 6056, RFC 7857 9
 *
 * One for each shard, used by its worker only. A port is chosen at random among all free ports of the blocks
 * that the shard has claimed at that address; the shard claims ahead so that there are at least CLAIM_AHEAD
 * to choose from, but never more free ports than its share of what the address has free. Empty blocks beyond
 * that go back when another shard went without. A freed UDP or ICMP port is held down for a time before it
 * is given again (TCP is tracked by its state machine and exempt); at most CLAIM_HELD_MAX are held, the
 * oldest is freed early beyond that.
 */
#ifndef GATE64_POOL_CLAIM_H
#define GATE64_POOL_CLAIM_H

#include "pool/block.h"

enum {
    CLAIM_AHEAD = 1024,     /* free ports to choose among (RFC 7857 9) */
    CLAIM_HELD_MAX = 65536, /* ports held down, a shard */
};

struct claim;

/* `shards` is the number of sharers, for the fair share. `seed` keys the choice. */
int claim_new(struct block_table *blocks, const struct prefixes *prefixes, unsigned shard, unsigned shards,
              struct siphash_key seed, uint64_t hold_down_ns, struct claim **ret_claim)
    __attribute__((warn_unused_result));
void claim_free(struct claim *claim);

/* Takes a port (identifier) of the address. RFC 6146: the range (below 1024 or not) of the source port
 * while it has one free, else the other; parity kept for UDP when possible (else -ENOSPC only if nothing at
 * all is free). Port 0 is never given for TCP and UDP. -ENOSPC when the address has none left. */
int claim_take(struct claim *claim, uint32_t address, enum transport transport, uint16_t source_port,
               uint16_t *ret_port) __attribute__((warn_unused_result));

void claim_release(struct claim *claim, uint32_t address, enum transport transport, uint16_t port,
                   uint64_t now_ns);

/* Ends hold-downs that are due and gives empty blocks back where another shard went without. Bounded
 * work; call it every few milliseconds to a second. */
void claim_advance(struct claim *claim, uint64_t now_ns);

/* Ports in use of an address (this shard's), and held down. Any thread; relaxed. */
uint32_t claim_used(const struct claim *claim, uint32_t address, enum transport transport);
uint32_t claim_held(const struct claim *claim, uint32_t address);

#endif
