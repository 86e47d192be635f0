/*
 * The state that outlives a worker: one mapping with a header, the binding slots and the session slots.
 *
 * Layer: table
 * Specification: RFC 6146 3.1 and 3.2 (what a BIB and a session entry hold)
 *
 * Theory: position-independent (slots name each other by index), fixed size, no index inside: hash indices
 * and timers are rebuilt beside it from the slots. A slot has one state word, written last with release and
 * cleared first, so a reader of another thread or process sees a whole slot or none; a binding is written
 * before its first session. Slots are claimed by shards in chunks of STATE_CHUNK; the header fixes the number
 * of shards. Fields are only ever appended in the spare room.
 */
#ifndef GATE64_NAT64D_TABLE_STATE_FILE_H
#define GATE64_NAT64D_TABLE_STATE_FILE_H

#include <assert.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/siphash.h"
#include "common/transport.h"

enum {
    STATE_CHUNK = 256,
    STATE_NONE = 0xffffffff,   /* no slot */
    STATE_SLOTS_MAX = 1 << 24, /* an index entry has 24 bits for the slot */
    STATE_SHARDS_MAX = 64,
    STATE_LAYOUT = 1,
};

#define STATE_MAGIC "gate64st"

struct state_header {
    char magic[8];
    uint32_t layout;
    uint32_t header_len;
    uint32_t bib_slot_len;
    uint32_t session_slot_len;
    uint32_t bib_slots;
    uint32_t session_slots;
    uint32_t shards; /* a power of two */
    uint32_t reserved;
    struct siphash_key key; /* of owner, of the paired address */
    uint8_t boot_id[16];
    uint64_t created_ns;
    uint64_t spare[16];
};

enum state_word {
    STATE_FREE = 0,
    STATE_LIVE = 1,
};

/* RFC 6146 3.1: (X',x) <--> (T,t). Ports host order. */
struct bib_entry {
    _Atomic uint32_t word; /* enum state_word */
    uint8_t shard;
    uint8_t transport;
    uint8_t is_static;
    uint8_t flags;
    struct in6_addr src6;
    uint32_t src4;
    uint16_t src6_port;
    uint16_t src4_port;
    uint32_t sessions;      /* recomputed when read back */
    uint32_t static_index;  /* into the configured bindings, when is_static */
    uint32_t address_index; /* of src4 in the pool */
    uint64_t created_ns;
    uint32_t spare[2];
};
static_assert(sizeof(struct bib_entry) == 64, "a binding slot is one cache line");

/* RFC 6146 3.2: (X',x),(Y',y) <--> (T,t),(Z,z); X',x and T,t are the binding's. */
struct session {
    _Atomic uint32_t word;
    uint32_t bib;
    uint32_t dst4;
    uint16_t dst_port; /* 0 for ICMP */
    uint8_t transport;
    uint8_t tcp_state; /* enum tcp_state */
    uint8_t pref64;    /* index of the prefix that the backend used last */
    uint8_t shard;
    uint8_t lifetime;            /* enum expiry_lifetime */
    uint8_t flags;               /* SESSION_* */
    uint32_t name;               /* of the destination; 0 none */
    _Atomic uint64_t expires_ns; /* CLOCK_BOOTTIME */
    uint64_t created_ns;
    _Atomic uint64_t packets6, bytes6; /* from the backend */
    _Atomic uint64_t packets4, bytes4; /* to the backend */
    uint32_t seq6, ack6, seq4, ack4;   /* last seen, for in-window checks */
    uint16_t window6, window4;
    uint16_t mss6, mss4; /* MSS option seen in each direction's SYN */
    uint32_t rule;       /* policy rule that allowed it; 0 none */
    uint32_t spare32;
    uint64_t spare[3];
};
static_assert(sizeof(struct session) == 128, "a session slot is two cache lines");

enum {
    SESSION_ANSWERED = 1, /* a packet came from each side */
};

struct state {
    struct state_header *header;
    struct bib_entry *bib;
    struct session *sessions;
};

/* Bytes that the mapping needs; 0 when out of bounds. */
size_t state_file_size(uint32_t bib_slots, uint32_t session_slots);

/* Lays out zeroed memory. -EINVAL when `len` is too small or the numbers are out of bounds. */
int state_file_init(struct state *state, void *base, size_t len, uint32_t bib_slots, uint32_t session_slots,
                    uint32_t shards, struct siphash_key key, uint64_t now_ns)
    __attribute__((warn_unused_result));

#endif
