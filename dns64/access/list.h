/*
 * A list of domains that the operator wrote: which entry, if any, holds for a name.
 *
 * Layer: table
 * Specification: man/gate64.conf.5 (never, always, hide-a), RFC 4343 (names without regard to case)
 * Fuzz: fuzz_dns_list
 *
 * An entry is `example.com` (itself and all below), `*.example.com` (only what is below), or `=example.com`
 * (only itself); `.` is every name. Filled once, then only read. A look-up costs one probe for each label of
 * the name, however long the list is.
 */
#ifndef GATE64_DNS64_ACCESS_LIST_H
#define GATE64_DNS64_ACCESS_LIST_H

#include "common/siphash.h"
#include "dns64/wire/name.h"

struct list;

enum {
    LIST_SELF = 1,
    LIST_BELOW = 2,
    LIST_TEXT_LEN = NAME_TEXT_LEN + 2,
};

/* The entry that matched: the longest name that did. */
struct list_match {
    uint8_t len; /* of `name`, the root has 1; 0: no entry matches */
    uint8_t scope;
    struct name name;
};

/* NULL: no memory. */
struct list *list_new(struct siphash_key secret);
/* Accepts NULL. */
void list_free(struct list *list);

/* -EINVAL: not one of the three forms; -ENOMEM. An entry may come twice. */
int list_add(struct list *list, const char *text) __attribute__((warn_unused_result));

/* `list` may be NULL, which matches nothing. */
struct list_match list_find(const struct list *list, const struct name *name);

size_t list_count(const struct list *list);

/* The entry as it is written. */
char *list_print(const struct list_match *match, char text[LIST_TEXT_LEN]);

#endif
