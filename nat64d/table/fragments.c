/*
 * Layer: table
 * Specification: RFC 6146 3.4, RFC 8200 4.5, RFC 5722 4, RFC 791 3.2
 */
#include "nat64d/table/fragments.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/packet/parse.h"
#include "nat64d/rfc7915/fragment.h"
#include "nat64d/table/chunks.h"

enum {
    NONE = CHUNKS_NONE,
    CHUNKS_LEAST = 1024, /* a source's share of them holds 64 KiB in small fragments */
    CHUNKS_EACH = 8,
    SOURCES = 1024, /* counters by hash of the source network */
    IPV6_NETWORK = 8,
    FRAGMENT_NEXT = 0, /* in the fragment header */
    ECN_MASK = 3,      /* RFC 3168 5 */
    ECN_CE = 3,
    IP_MAX = 65535,
};

/* A fragment: a range of the datagram and, if it waits, the packet as it came. */
struct piece {
    int32_t chunk; /* NONE: it has passed */
    uint16_t offset, len;
    uint16_t header; /* bytes before the payload */
    uint8_t traffic_class;
    bool more;
};

struct key {
    uint8_t source[16], destination[16]; /* IPv4: 4 bytes and zeros */
    uint32_t id;
    uint8_t family;
    uint8_t protocol; /* IPv6: 0, only the first fragment's counts */
    uint8_t zero[2];  /* no padding: it is hashed */
};

struct datagram {
    struct key key;
    uint64_t born_ns;
    int32_t chain;        /* next in its bucket, or in the free list */
    int32_t older, newer; /* by birth */
    int32_t ready_next;
    uint16_t source_port, destination_port;
    uint32_t end;  /* length of the whole; 0 until the last fragment is there */
    uint32_t have; /* bytes */
    uint8_t protocol;
    uint8_t pieces_count, waiting;
    uint8_t first; /* of the pieces, with has_first */
    bool has_first, whole, ready;
    enum reason refused; /* what its other fragments hear, if not REASON_OK */
    struct piece pieces[FRAGMENTS_PIECES];
};

struct source {
    uint32_t datagrams, chunks;
};

struct fragments {
    struct siphash_key key;
    uint32_t datagrams_max, count;
    uint32_t fresh; /* from here on no record was ever used: its memory is not touched before */
    uint32_t buckets_mask;
    int32_t free;
    int32_t oldest, newest;
    int32_t ready_first, ready_last;
    struct source sources[SOURCES];
    int32_t *buckets;
    struct datagram *datagrams;
    struct chunks chunks;
};

static uint32_t at_least(uint32_t value, uint32_t least)
{
    return value < least ? least : value;
}

int fragments_new(uint32_t datagrams, struct siphash_key key, struct fragments **ret_fragments)
{
    struct fragments *fragments = calloc(1, sizeof(*fragments));
    if (fragments == NULL)
        return -ENOMEM;
    fragments->key = key;
    fragments->free = fragments->oldest = fragments->newest = NONE;
    fragments->ready_first = fragments->ready_last = NONE;
    fragments->datagrams_max = at_least(datagrams, FRAGMENTS_LEAST);
    while (fragments->buckets_mask < fragments->datagrams_max)
        fragments->buckets_mask = fragments->buckets_mask * 2 + 1;
    fragments->buckets = calloc(fragments->buckets_mask + 1, sizeof(*fragments->buckets));
    fragments->datagrams = calloc(fragments->datagrams_max, sizeof(*fragments->datagrams));
    int r = chunks_init(&fragments->chunks, at_least(fragments->datagrams_max * CHUNKS_EACH, CHUNKS_LEAST));
    if (r < 0 || fragments->buckets == NULL || fragments->datagrams == NULL) {
        fragments_free(fragments);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i <= fragments->buckets_mask; i++)
        fragments->buckets[i] = NONE;
    *ret_fragments = fragments;
    return 0;
}

void fragments_free(struct fragments *fragments)
{
    if (fragments == NULL)
        return;
    free(fragments->buckets);
    free(fragments->datagrams);
    chunks_done(&fragments->chunks);
    free(fragments);
}

static struct key key_of(const struct packet *packet)
{
    struct key key = {0};
    bool v6 = packet->family == 6;
    memcpy(key.source, packet->data + (v6 ? 8 : 12), v6 ? 16 : 4);
    memcpy(key.destination, packet->data + (v6 ? 24 : 16), v6 ? 16 : 4);
    key.id = packet->id;
    key.family = packet->family;
    key.protocol = v6 ? 0 : packet->protocol;
    return key;
}

static_assert(sizeof(struct key) == 40, "a key is five words");

static uint64_t hash_key(struct siphash_key secret, const struct key *key)
{
    uint64_t words[5];
    memcpy(words, key, sizeof(words));
    return siphash13_words(secret, words, 5);
}

