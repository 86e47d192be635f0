/*
 * The five steps of a stateful NAT64, for one worker.
 *
 * Layer: path
 * Specification: RFC 6146 3.3 (the steps), 3.4 - 3.8
 *
 * steps_packet takes a packet as it came in and says what is to be done with it: sent (translated in
 * place), handed to the worker that owns its flow, or dropped for a reason, which may bring an ICMP error to
 * send. steps_timeout gives what time alone makes necessary. Neither makes a system call; every outcome is
 * counted here and nowhere else.
 *
 * Share-nothing: a worker has the shards with shard % workers == its number, and touches no other's tables.
 * What all workers read is in steps_shared; of it only blocks, slots and quota change, and only when a
 * binding or session is made or ends, and the path MTUs, after an ICMP error or with time.
 */
#ifndef GATE64_NAT64D_RFC6146_STEPS_H
#define GATE64_NAT64D_RFC6146_STEPS_H

#include "common/counters.h"
#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc6146/guard.h"
#include "nat64d/rfc6146/tcp_state.h"
#include "nat64d/rfc7915/translation.h"
#include "nat64d/table/bib.h"
#include "nat64d/table/expiry.h"
#include "nat64d/table/fragments.h"
#include "nat64d/table/identification.h"
#include "nat64d/table/natevent.h"
#include "nat64d/table/path_mtu.h"
#include "nat64d/table/rate.h"
#include "nat64d/table/session.h"
#include "nat64d/table/stored_syn.h"
#include "nat64d/table/trace.h"
#include "pool/binding.h"
#include "pool/claim.h"
#include "pool/eam.h"
#include "pool/quota.h"

enum {
    STEPS_INBOUND_MAX = 4096, /* sessions on one binding before IPv4 may make no more (RFC 6146 5.3) */
    STEPS_REPLY_MAX = 1280,
    STEPS_NO_PREF64 = 0xff,
};

static_assert(REASON_COUNT + TALLY_COUNT <= COUNTERS_MAX, "a set of counters holds reasons and tallies");

/* RFC 7757 4.2: how one mapped host reaches another. */
enum steps_eam_hairpin { STEPS_EAM_HAIRPIN_INTRINSIC, STEPS_EAM_HAIRPIN_SIMPLE, STEPS_EAM_HAIRPIN_OFF };

/* What the event log wants (rfc8158/events). */
struct steps_events {
    bool bindings;       /* NATEVENT_BIB_* */
    bool sessions;       /* NATEVENT_SESSION_*, with destinations */
    bool addresses;      /* NATEVENT_ADDRESS_* */
    uint8_t backend_len; /* bits of an address that make a backend */
    uint32_t per_second; /* records of each limited kind, a worker */
};

/* Records that a flood could bring, one a packet. */
enum steps_event_limit {
    STEPS_EVENT_PORTS,
    STEPS_EVENT_ADDRESSES,
    STEPS_EVENT_QUOTA,
    STEPS_EVENT_LIMITS,
};

struct steps_shared {
    struct state state;
    const struct prefixes *prefixes;
    const struct group_table *groups;
    struct block_table *blocks;
    struct bulk *bulk;
    const struct binding_table *bindings;
    const struct eam *eam; /* NULL: no mappings */
    enum steps_eam_hairpin eam_hairpin;
    struct quota *quota;
    struct path_mtu *path_mtus; /* towards backends */
    struct guard guard;
    uint8_t pref64_slot[SETTINGS_PREF64_MAX]; /* of each prefix of guard, in the header of the state */
    uint8_t pref64_index[STATE_PREF64_MAX];   /* the other way; STEPS_NO_PREF64 when it is not in force */
    struct translation_options options;
    const struct addr_prefix4 *icmp_source4; /* RFC 6791: for routers without a mapping */
    size_t icmp_source4_count;
    bool forbids_pings;
    bool endpoint_independent[TRANSPORT_COUNT];
    bool outbound_refresh; /* RFC 6146 5.3: what comes from IPv4 keeps no session alive */
    struct tcp_options tcp;
    uint64_t lifetime_ns[EXPIRY_LIFETIMES];
    int64_t lifetime_shift_ns[EXPIRY_LIFETIMES]; /* to what the times in the slots were made with */
    bool settings_changed;                       /* since the slots were last held against them (recover) */
    uint64_t closing_full_ns;                    /* what EXPIRY_TCP_CLOSING falls to as a pool fills up */
    uint64_t syn_wait_ns;
    uint64_t fragment_ns;   /* how long the fragments of a datagram may take */
    uint32_t fragments_max; /* datagrams in fragments at once, of all workers */
    bool send_errors;
    struct steps_events events;
    struct natevent_ring *const *event_rings; /* of each worker; NULL: nobody logs */
    unsigned shards;
    unsigned workers;
};

