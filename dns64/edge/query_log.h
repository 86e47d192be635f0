/*
 * The query log's thread: takes the records out of the rings and writes them as lines of JSON.
 *
 * Layer: edge
 * Specification: man/dns64.8 (QUERY LOG)
 *
 * The file may stand still for as long as it likes: this thread waits, the rings fill up, records are lost
 * and counted, and no answer waits for it. All calls are those of one thread at a time.
 */
#ifndef GATE64_DNS64_EDGE_QUERY_LOG_H
#define GATE64_DNS64_EDGE_QUERY_LOG_H

#include "dns64/observe/observer.h"

struct query_log;

int query_log_new(unsigned workers, struct query_log **ret_log) __attribute__((warn_unused_result));
/* Where each worker finds its ring; they outlive no query_log_free. */
struct observer_log *query_log_slots(struct query_log *log);

/* From now on into this file (taken). */
int query_log_open(struct query_log *log, const char *path, int fd) __attribute__((warn_unused_result));
/* No longer; what is in the rings is still written. */
void query_log_close(struct query_log *log);

/* No worker may run. Writes what is there, for a moment at most. Accepts NULL. */
void query_log_free(struct query_log *log);

#endif