uint64_t fragments_hash(struct siphash_key key, const struct packet *packet)
{
    struct key of = key_of(packet);
    return hash_key(key, &of);
}

static struct source *source_of(struct fragments *fragments, const struct key *key)
{
    uint64_t network; /* of IPv4 the address and zeros */
    memcpy(&network, key->source, IPV6_NETWORK);
    return &fragments->sources[siphash13_words(fragments->key, &network, 1) % SOURCES];
}

static int32_t *find(struct fragments *fragments, const struct key *key)
{
    int32_t *link = &fragments->buckets[hash_key(fragments->key, key) & fragments->buckets_mask];
    while (*link != NONE && memcmp(&fragments->datagrams[*link].key, key, sizeof(*key)) != 0)
        link = &fragments->datagrams[*link].chain;
    return link;
}

/* There is one. */
static int32_t take_record(struct fragments *fragments)
{
    int32_t at = fragments->free;
    if (at == NONE)
        return (int32_t)fragments->fresh++;
    fragments->free = fragments->datagrams[at].chain;
    return at;
}

static enum reason open_datagram(struct fragments *fragments, const struct key *key, bool first,
                                 uint64_t now_ns, struct datagram **ret_datagram)
{
    struct source *source = source_of(fragments, key);
    uint32_t reserved = first ? 0 : fragments->datagrams_max / FRAGMENTS_SHARE;
    if (fragments->count + reserved >= fragments->datagrams_max ||
        source->datagrams >= fragments->datagrams_max / FRAGMENTS_SHARE)
        return REASON_FRAGMENT_LIMIT;
    int32_t *link = find(fragments, key), at = take_record(fragments);
    struct datagram *datagram = &fragments->datagrams[at];
    *datagram = (struct datagram){
        .key = *key, .born_ns = now_ns, .chain = *link, .older = fragments->newest, .newer = NONE};
    *link = at;
    if (fragments->newest == NONE)
        fragments->oldest = at;
    else
        fragments->datagrams[fragments->newest].newer = at;
    fragments->newest = at;
    fragments->count++;
    source->datagrams++;
    *ret_datagram = datagram;
    return REASON_OK;
}

static void drop_piece(struct fragments *fragments, const struct key *key, struct piece *piece)
{
    if (piece->chunk == NONE)
        return;
    source_of(fragments, key)->chunks -= chunks_needed((uint32_t)piece->header + piece->len);
    chunks_free(&fragments->chunks, piece->chunk);
    piece->chunk = NONE;
}

static void make_ready(struct fragments *fragments, struct datagram *datagram)
{
    int32_t at = (int32_t)(datagram - fragments->datagrams);
    datagram->ready = true;
    datagram->ready_next = NONE;
    if (fragments->ready_last == NONE)
        fragments->ready_first = at;
    else
        fragments->datagrams[fragments->ready_last].ready_next = at;
    fragments->ready_last = at;
}

/* The list is short: what is ready is taken at once. */
static void end_ready(struct fragments *fragments, struct datagram *datagram)
{
    int32_t at = (int32_t)(datagram - fragments->datagrams), before = NONE, *link = &fragments->ready_first;
    if (!datagram->ready)
        return;
    while (*link != at) {
        before = *link;
        link = &fragments->datagrams[*link].ready_next;
    }
    *link = datagram->ready_next;
    if (fragments->ready_last == at)
        fragments->ready_last = before;
    datagram->ready = false;
}

/* Drops what waits; returns how many. */
static uint32_t drop_waiting(struct fragments *fragments, struct datagram *datagram)
{
    uint32_t dropped = datagram->waiting;
    end_ready(fragments, datagram);
    for (unsigned i = 0; i < datagram->pieces_count; i++)
        drop_piece(fragments, &datagram->key, &datagram->pieces[i]);
    datagram->waiting = 0;
    return dropped;
}

static void close_datagram(struct fragments *fragments, struct datagram *datagram)
{
    int32_t *link = find(fragments, &datagram->key), at = *link;
    end_ready(fragments, datagram);
    *link = datagram->chain;
    *(datagram->older == NONE ? &fragments->oldest : &fragments->datagrams[datagram->older].newer) =
        datagram->newer;
    *(datagram->newer == NONE ? &fragments->newest : &fragments->datagrams[datagram->newer].older) =
        datagram->older;
    source_of(fragments, &datagram->key)->datagrams--;
    fragments->count--;
    datagram->chain = fragments->free;
    fragments->free = at;
}

/* It stays as a gravestone, so that its other fragments do not make another datagram. */
static enum reason refuse(struct fragments *fragments, struct datagram *datagram, enum reason reason,
                          uint32_t *ret_dropped)
{
    *ret_dropped = drop_waiting(fragments, datagram);
    datagram->refused = reason;
    return reason;
}