/* The tables of one shard. */
struct steps_shard {
    struct bib bib;
    struct session_table sessions;
    struct expiry expiry;
    struct stored_syn_table *syns;
    struct claim *claim;
};

struct steps {
    const struct steps_shared *shared;
    const struct network *network; /* set by the worker before each batch */
    unsigned worker;
    struct steps_shard *shards; /* all of them; only our own are touched */
    struct counters *counters;
    struct identification identification;
    struct rate rate;
    struct fragments *fragments; /* of the datagrams whose home we are (collect.h) */
    struct port_random random;
    struct natevent_ring *events; /* this worker's; NULL: nobody logs */
    struct natevent_limit event_limits[STEPS_EVENT_LIMITS];
    unsigned timeout_shard; /* where steps_timeout goes on */
    struct trace trace;     /* what the control thread wants to see of the packets */
    bool probe4_due;        /* the IPv4 side of this session of timeout_shard is asked next */
    uint32_t probe4_session;
    uint8_t reply[STEPS_REPLY_MAX];
    uint8_t scratch[STEPS_REPLY_MAX];
};

enum steps_verdict {
    STEPS_SEND,     /* packet is translated; cut it to cut_mtu if that is not 0 */
    STEPS_HANDOVER, /* to `worker`, which calls steps_packet again */
    STEPS_KEPT,     /* a fragment, copied until steps_waiting brings it back */
    STEPS_DROP,
};

struct steps_result {
    enum steps_verdict verdict;
    enum reason reason;
    unsigned worker;
    uint32_t cut_mtu;
    uint32_t reply_len; /* bytes of steps->reply to send besides; 0 none */
};

void steps_packet(struct steps *steps, struct packet *packet, uint64_t now_ns,
                  struct steps_result *ret_result);

/* A fragment that need wait no longer, or a datagram made of fragments: taken, it goes to steps_packet. To be
 * looked for after each steps_packet, so that a flow keeps its order. Room for PACKET_MAX at packet->data. */
bool steps_waiting(const struct steps *steps);
void steps_take_waiting(struct steps *steps, struct packet *packet);

/* What is due: ends sessions, and gives one packet at a time to send (a probe, an ICMP error about a stored
 * SYN) in steps->reply. Returns its length; 0 when nothing (more) is due or the budget is used up. */
uint32_t steps_timeout(struct steps *steps, uint64_t now_ns, unsigned *budget);

/* For the edge: a translated packet that it could not send, or hand over. */
void steps_failed(struct steps *steps, enum reason reason);

static inline void steps_count(struct steps *steps, enum tally tally, uint64_t amount)
{
    counters_add(steps->counters, REASON_COUNT + tally, amount);
}

/* Whether an explicit mapping has it. */
static inline bool steps_is_mapped(const struct steps *steps, uint32_t address)
{
    struct in6_addr image;
    return eam_find4(steps->shared->eam, address, &image);
}

/* Whether what is sent to this IPv4 transport address is for a backend. Of a shared address only our ports
 * are, and those of static bindings; an echo request (port 0) to it is for the host. */
static inline bool steps_is_pool(const struct steps *steps, enum transport transport, uint32_t address,
                                 uint16_t port)
{
    return prefixes_holds(steps->shared->prefixes, address, port) ||
           binding_find4(steps->shared->bindings, transport, address, port) != NULL ||
           steps_is_mapped(steps, address);
}

/* The prefix in guard that a session was made under; recovery left none whose prefix is not in force. */
static inline unsigned steps_pref64(const struct steps *steps, const struct session *session)
{
    return steps->shared->pref64_index[session->pref64 % STATE_PREF64_MAX];
}

/* What a packet to this backend may be at most: by our link and, as far as it is known, by its path. */
static inline uint32_t steps_mtu6(const struct steps *steps, const struct in6_addr *backend)
{
    return path_mtu_limit(steps->shared->path_mtus, backend, network_mtu6(steps->network, backend));
}

/* A Packet Too Big about a packet that we sent there, after all checks: kept if it is less than
 * our own link carries. */
void steps_learn_mtu6(struct steps *steps, const struct in6_addr *backend, uint32_t mtu, uint64_t now_ns);

static inline bool steps_owns(const struct steps *steps, unsigned shard)
{
    return shard % steps->shared->workers == steps->worker;
}

#endif
