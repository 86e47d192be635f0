/*
 * Whether chains of nftables let the packets of a device through.
 *
 * Layer: edge
 * Specification: libnftables-json(5)
 */
#ifndef GATE64_GATE64_NFT_RULES_H
#define GATE64_GATE64_NFT_RULES_H

#include <jansson.h>

#include "gate64/firewall_text.h"

struct nft_rules_chain {
    const char *family, *table, *name; /* lent by the document */
};

/* Entry `i` of `nft -j list chains`: whether it is a chain that forwarded packets pass. Those of iptables,
 * which show there, too, are not: iptables is asked for them. */
bool nft_rules_is_forward(const json_t *document, size_t i, struct nft_rules_chain *ret_chain);
size_t nft_rules_count(const json_t *document);

/* `document` is what `nft -j list chain` says: a policy or a rule without conditions that drops, and in front
 * of it none that accepts the device. */
struct firewall_text nft_rules_judge(const json_t *document, const char *device);

#endif
