/*
 * The lines of the query log.
 *
 * Layer: path
 * Specification: man/dns64.8 (QUERY LOG), RFC 8259
 */
#ifndef GATE64_DNS64_OBSERVE_LOG_TEXT_H
#define GATE64_DNS64_OBSERVE_LOG_TEXT_H

#include "dns64/observe/log_ring.h"

enum {
    LOG_TEXT_LEN = 2048, /* the longest line with NUL: each byte of a name may need five */
};

/* With the line end; returns the length. */
size_t log_text_record(const struct log_record *record, uint64_t utc_ns, char line[LOG_TEXT_LEN]);
/* So many records are missing since the last such line. */
size_t log_text_lost(uint64_t count, uint64_t utc_ns, char line[LOG_TEXT_LEN]);

#endif
