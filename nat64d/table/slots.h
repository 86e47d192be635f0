/*
 * Free slots of a table: chunks shared by all shards, slots inside a chunk the shard's own.
 *
 * Layer: table
 * Specification: none
 *
 * A mutex guards the list of free chunks and is taken once for each STATE_CHUNK slots; a chunk that is all
 * free again goes back, but for one that the shard keeps.
 */
#ifndef GATE64_NAT64D_TABLE_SLOTS_H
#define GATE64_NAT64D_TABLE_SLOTS_H

#include <stdint.h>

#include "nat64d/table/state_file.h"

struct slots;       /* the chunks of one table */
struct slots_shard; /* one shard's slots of it */

int slots_new(uint32_t slots, struct slots **ret_slots) __attribute__((warn_unused_result));
void slots_free(struct slots *slots);
int slots_shard_new(struct slots *slots, struct slots_shard **ret_shard) __attribute__((warn_unused_result));
void slots_shard_free(struct slots_shard *shard);

/* A free slot, or STATE_NONE when the table is full. */
uint32_t slots_take(struct slots_shard *shard);
/* This slot, live since before a restart. -EBUSY: its chunk is another shard's; -EEXIST: it is taken;
 * -EINVAL: there is none. */
int slots_restore(struct slots_shard *shard, uint32_t slot) __attribute__((warn_unused_result));
void slots_give(struct slots_shard *shard, uint32_t slot);

#endif
