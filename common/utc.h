/*
 * Points in time as text: UTC, ISO 8601.
 *
 * Layer: pure
 * Specification: RFC 3339 5.6 (ISO 8601's profile for the Internet)
 * Fuzz: fuzz_events
 *
 * A time is nanoseconds since 1970-01-01 00:00 UTC, without leap seconds, as of CLOCK_REALTIME.
 */
#ifndef GATE64_COMMON_UTC_H
#define GATE64_COMMON_UTC_H

#include <stdint.h>

enum {
    UTC_TEXT_LEN = 32, /* room for what utc_print writes, NUL included */
};

/* "2026-11-26T00:37:13.123Z": to the millisecond, cut off. Returns `buffer`. */
char *utc_print(uint64_t utc_ns, char buffer[UTC_TEXT_LEN]);

/* "2026-11-26T00:37:13Z", with a fraction or without, with a zone as +01:00, or none, which is UTC; a blank
 * may stand for the T; the seconds, or the whole time of day, may be left out. *ret_span_ns is how long the
 * time lasts that the text names: a day, a minute, a second, a fraction of one. 0 or -EINVAL. */
int utc_parse(const char *text, uint64_t *ret_utc_ns, uint64_t *ret_span_ns)
    __attribute__((warn_unused_result));

#endif