/* Whether this range may join those that are there. */
static enum reason check_range(const struct datagram *datagram, uint32_t offset, uint32_t end, bool more)
{
    if (datagram->end != 0 && (end > datagram->end || (!more && end != datagram->end)))
        return REASON_FRAGMENT_OVERLAP;
    for (unsigned i = 0; i < datagram->pieces_count; i++) {
        const struct piece *piece = &datagram->pieces[i];
        uint32_t piece_end = (uint32_t)piece->offset + piece->len;
        if (piece->offset == offset && piece_end == end && piece->more == more)
            return REASON_FRAGMENT_DUPLICATE;
        if ((piece->offset < end && offset < piece_end) || (!more && piece_end > end))
            return REASON_FRAGMENT_OVERLAP;
    }
    return datagram->pieces_count == FRAGMENTS_PIECES ? REASON_FRAGMENT_TOO_MANY : REASON_OK;
}

/* Copies the packet; false when there is no memory for it. */
static bool keep(struct fragments *fragments, const struct key *key, const struct packet *packet,
                 struct piece *piece)
{
    struct source *source = source_of(fragments, key);
    uint32_t needed = chunks_needed(packet->len), max = fragments->chunks.max;
    if (fragments->chunks.used + needed > max || source->chunks + needed > max / FRAGMENTS_SHARE)
        return false;
    source->chunks += needed;
    piece->chunk = chunks_put(&fragments->chunks, packet->data, packet->len);
    return true;
}

/* Copies the kept packet from byte `skip` on. */
static void copy_out(const struct fragments *fragments, const struct piece *piece, uint32_t skip,
                     uint8_t *out)
{
    chunks_get(&fragments->chunks, piece->chunk, (uint32_t)piece->header + piece->len, skip, out);
}

/* RFC 8200 4.5: of the next header fields only the first fragment's counts. */
static void set_next_header(uint8_t *ip, uint32_t header, uint8_t protocol)
{
    if (ip[0] >> 4 == 6)
        ip[header - PACKET_FRAGMENT_HEADER + FRAGMENT_NEXT] = protocol;
}

static void describe(const struct datagram *datagram, struct packet *packet)
{
    packet->collected = true;
    packet->source_port = datagram->source_port;
    packet->destination_port = datagram->destination_port;
}

static void pass(const struct datagram *datagram, struct packet *packet)
{
    set_next_header(packet->data, packet->l3_len, datagram->protocol);
    packet->protocol = datagram->protocol;
    describe(datagram, packet);
}

static bool is_complete(const struct datagram *datagram)
{
    return datagram->end != 0 && datagram->have == datagram->end;
}

static const struct piece *first_piece(const struct datagram *datagram)
{
    return &datagram->pieces[datagram->first];
}

/* The whole with the first fragment's headers is an IP packet, too. */
static bool fits(const struct datagram *datagram)
{
    uint32_t header = first_piece(datagram)->header;
    return header + datagram->end <= IP_MAX + (datagram->key.family == 6 ? PACKET_IPV6_HEADER : 0u);
}

static void note_piece(struct datagram *datagram, const struct packet *packet, const struct piece *piece)
{
    datagram->pieces[datagram->pieces_count++] = *piece;
    datagram->have += piece->len;
    if (piece->chunk != NONE)
        datagram->waiting++;
    if (!piece->more)
        datagram->end = (uint32_t)piece->offset + piece->len;
    if (piece->offset == 0) {
        datagram->has_first = true;
        datagram->first = datagram->pieces_count - 1;
        datagram->protocol = packet->protocol;
        datagram->source_port = parse_source_port(packet);
        datagram->destination_port = parse_destination_port(packet);
    }
}

/* What the new fragment makes possible. */
static enum reason follow(struct fragments *fragments, struct datagram *datagram, uint32_t *ret_dropped)
{
    if (datagram->whole) {
        if (!is_complete(datagram))
            return REASON_OK;
        if (!fits(datagram))
            return refuse(fragments, datagram, REASON_FRAGMENT_TOO_LONG, ret_dropped);
        make_ready(fragments, datagram);
        return REASON_OK;
    }
    if (datagram->has_first && datagram->waiting > 0 && !datagram->ready)
        make_ready(fragments, datagram);
    else if (is_complete(datagram) && datagram->waiting == 0)
        close_datagram(fragments, datagram);
    return REASON_OK;
}

