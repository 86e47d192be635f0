/*
 * The event log's thread: takes the records out of the rings and writes them, to a file as lines of JSON or
 * to the journal.
 *
 * Layer: edge
 * Specification: RFC 8158, man/nat64d.8 (EVENT LOG), sd_journal_sendv(3)
 *
 * Theory: the rings (table/natevent.h) lie in memory of the keeper's; ring 0 is the main thread's, ring 1 + w
 * that of worker w. This thread alone reads them. A record's room is given back once its line is written, so
 * what a translator that dies leaves behind is written by the next one (at worst a line twice). What is
 * written to may stand still for as long as it likes: this thread waits, the rings fill up, then records are
 * lost and counted, and packets know nothing of it.
 *
 * All other calls are the main thread's.
 */
#ifndef GATE64_NAT64D_EDGE_NATEVENT_LOG_H
#define GATE64_NAT64D_EDGE_NATEVENT_LOG_H

#include "common/settings.h"
#include "nat64d/table/natevent.h"

struct natevent_log;

/* Bytes for the rings of so many workers, and one ring in such memory. */
size_t natevent_log_size(unsigned workers);
struct natevent_ring *natevent_log_ring(void *rings, unsigned index);

/* `rings`, of `len` bytes, outlive the log; what an earlier process left in them is kept. */
int natevent_log_new(void *rings, size_t len, struct natevent_log **ret_log)
    __attribute__((warn_unused_result));

/* Another configuration is in force: "start" or "reload", with so many bindings that lived on. It is told of,
 * with its static bindings and mappings, in the file that comes next. */
int natevent_log_configure(struct natevent_log *log, const struct settings *settings, const char *event,
                           uint32_t bindings) __attribute__((warn_unused_result));

/* After each natevent_log_configure, and whenever else: from now on into this file (taken; -1: none; records
 * wait, or go to the journal); the one before it is closed. */
void natevent_log_file(struct natevent_log *log, int fd);

/* A ring with what was found to have ended, which nobody puts anything into any more (taken; made by malloc).
 */
void natevent_log_adopt(struct natevent_log *log, struct natevent_ring *ring);

/* Writes what is there, for a moment at most, and ends the thread. Accepts NULL. */
void natevent_log_free(struct natevent_log *log);

#endif
