/*
 * The translator as a whole: the state, the tables of the configuration in force, and the threads that work
 * on them.
 *
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2
 *
 * Owns everything that the packet threads use, and frees it in reverse order. `mutex` guards tables, settings
 * and network against the control thread: whoever is not the main thread takes it to look at them.
 */
#ifndef GATE64_NAT64D_EDGE_TRANSLATOR_H
#define GATE64_NAT64D_EDGE_TRANSLATOR_H

#include <pthread.h>

#include "common/links.h"
#include "common/mapping.h"
#include "common/settings.h"
#include "nat64d/edge/natevent_log.h"
#include "nat64d/edge/pool_watch.h"
#include "nat64d/edge/tables.h"
#include "nat64d/edge/worker.h"

enum {
    TRANSLATOR_COUNTERS = WORKER_MAX + 1, /* sets: of the workers, and one that says what they count */
    TRANSLATOR_RINGS = WORKER_MAX + 1,    /* of the main thread and of the workers */
};

struct translator {
    pthread_mutex_t mutex;
    struct settings *settings; /* effective */
    char *printed;             /* the same as in the file: with "uplink", without pools that drain */
    struct tables *tables;
    struct addr_prefix6 *backends; /* in force: the configured ones, or the host's */
    size_t backends_count;
    struct pool_watch *watch;

    struct mapping mapping;
    struct state state;
    struct mapping counters_mapping;
    struct counters *counters; /* WORKER_MAX sets, that outlive the process */
    struct mapping rings_mapping;
    struct natevent_ring *rings[TRANSLATOR_RINGS]; /* of the event log; the first is the main thread's */
    struct natevent_log *events;
    struct trace_hub *traces; /* the workers write, the control thread reads */
    unsigned reloads;         /* that there were */
    unsigned workers_count;
    struct worker_group *workers;
    const struct network *network; /* the workers', until they have taken it over */
};

struct translator_input {
    struct settings *settings; /* taken */
    char *printed;             /* taken */
    uint64_t settings_hash;
    const struct links *links;
    int state_fd;     /* mapped; the descriptors stay the caller's */
    int old_state_fd; /* what a new state is filled from, or -1 */
    bool fresh;       /* state_fd is zeroed memory, for `shape` */
    struct state_shape shape;
    int counters_fd;
    int rings_fd; /* natevent_log_size bytes */
    unsigned workers;
    const int *tun_fds;
    const int *queue_fds; /* two a worker, or NULL */
};

/* Maps and recovers the state, builds all tables, starts the threads. Logs what it could not do. -EBADMSG:
 * the state cannot be read. */
int translator_new(const struct translator_input *input, struct recover_count *ret_count,
                   struct translator **ret_translator) __attribute__((warn_unused_result));

/* Another configuration (taken, with its text), in one step for every packet; on failure nothing has changed,
 * except with -ENOTRECOVERABLE: the slots were changed half-way, and only another start makes sense of them.
 */
int translator_reload(struct translator *translator, struct settings *settings, char *printed,
                      uint64_t settings_hash, const struct links *links, struct recover_count *ret_count)
    __attribute__((warn_unused_result));

/* The host's addresses, links or routes changed. */
int translator_network_changed(struct translator *translator, const struct links *links)
    __attribute__((warn_unused_result));

/* The event log goes on in another file (taken; -1: in none). */
void translator_event_file(struct translator *translator, int fd);

/* Whether a pool drains, and whether the last binding on such pools has gone. */
bool translator_drains(const struct translator *translator, bool *ret_drained);

/* Accepts NULL and the half-built. */
void translator_free(struct translator *translator);

#endif
