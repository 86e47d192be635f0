/*
 * What a slot says of itself, summed up in a word: a slot that was damaged, or lies where it was not written,
 * is told from a sound one before it takes a port, a chunk or a flow from that.
 *
 * Layer: table
 * Specification: none (a checksum against damage, not against malice)
 *
 * Of the fields that never change while the slot is live, and of the slot's own number.
 */
#ifndef GATE64_NAT64D_TABLE_SLOT_CHECK_H
#define GATE64_NAT64D_TABLE_SLOT_CHECK_H

#include <string.h>

#include "nat64d/table/state_file.h"

static inline uint64_t slot_check_mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 32;
}

static inline uint32_t slot_check_bib(const struct bib_entry *entry, uint32_t slot)
{
    uint64_t words[2];
    memcpy(words, &entry->src6, sizeof(words));
    uint64_t sum = slot_check_mix(UINT64_C(1) << 32 | slot, words[0]);
    sum = slot_check_mix(sum, words[1]);
    sum = slot_check_mix(sum,
                         (uint64_t)entry->src4 << 32 | (uint64_t)entry->src6_port << 16 | entry->src4_port);
    sum = slot_check_mix(sum, (uint64_t)entry->port_block << 24 | (uint64_t)entry->shard << 16 |
                                  (uint64_t)entry->transport << 8 | entry->is_static);
    return (uint32_t)(slot_check_mix(sum, entry->created_ns) >> 16);
}

static inline uint32_t slot_check_session(const struct session *session, uint32_t slot)
{
    uint64_t sum = slot_check_mix(UINT64_C(2) << 32 | slot, (uint64_t)session->bib << 32 | session->dst4);
    sum = slot_check_mix(sum, (uint64_t)session->dst_port << 16 | (uint64_t)session->transport << 8 |
                                  session->shard);
    return (uint32_t)(slot_check_mix(sum, session->created_ns) >> 16);
}

#endif
