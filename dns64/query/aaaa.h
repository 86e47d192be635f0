/*
 * An AAAA question: what its two slots hold, followed to the end of their chains, put before the decision,
 * and the answer that comes of that.
 *
 * Layer: path
 * Specification: RFC 6147 5.1, 5.4
 */
#ifndef GATE64_DNS64_QUERY_AAAA_H
#define GATE64_DNS64_QUERY_AAAA_H

#include "dns64/query/query.h"

/* Decides by what is there so far; the answer is in `out` when QUERY_DO_SEND comes back. */
unsigned aaaa_decide(struct query *query, uint8_t *out, size_t *ret_len);

/* Whether there is an answer by A alone, if AAAA stays silent. */
bool aaaa_is_enough(const struct query *query);

/* Whether A may be asked while AAAA is under way. */
bool aaaa_may_ask_early(const struct query *query);

/* The first listed name of those of a chain (NULL: the question alone), by the longest entry. */
struct aaaa_listed {
    enum decide_listed listed;
    unsigned link; /* which name of the chain: 0 is the question */
    struct list_match match;
};

struct aaaa_listed aaaa_find_listed(const struct query_policy *policy, const struct name *question,
                                    const struct chain *chain);

#endif
