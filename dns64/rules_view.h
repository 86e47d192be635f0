/*
 * What holds for the queries of one view, made ready from the configuration; and the lists of domains, each
 * read once however many views name it.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (dns64.views)
 */
#ifndef GATE64_DNS64_RULES_VIEW_H
#define GATE64_DNS64_RULES_VIEW_H

#include <stdatomic.h>

#include "common/settings.h"
#include "dns64/query/query.h"
#include "dns64/upstream/route.h"

struct rules_view {
    struct query_policy policy;
    bool refuse; /* its clients may not ask */
    struct synthesize_pref64 *pref64;
    struct route route;
    struct route_forward *forwards;
};

/* What was made of a list, once for all views that have the same: domains, or local names. */
struct rules_list {
    struct settings_line *entries;
    size_t count;
    struct list *list;
    struct roster *roster;
};

/* All of a configuration, held by each of the rules that were made of it. */
struct rules_lists {
    struct rules_list *items;
    size_t count;
    atomic_uint holders;
};

/* Of one holder; NULL: no memory. */
struct rules_lists *rules_lists_new(void);
struct rules_lists *rules_lists_hold(struct rules_lists *lists);
/* The last one frees. Accepts NULL. */
void rules_lists_release(struct rules_lists *lists);

/* What holds outside of all views, as if it were one. Points into `settings`. */
struct settings_view rules_view_outside(const struct settings *settings);

/* The policy of a view, of which view->policy has already what is the same in all; not its route. On failure
 * `error` says why, or nothing for -ENOMEM. */
int rules_view_make(const struct settings *settings, const struct settings_view *from,
                    struct rules_lists *lists, struct rules_view *view, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));
/* Of what is there. */
void rules_view_done(struct rules_view *view);

/* The prefixes of all views and the well-known one: what another DNS64 upstream may have made. NULL: no
 * memory.
 */
struct addr_prefix6 *rules_view_images(const struct settings *settings, size_t *ret_count);

#endif
