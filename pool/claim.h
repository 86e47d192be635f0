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
 * is given again (TCP is tracked by its state machine and exempt); as many are held as the caller gives
 * memory for, the oldest is freed early beyond that. That memory outlives the process: each entry is whole
 * once its time is written, and claim_restore_held reads it back.
 *
 * A port of a backend's block (pool/bulk) is taken by claim_take_bulk and ends as all others do; what the end
 * of a block brings is asked with claim_ended.
 */
#ifndef GATE64_POOL_CLAIM_H
#define GATE64_POOL_CLAIM_H

#include "pool/bulk.h"

enum {
    CLAIM_AHEAD = 1024, /* free ports to choose among (RFC 7857 9) */
};

struct claim;

/* A port that is held down. */
struct claim_held {
    _Atomic uint64_t until_ns; /* CLOCK_BOOTTIME; 0: none; written last and cleared first */
    uint32_t src4;
    uint16_t port;
    uint8_t transport;
    uint8_t bulk; /* code of the block of a backend that it is of, or BULK_NONE */
};

struct claim_input {
    struct block_table *blocks;
    struct bulk *bulk; /* NULL: there are no blocks of backends */
    const struct prefixes *prefixes;
    unsigned shard;
    unsigned shards;         /* the number of sharers, for the fair share */
    struct siphash_key seed; /* keys the choice */
    uint64_t hold_down_ns;
    struct claim_held *held; /* a queue: the hold-down is the same for all, so times are in order */
    uint32_t held_max;
};

int claim_new(const struct claim_input *input, struct claim **ret_claim) __attribute__((warn_unused_result));
void claim_free(struct claim *claim);

/* Takes a port (identifier) of the address. RFC 6146: the range (below 1024 or not) of the source port
 * while it has one free, else the other; parity kept for UDP when possible (else -ENOSPC only if nothing at
 * all is free). Port 0 is never given for TCP and UDP. -ENOSPC when the address has none left. */
int claim_take(struct claim *claim, uint32_t address, enum transport transport, uint16_t source_port,
               uint16_t *ret_port) __attribute__((warn_unused_result));

/* Takes a port of the blocks that the backend has at the address; with `another` of a new one if they have
 * none. want->shard is the claim's. -ENOSPC, -ENOMEM. */
int claim_take_bulk(struct claim *claim, const struct lots_want *want, bool another, uint64_t now_ns,
                    struct lots_port *ret_port) __attribute__((warn_unused_result));

void claim_release(struct claim *claim, uint32_t address, enum transport transport, uint16_t port,
                   uint64_t now_ns);
/* Whether a port that came back was the last of a backend's block, which it then is. To be asked after each
 * claim_release and claim_forget, and as long as it is true after claim_advance, which stops for it. */
bool claim_ended(struct claim *claim, struct lots_block *ret_block);

/* A port that was in use before a restart. -EBUSY: it is in use twice, or its block is another shard's;
 * -EINVAL: it is not to be given. */
int claim_restore(struct claim *claim, uint32_t address, enum transport transport, uint16_t port)
    __attribute__((warn_unused_result));
/* The same of a port in a backend's block, as bulk_restore. */
int claim_restore_bulk(struct claim *claim, const struct lots_want *want, const struct lots_port *port,
                       uint64_t since_ns) __attribute__((warn_unused_result));
/* Undoes claim_restore, or a claim_take that came to nothing, without a hold-down. */
void claim_forget(struct claim *claim, uint32_t address, enum transport transport, uint16_t port);
/* Reads the held ports of an earlier run back: those that are still to be held and free. After all
 * claim_restore. `scratch` has room for held_max entries. Returns their number. */
uint32_t claim_restore_held(struct claim *claim, struct claim_held *scratch, uint64_t now_ns);

/* Ends hold-downs that are due and gives empty blocks back where another shard went without. Bounded
 * work; call it every few milliseconds to a second. */
void claim_advance(struct claim *claim, uint64_t now_ns);

/* Ports in use of an address (this shard's), and held down. Any thread; relaxed. */
uint32_t claim_used(const struct claim *claim, uint32_t address, enum transport transport);
uint32_t claim_held(const struct claim *claim, uint32_t address);

#endif
