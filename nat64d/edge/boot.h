/*
 * Which boot this is.
 *
 * Layer: edge
 * Specification: random(4), /proc/sys/kernel/random/boot_id
 */
#ifndef GATE64_NAT64D_EDGE_BOOT_H
#define GATE64_NAT64D_EDGE_BOOT_H

#include <stdint.h>

#include "nat64d/table/state_file.h"

int boot_id_read(uint8_t ret_id[STATE_BOOT_ID]) __attribute__((warn_unused_result));

#endif
