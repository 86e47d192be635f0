/*
 * The configuration in force: the file, with the uplink's address where it says "uplink", and the pools that
 * a reload took out while bindings were left on them.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5
 *
 * Keeper and translator make it from the same texts, so that both mean the same.
 */
#ifndef GATE64_NAT64D_EFFECTIVE_H
#define GATE64_NAT64D_EFFECTIVE_H

#include "common/links.h"
#include "common/settings.h"

/* Puts the address in place and checks again; `error` gets the line for the operator. `uplink4` 0: there is
 * no IPv4 default route, which is refused if a pool needs it. */
int effective_resolve(struct settings *settings, uint32_t uplink4, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));

/* The address of the interface of the IPv4 default route; 0 if there is none. */
uint32_t effective_uplink4(const struct links *links);

/* Text of the pools of `old` (draining ones too) that share no address with `new`, or whose address `new`
 * leaves to the host; to be freed. */
char *effective_drains(const struct settings *old, const struct settings *new);

/* Adds the pools of such a text, as draining ones. Those for which there is no room are left out. */
int effective_add_drains(struct settings *settings, const char *text, size_t len)
    __attribute__((warn_unused_result));

#endif
