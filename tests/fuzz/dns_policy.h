/*
 * Policies that dns64 may go by, for the fuzz targets that take a query through it.
 *
 * Layer: test
 * Specification: RFC 6147 5
 */
#ifndef GATE64_TESTS_FUZZ_DNS_POLICY_H
#define GATE64_TESTS_FUZZ_DNS_POLICY_H

#include "dns64/query/query.h"

/* One of many, by the bits of `which`. */
struct query_policy dns_policy(unsigned which);

/* A query's last word: a message that parses, answers what was asked, and has nothing synthetic where none
 * may be. */
void dns_policy_check(const struct query *query, unsigned actions, const uint8_t *out, size_t len);

#endif
