/*
 * Replies that must not be believed: each with addresses that must never be seen.
 *
 * Layer: test
 * Specification: RFC 5452 9.1, RFC 9267
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_WRONG_H
#define GATE64_TESTS_REPLAY_DNS64_WRONG_H

#include "tests/replay/dns64/text.h"
#include "tests/replay/dns64/upstream.h"

/* Sends one of that kind, or fails the test if there is none of that name. */
void wrong_send(const struct upstream_asker *asker, const ldns_pkt *query, const struct text_line *line,
                const char *kind, uint64_t delay_ms);

#endif
