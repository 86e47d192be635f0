/*
 * A reader's side of the names: gets the memory from dns64 and maps it, read-only.
 *
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS, fcntl(2) F_GET_SEALS, mmap(2)
 *
 * What cannot kill or fool the reader: a file that is cut under it (the seal is checked), another layout, any
 * bytes (common/names). Names of a dns64 that has ended stay readable until names_reader_close.
 */
#ifndef GATE64_COMMON_NAMES_READER_H
#define GATE64_COMMON_NAMES_READER_H

#include "common/names.h"

enum {
    NAMES_READER_WAIT_MS = 2000,
};

struct names_reader {
    struct names names;
    size_t len; /* of the mapping */
    int connection;
};

/* Waits NAMES_READER_WAIT_MS at most. -ENOENT, -ECONNREFUSED: dns64 does not run, or notes no names; -EACCES;
 * -ETIMEDOUT; -EPROTO: what came is no names of this layout. */
int names_reader_open(const char *path, struct names_reader *ret_reader) __attribute__((warn_unused_result));
/* False when the dns64 that writes them has ended: close, and open again in a while. Never blocks. */
bool names_reader_current(const struct names_reader *reader);
void names_reader_close(struct names_reader *reader);

#endif
