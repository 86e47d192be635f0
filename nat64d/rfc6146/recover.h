/*
 * The tables after a restart or a reload: what the slots of the state hold is checked, kept or dropped, and
 * everything that is not in the slots (indices, timers, ports in use, quotas) is made from them.
 *
 * Layer: path
 * Specification: RFC 6146 3.1 and 3.2 (what must hold of a BIB and a session entry), RFC 6888 REQ-8
 *
 * Kept is what makes sense under the configuration in force: a binding whose address and port are still
 * ours, of a backend that is still allowed; a session of such a binding, under a prefix that is still there.
 * Dropped are torn and damaged slots, doubled ones (the newer stays) and dynamic bindings without sessions.
 * Each worker's shards are recovered by themselves, in any order and side by side, before any packet.
 */
#ifndef GATE64_NAT64D_RFC6146_RECOVER_H
#define GATE64_NAT64D_RFC6146_RECOVER_H

#include "nat64d/rfc6146/steps.h"

struct recover_scratch {
    uint32_t *answered;      /* by binding slot, zeroed: sessions that both sides have spoken in */
    uint32_t *closing;       /* one for each session slot */
    struct claim_held *held; /* held_slots */
};

struct recover_count {
    uint32_t bindings, sessions;
    uint32_t bindings_dropped, sessions_dropped;
    uint32_t held;
};

/* Gives each prefix of guard its place in the header: the one that it had, else a free one. Places of
 * prefixes that are not in force are freed by recover_done. -ENOSPC: none is left (cannot be: there are twice
 * as many as prefixes). */
int recover_begin(struct steps_shared *shared) __attribute__((warn_unused_result));

/* The shards of steps->worker. */
void recover_shards(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                    struct recover_count *ret_count);

/* After all shards. `settings_hash` names the configuration. */
void recover_done(struct steps_shared *shared, uint64_t settings_hash);

#endif
