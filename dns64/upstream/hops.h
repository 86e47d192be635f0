/*
 * Through which dns64 a question has come: an EDNS option of our own, so that one which comes back is
 * noticed.
 *
 * Layer: pure
 * Specification: RFC 6891 9 (option codes for local use)
 * Fuzz: fuzz_dns_edns
 *
 * Each dns64 has a number by chance; a question takes along the numbers of those that asked it. Forwarders
 * that pass EDNS on pass it on too.
 */
#ifndef GATE64_DNS64_UPSTREAM_HOPS_H
#define GATE64_DNS64_UPSTREAM_HOPS_H

#include "dns64/wire/edns.h"

enum {
    HOPS_OPTION = 65064,
    HOPS_ID_LEN = 8,
    HOPS_MAX = 4, /* in a row, longer than anybody needs */
};

struct hops {
    uint8_t count;
    uint64_t ids[HOPS_MAX];
};

/* Those of a query; none if it has no such option. Of a list that is too long the first. */
void hops_read(const struct message *query, struct hops *ret_hops);

/* Whether we are among them, or there is no room for us. */
bool hops_is_loop(const struct hops *hops, uint64_t own);

/* The option's data with us behind them; returns its length. Not for a loop. */
size_t hops_write(const struct hops *hops, uint64_t own, uint8_t out[HOPS_MAX * HOPS_ID_LEN]);

#endif
