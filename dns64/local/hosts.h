/*
 * One line of a hosts file: an address, then its names; # begins a comment.
 *
 * Layer: pure
 * Specification: RFC 952 (names), RFC 1123 2.1; hosts(5)
 * Fuzz: fuzz_dns_hosts
 */
#ifndef GATE64_DNS64_LOCAL_HOSTS_H
#define GATE64_DNS64_LOCAL_HOSTS_H

#include "common/addr.h"
#include "dns64/wire/name.h"

enum {
    HOSTS_LINE_MAX = 4096, /* bytes, without the end of the line */
};

enum hosts_fault {
    HOSTS_OK,
    HOSTS_BLANK,   /* nothing but space and comment */
    HOSTS_LONG,    /* longer than HOSTS_LINE_MAX */
    HOSTS_NUL,     /* a byte that text has not */
    HOSTS_ADDRESS, /* no address at its beginning */
    HOSTS_NO_NAME, /* nothing behind the address */
    HOSTS_NAME,    /* one of the names is none */
};

struct hosts_line {
    struct addr addr;
    const char *at, *end; /* what is left of the names, which were checked */
};

/* Reads `text` of `len` bytes, which must stay as long as the line is used. */
enum hosts_fault hosts_parse(const char *text, size_t len, struct hosts_line *ret_line);
/* The names in their order, the canonical one first, in the letters of the file; false behind the last. */
bool hosts_next(struct hosts_line *line, struct name *ret_name);

/* What is wrong, and what is allowed. */
const char *hosts_text(enum hosts_fault fault);

#endif
