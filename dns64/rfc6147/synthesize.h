/*
 * Synthetic AAAA records and the answer that holds them.
 *
 * Layer: pure
 * Specification: RFC 6147 5.1.7, 5.2, 5.3.2, 5.4; RFC 6052 3.1
 */
#ifndef GATE64_DNS64_RFC6147_SYNTHESIZE_H
#define GATE64_DNS64_RFC6147_SYNTHESIZE_H

#include "dns64/rfc6147/chain.h"
#include "dns64/rfc6147/dnssec.h"

enum {
    SYNTHESIZE_MAX = 64, /* records in one answer */
    SYNTHESIZE_PREFIXES_MAX = 16,
    SYNTHESIZE_TTL_NO_SOA = 600, /* RFC 6147 5.1.7 */
};

/* One prefix and what it may and shall hold. An A record goes into the prefixes whose for4 range is the
 * longest that has it; one without ranges is for what no other's range has. */
struct synthesize_pref64 {
    struct addr_prefix6 prefix;
    const struct addr_prefix4 *allow4;
    size_t allow4_count;
    const struct addr_prefix4 *for4; /* none: as 0.0.0.0/0 */
    size_t for4_count;
    const struct addr_prefix4 *deny4; /* what nat64d refuses anyway */
    size_t deny4_count;
};

/* Which of the prefixes an address goes into, in their order: by range, and not where it is denied. Returns
 * how many. */
size_t synthesize_prefixes(uint32_t address, const struct synthesize_pref64 *pref64, size_t pref64_count,
                           size_t ret_chosen[SYNTHESIZE_PREFIXES_MAX]);

/* Whether any A record at the chain's end has an image in any prefix. */
bool synthesize_possible(const struct message *a, const struct chain *chain,
                         const struct synthesize_pref64 *pref64, size_t pref64_count);

/* min(TTL of A, TTL of the SOA that came with the negative AAAA), or 600 s without one. */
uint32_t synthesize_ttl(uint32_t a_ttl, bool has_soa, uint32_t soa_ttl);

/* Adds chain, synthetic records, and the A reply's authority and additional sections to the writer. `ttl` is
 * that of each synthetic record. *ret_cut: more than SYNTHESIZE_MAX were possible. Returns how many synthetic
 * records there are. */
unsigned synthesize_answer(struct message_writer *writer, const struct message *a, const struct chain *chain,
                           const struct synthesize_pref64 *pref64, size_t pref64_count, uint32_t ttl,
                           const struct dnssec_client *client, bool *ret_cut);

#endif
