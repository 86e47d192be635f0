/*
 * Whether a list of firewall rules lets the packets of a device through.
 *
 * Layer: pure
 * Specification: iptables(8) -S
 */
#ifndef GATE64_GATE64_FIREWALL_TEXT_H
#define GATE64_GATE64_FIREWALL_TEXT_H

#include <stdbool.h>

struct firewall_text {
    bool in;  /* what comes from the device is let through */
    bool out; /* and what goes to it */
};

/* `rules` is what `iptables -S FORWARD` prints: a policy or a rule without conditions that drops, and in
 * front of it none that accepts the device or jumps to the chain of nat64d. */
struct firewall_text firewall_text_judge(const char *rules, const char *device);

#endif