enum reason fragments_add(struct fragments *fragments, struct packet *packet, bool whole, uint64_t now_ns,
                          enum fragments_fate *ret_fate, uint32_t *ret_dropped)
{
    struct key key = key_of(packet);
    int32_t at = *find(fragments, &key);
    struct datagram *datagram = at == NONE ? NULL : &fragments->datagrams[at];
    bool first = packet->fragment_offset == 0;
    struct piece piece = {.chunk = NONE,
                          .offset = packet->fragment_offset,
                          .len = (uint16_t)packet_l4_total(packet),
                          .header = packet->l3_len,
                          .traffic_class = packet->traffic_class,
                          .more = packet->more_fragments};
    enum reason reason = REASON_OK;
    *ret_dropped = 0;
    if (datagram == NULL)
        reason = open_datagram(fragments, &key, first, now_ns, &datagram);
    else if (datagram->refused != REASON_OK)
        reason = datagram->refused;
    else
        reason = check_range(datagram, piece.offset, (uint32_t)piece.offset + piece.len, piece.more);
    if (reason == REASON_FRAGMENT_OVERLAP || reason == REASON_FRAGMENT_TOO_MANY)
        return refuse(fragments, datagram, reason, ret_dropped);
    if (reason != REASON_OK)
        return reason;
    /* Once a fragment has passed it is too late to translate the datagram whole. */
    if (whole && !datagram->has_first)
        datagram->whole = true;
    bool waits = datagram->whole || (!first && !datagram->has_first);
    if (waits && !keep(fragments, &key, packet, &piece))
        return refuse(fragments, datagram, REASON_FRAGMENT_MEMORY, ret_dropped);
    note_piece(datagram, packet, &piece);
    if (!waits)
        pass(datagram, packet);
    *ret_fate = waits ? FRAGMENTS_KEPT : FRAGMENTS_PASSES;
    return follow(fragments, datagram, ret_dropped);
}

bool fragments_ready(const struct fragments *fragments)
{
    return fragments->ready_first != NONE;
}

/* RFC 3168 5.3: congestion that one fragment met is told. */
static uint8_t traffic_class(const struct datagram *datagram)
{
    uint8_t class = first_piece(datagram)->traffic_class;
    for (unsigned i = 0; i < datagram->pieces_count; i++)
        if ((datagram->pieces[i].traffic_class & ECN_MASK) == ECN_CE && (class & ECN_MASK) != 0)
            class |= ECN_CE;
    return class;
}

static uint32_t assemble(const struct fragments *fragments, const struct datagram *datagram, uint8_t *out)
{
    const struct piece *first = first_piece(datagram);
    copy_out(fragments, first, 0, out);
    for (unsigned i = 0; i < datagram->pieces_count; i++) {
        const struct piece *piece = &datagram->pieces[i];
        copy_out(fragments, piece, piece->header, out + first->header + piece->offset);
    }
    fragment_make_whole(out, first->header, datagram->end, traffic_class(datagram));
    return first->header + datagram->end;
}

/* One of the fragments that had waited for the first. */
static uint32_t take_piece(struct fragments *fragments, struct datagram *datagram, uint8_t *out)
{
    struct piece *piece = datagram->pieces;
    while (piece->chunk == NONE)
        piece++;
    copy_out(fragments, piece, 0, out);
    set_next_header(out, piece->header, datagram->protocol);
    drop_piece(fragments, &datagram->key, piece);
    datagram->waiting--;
    return (uint32_t)piece->header + piece->len;
}

bool fragments_take(struct fragments *fragments, struct packet *packet)
{
    struct datagram *datagram = &fragments->datagrams[fragments->ready_first];
    bool whole = datagram->whole;
    packet->vnet = (struct packet_vnet){0};
    packet->hairpin = packet->gso_guessed = false;
    packet->trace = (struct packet_trace){0};
    packet->counted = true;
    describe(datagram, packet);
    if (whole) {
        packet->len = assemble(fragments, datagram, packet->data);
        drop_waiting(fragments, datagram);
        close_datagram(fragments, datagram);
        return true;
    }
    packet->len = take_piece(fragments, datagram, packet->data);
    if (datagram->waiting == 0) {
        end_ready(fragments, datagram);
        if (is_complete(datagram))
            close_datagram(fragments, datagram);
    }
    return false;
}

uint32_t fragments_expire(struct fragments *fragments, uint64_t now_ns, uint64_t window_ns)
{
    uint32_t dropped = 0;
    while (fragments->oldest != NONE) {
        struct datagram *datagram = &fragments->datagrams[fragments->oldest];
        if (datagram->born_ns + window_ns > now_ns)
            break;
        dropped += drop_waiting(fragments, datagram);
        close_datagram(fragments, datagram);
    }
    return dropped;
}

uint32_t fragments_count(const struct fragments *fragments)
{
    return fragments->count;
}

uint32_t fragments_chunks(const struct fragments *fragments)
{
    return fragments->chunks.used;
}
