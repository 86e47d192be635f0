/*
 * The wheels and the tables of stored SYNs of fuzz_state_file, made once and then used again: they are large,
 * do not depend on the file, and to make them was most of the time of an execution. Linked with --wrap.
 *
 * Layer: test
 * Specification: RFC 6146 4
 */
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/expiry.h"
#include "nat64d/table/stored_syn.h"

enum {
    SPARE = 8,
    ENDS = EXPIRY_WHEEL + EXPIRY_POOLS,
};

int __real_expiry_init(struct expiry *expiry, struct session *sessions, struct expiry_link *links,
                       const uint64_t lifetime_ns[EXPIRY_LIFETIMES], uint64_t now_ns);
int __wrap_expiry_init(struct expiry *expiry, struct session *sessions, struct expiry_link *links,
                       const uint64_t lifetime_ns[EXPIRY_LIFETIMES], uint64_t now_ns);
void __wrap_expiry_done(struct expiry *expiry);
int __real_stored_syn_new(struct siphash_key key, struct stored_syn_table **ret_table);
int __wrap_stored_syn_new(struct siphash_key key, struct stored_syn_table **ret_table);
void __real_stored_syn_free(struct stored_syn_table *table);
void __wrap_stored_syn_free(struct stored_syn_table *table);

static struct expiry fresh; /* as the first was made; the settings are always the same */
static struct expiry_link fresh_ends[ENDS];
static struct expiry_link *spare_ends[SPARE];
static struct stored_syn_table *spare_syns[SPARE];
static unsigned spare_ends_count, spare_syns_count;

int __wrap_expiry_init(struct expiry *expiry, struct session *sessions, struct expiry_link *links,
                       const uint64_t lifetime_ns[EXPIRY_LIFETIMES], uint64_t now_ns)
{
    if (spare_ends_count == 0) {
        int r = __real_expiry_init(expiry, sessions, links, lifetime_ns, now_ns);
        if (r < 0)
            return r;
        fresh = *expiry;
        memcpy(fresh_ends, expiry->ends, sizeof(fresh_ends));
        return 0;
    }
    *expiry = fresh;
    expiry->sessions = sessions;
    expiry->links = links;
    expiry->ends = spare_ends[--spare_ends_count];
    expiry->tick = now_ns / EXPIRY_TICK_NS;
    memcpy(expiry->ends, fresh_ends, sizeof(fresh_ends));
    return 0;
}

void __wrap_expiry_done(struct expiry *expiry)
{
    if (expiry->ends != NULL && spare_ends_count < SPARE)
        spare_ends[spare_ends_count++] = expiry->ends;
    else
        free(expiry->ends);
}

int __wrap_stored_syn_new(struct siphash_key key, struct stored_syn_table **ret_table)
{
    if (spare_syns_count == 0)
        return __real_stored_syn_new(key, ret_table);
    *ret_table = spare_syns[--spare_syns_count];
    return 0;
}

void __wrap_stored_syn_free(struct stored_syn_table *table)
{
    if (table != NULL && stored_syn_count(table) == 0 && spare_syns_count < SPARE)
        spare_syns[spare_syns_count++] = table;
    else
        __real_stored_syn_free(table);
}
