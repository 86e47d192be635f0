/*
 * The text of our firewall rules, for iptables-restore and for nft.
 *
 * Layer: pure
 * Specification: iptables-extensions(8): CT, conntrack, socket, u32, NFQUEUE; nft(8); RFC 792
 *
 * All rules of a device lie in chains G64-TUN (and G64-TUN-q, the queue rules), or in the nft table
 * inet gate64-TUN:
 *   raw     no connection tracking for what comes from the device or goes to a pref64, so that the answers
 *           to a shared address are known to nobody but us;
 *   mangle  (shared addresses only) what is neither conntrack's nor of a socket of this host, and carries a
 *           port of ours, goes to the queue of the worker that owns the port;
 *   filter  what is forwarded from or to the device is accepted.
 * The queue rules have no bypass: without a reader packets are lost and TCP sends again, where the host
 * would answer RST.
 */
#ifndef GATE64_NAT64D_KEEPER_RULES_TEXT_H
#define GATE64_NAT64D_KEEPER_RULES_TEXT_H

#include "common/addr.h"
#include "nat64d/keeper/builder.h"
#include "nat64d/keeper/port_set.h"

enum {
    RULES_TEXT_CHAIN_LEN = 29, /* of iptables, NUL included */
};

struct rules_shared {
    uint32_t address;
    struct port_set tcp, udp, icmp; /* ours; of ICMP the identifiers */
};

struct rules_plan {
    const char *tun;
    const struct addr_prefix6 *pref64;
    size_t pref64_count;
    const struct rules_shared *shared;
    size_t shared_count;
    unsigned workers, shards; /* owner of a port: ((port / 64) % shards) % workers */
    bool notrack;
    bool in_raw; /* the queue rules go to raw, without what needs conntrack and the socket match */
};

/* The names of our chains. */
char *rules_text_chain(const char *tun, char buffer[RULES_TEXT_CHAIN_LEN]);
char *rules_text_queue_chain(const char *tun, char buffer[RULES_TEXT_CHAIN_LEN]);

/* For iptables-restore --noflush (AF_INET) or ip6tables-restore --noflush (AF_INET6): fills our chains anew;
 * the jumps to them are not part of it. A table without rules of ours is not named. */
void rules_text_iptables(struct builder *builder, const struct rules_plan *plan, int family);

/* For nft -f: replaces our table. */
void rules_text_nft(struct builder *builder, const struct rules_plan *plan);
/* Removes it, there or not. */
void rules_text_nft_drop(struct builder *builder, const char *tun);

#endif
