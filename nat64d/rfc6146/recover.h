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
 *
 * Before any packet, one step after the other, each by all workers side by side: recover_survey tells whose
 * each chunk of slots is (a chunk is one shard's, so that a slot of another's is damage), recover_slots keeps
 * what a worker's shards have, recover_rest does what must know all bindings.
 */
#ifndef GATE64_NAT64D_RFC6146_RECOVER_H
#define GATE64_NAT64D_RFC6146_RECOVER_H

#include "nat64d/rfc6146/steps.h"

enum { RECOVER_NO_SHARD = 0xff };

struct recover_closing {
    uint64_t closed_ns;
    uint32_t slot;
};

/* Memory of the caller's; the first three are shared by all workers. */
struct recover_scratch {
    uint32_t *answered;  /* by binding slot, zeroed: sessions that both sides have spoken in */
    uint8_t *bib_chunks; /* by chunk: its shard, or RECOVER_NO_SHARD */
    uint8_t *session_chunks;
    struct recover_closing *closing; /* one for each session slot */
    struct claim_held *held;         /* held_slots */
};

/* Of one worker; begins zeroed. */
struct recover_count {
    uint32_t bindings, sessions;
    uint32_t bindings_dropped, sessions_dropped;
    uint32_t held;
    uint32_t closing;          /* of scratch->closing in use */
    uint32_t statics_left_out; /* configured bindings that no slot was free for */
};

/* Gives each prefix of guard its place in the header: the one that it had, else another; there are twice as
 * many places as prefixes. Those of prefixes that are not in force are freed by recover_done. */
void recover_begin(struct steps_shared *shared);

/* A worker's part of all chunks. */
void recover_survey(const struct steps *steps, const struct recover_scratch *scratch,
                    struct recover_count *count);
/* The bindings and sessions of the shards of steps->worker. */
void recover_slots(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                   struct recover_count *count);
/* Their ports held down, and what each backend has. */
void recover_rest(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                  struct recover_count *count);

/* After all workers. `settings_hash` names the configuration. */
void recover_done(struct steps_shared *shared, uint64_t settings_hash);

#endif
