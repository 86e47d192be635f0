/*
 * Our firewall rules in the kernel: put there and taken away by the commands of the system.
 *
 * Layer: edge
 * Specification: iptables-restore(8) --noflush, nft(8) -f
 *
 * nft where it takes all of our rules (some kernels lack its queue expression), else iptables. An accept in
 * an nft table does not overrule the drop policy of another one, so those of FORWARD go through iptables as
 * well where that is installed. Chains are refilled whole and reached by one jump, so that a change is
 * atomic.
 */
#ifndef GATE64_NAT64D_KEEPER_RULES_H
#define GATE64_NAT64D_KEEPER_RULES_H

#include <stdbool.h>

#include "nat64d/keeper/rules_text.h"

/* A hash of what the plan's rules say, in hexadecimal, 16 digits and NUL; "" without memory. */
void rules_hash(const struct rules_plan *plan, char ret_hash[17]);

/* Makes the rules or brings them up to date; says which command it took, or what is missing. Routed pools
 * work without rules: then a warning, and 0. `lock` is inherited by the commands. */
int rules_add(const struct rules_plan *plan, int lock) __attribute__((warn_unused_result));

/* Whether the command asks the kernel by a raw socket (iptables-legacy), which needs CAP_NET_RAW. */
bool rules_need_raw(void);

/* Removes all of them, whatever is there. */
int rules_drop(const char *tun, int lock) __attribute__((warn_unused_result));

#endif
