/*
 * The state that outlives a process: one mapping with a header, the binding slots, the session slots and the
 * ports that are held down.
 *
 * Layer: table
 * Specification: RFC 6146 3.1 and 3.2 (what a BIB and a session entry hold)
 * Fuzz: fuzz_state_file
 *
 * Theory: position-independent (slots name each other by index), fixed size, no index inside: hash indices
 * and timers are rebuilt beside it from the slots. A slot has one state word, written last with release and
 * cleared first, so a reader of another thread or process sees a whole slot or none; a binding is written
 * before its first session. Slots are claimed by shards in chunks of STATE_CHUNK; the header fixes the number
 * of shards. The header lies there twice, each with its checksum. A field is changed in the first, then
 * sealed (checksum, then the second copy): one of them is always whole. Fields are only ever appended; a
 * program reads its own layout in place, and copies (state_copy) the one before it, another size, or another
 * boot's times.
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
#include "pool/claim.h"

enum {
    STATE_CHUNK = 256,
    STATE_NONE = 0xffffffff,   /* no slot */
    STATE_SLOTS_MAX = 1 << 24, /* an index entry has 24 bits for the slot */
    STATE_SHARDS_MAX = 64,
    STATE_HELD_MAX = 65536, /* ports held down, a shard */
    STATE_HELD = 8192,      /* of them, in a state that we make */
    STATE_PREF64_MAX =
        32,           /* prefixes that sessions may name: those in force, and room for as many new ones */
    STATE_LAYOUT = 3, /* the one before it is read, too; it has no `check` */
    STATE_BOOT_ID = 16,
    STATE_LIFETIMES = 6, /* enum expiry_lifetime */
};

#define STATE_MAGIC "gate64st"

struct state_pref64 {
    struct in6_addr address;
    uint8_t len; /* 0: free */
    uint8_t spare[7];
};

struct state_header {
    char magic[8];
    uint32_t layout;
    uint32_t header_len;
    uint32_t bib_slot_len;
    uint32_t session_slot_len;
    uint32_t bib_slots;
    uint32_t session_slots;
    uint32_t shards;        /* a power of two */
    uint32_t held_slots;    /* a shard */
    struct siphash_key key; /* of owner, of the paired address */
    uint8_t boot_id[STATE_BOOT_ID];
    uint64_t created_ns;
    uint64_t saved_ns;                            /* of a snapshot: CLOCK_BOOTTIME and */
    uint64_t saved_utc_ns;                        /* CLOCK_REALTIME when it was written */
    struct state_pref64 pref64[STATE_PREF64_MAX]; /* what session->pref64 names */
    uint64_t settings_hash;                /* of the configuration that the slots were last held against */
    uint64_t lifetime_ns[STATE_LIFETIMES]; /* that the times of sessions were made with; 0: not known */
    uint64_t spare[8];
    uint64_t checksum; /* of all before it */
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
    uint8_t port_block; /* code of the backend's block that src4_port is of (pool/bulk); 0 none */
    struct in6_addr src6;
    uint32_t src4;
    uint16_t src6_port;
    uint16_t src4_port;
    uint32_t sessions;      /* recomputed when read back */
    uint32_t static_index;  /* into the configured bindings, when is_static */
    uint32_t address_index; /* of src4 in the pool */
    uint64_t created_ns;
    uint32_t check; /* slot_check_bib */
    uint32_t spare;
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
    uint8_t pref64;    /* the prefix that the backend used last, by its place in the header */
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
    uint16_t mss6, mss4; /* MSS option of each direction's SYN; mss6 falls with the path MTU to the backend */
    uint32_t rule;       /* policy rule that allowed it; 0 none */
    uint8_t pool;        /* of its binding's address */
    uint8_t scale6, scale4; /* window scale of each direction's SYN, as rfc6146/tcp_window codes it */
    uint8_t spare8;
    uint64_t closed_ns; /* when EXPIRY_TCP_CLOSING began */
    uint32_t check;     /* slot_check_session */
    uint32_t spare4;
    uint64_t spare;
};
static_assert(sizeof(struct session) == 128, "a session slot is two cache lines");

enum {
    SESSION_ANSWERED = 1, /* a packet came from each side */
    SESSION_KNOWN6 = 2,   /* seq6 and ack4 count */
    SESSION_KNOWN4 = 4,   /* seq4 and ack6 count */
};

struct state {
    struct state_header *header;
    struct bib_entry *bib;
    struct session *sessions;
    struct claim_held *held; /* held_slots for each shard */
};

struct state_shape {
    uint32_t bib_slots;
    uint32_t session_slots;
    uint32_t shards;
    uint32_t held_slots;
};

/* Bytes that the mapping needs; 0 when out of bounds. */
size_t state_file_size(const struct state_shape *shape);

/* Lays out zeroed memory. -EINVAL when `len` is too small or the numbers are out of bounds. */
int state_file_init(struct state *state, void *base, size_t len, const struct state_shape *shape,
                    struct siphash_key key, const uint8_t boot_id[STATE_BOOT_ID], uint64_t now_ns)
    __attribute__((warn_unused_result));

/* Finds the parts of a mapping that was made before. -EBADMSG: no whole header of a layout that is known, or
 * not as long as the header says. -ESTALE: readable, but only by state_copy (`from` is filled in). A damaged
 * copy of the header is mended from the other. */
struct state_source {
    const struct state_header *header;
    const uint8_t *bib;
    const uint8_t *sessions;
    const uint8_t *held;
};
int state_file_open(struct state *state, void *base, size_t len, const uint8_t boot_id[STATE_BOOT_ID],
                    struct state_source *ret_source) __attribute__((warn_unused_result));

/* Makes both copies of the header whole again after a field of state->header changed. */
void state_file_seal(const struct state *state);

/* Copies every live slot into an empty state, of another size or layout, with `shift_ns` added to every time;
 * workers of the source may go on meanwhile. `to` must have the source's shards and key, which say whose a
 * flow is. `map` has room for the source's binding slots. What does not fit is left out; returns how many
 * sessions. */
uint32_t state_copy(const struct state_source *from, struct state *to, int64_t shift_ns, uint32_t *map);

#endif
