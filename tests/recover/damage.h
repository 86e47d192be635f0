/*
 * Damage to a state's file: what a bad disk, a bad cable or a bad person makes of it.
 *
 * Layer: test
 * Specification: none
 */
#ifndef GATE64_TESTS_RECOVER_DAMAGE_H
#define GATE64_TESTS_RECOVER_DAMAGE_H

#include "nat64d/table/state_file.h"

struct damage {
    uint64_t random;  /* the state of the generator, not 0 */
    size_t len;       /* of the file; damage may cut it */
    bool is_hostile;  /* the header lies, under a right checksum */
    bool is_headless; /* both copies of the header were touched */
};

uint64_t damage_random(struct damage *damage);
uint32_t damage_below(struct damage *damage, uint32_t bound);

/* Does one to four things to the file at `memory`, which is whole; damage->len is its length. */
void damage_do(struct damage *damage, uint8_t *memory);

#endif
