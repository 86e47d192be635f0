/*
 * The keeper's inside, for the files that it is made of: keeper.c (its life), keeper_start.c (a translator's
 * start and end), keeper_reload.c (another configuration, another program).
 *
 * Layer: edge
 * Specification: man/nat64d.8
 */
#ifndef GATE64_NAT64D_KEEPER_KEEPER_OWN_H
#define GATE64_NAT64D_KEEPER_KEEPER_OWN_H

#include <sys/types.h>

#include "common/links.h"
#include "common/mapping.h"
#include "nat64d/edge/worker.h"
#include "nat64d/keeper/channel.h"
#include "nat64d/keeper/child.h"
#include "nat64d/keeper/host.h"
#include "nat64d/keeper/inherit.h"
#include "nat64d/keeper/keeper.h"
#include "nat64d/keeper/state_store.h"

/* A configuration with the texts that it was made of. */
struct keeper_settings {
    struct settings *file;      /* as in the file */
    struct settings *effective; /* "uplink" resolved, draining pools added */
    char *text;
    size_t len;
    char *drains;
    uint64_t hash;
    uint32_t uplink4;
};

struct keeper {
    const struct keeper_options *options;
    struct keeper_settings in_force;
    struct links *links;
    struct host *host;
    struct child_identity identity;
    struct state_store store;
    struct state_shape shape; /* wanted */
    struct mapping counters;
    struct mapping rings;     /* of the event log */
    uint64_t events_retry_ns; /* when to try its file again; 0: not */
    unsigned workers;
    int tun_fds[WORKER_MAX];
    int queue_fds[2 * WORKER_MAX];
    unsigned queues;
    int lock, signals, watch, control_fd;
    int alive_fd; /* the lock that the next translator holds */
    uint64_t started_utc_ns;
    struct inherit inherited;

    pid_t child; /* 0: none */
    int channel;
    bool ready;       /* the child translates */
    bool replace;     /* the child cannot take the configuration in force: another one is to start */
    bool was_ready;   /* some child did */
    bool host_unseen; /* the host was set up before, and nobody has looked since */
    struct channel_message asked; /* while it could not be answered; kind 0: nothing */
    uint64_t started_ns;          /* the child */
    unsigned restarts;            /* in a row */
    uint64_t restart_ns;          /* when to start the next; 0: not */
    pid_t snapshot;               /* 0: none is being made */
    uint64_t snapshot_ns;
};

/* keeper_start.c */

/* Starts a translator, if need be after opening the state anew. */
int keeper_start_child(struct keeper *keeper) __attribute__((warn_unused_result));
/* Ends it: with SIGTERM and some patience, or at once. */
void keeper_end_child(struct keeper *keeper, bool at_once);
/* It ended by itself with this status of waitpid(2). Negative errno: there is no point in going on. */
int keeper_child_ended(struct keeper *keeper, int status) __attribute__((warn_unused_result));
void keeper_child_ready(struct keeper *keeper, const struct channel_message *message);
/* Opens the descriptors of the device and the queues that are not there yet. */
int keeper_open_queues(struct keeper *keeper) __attribute__((warn_unused_result));
/* Every descriptor that another process may go on with. */
void keeper_list_fds(const struct keeper *keeper, struct inherit *ret_inherit);
bool keeper_has_shared(const struct settings *settings);

/* keeper_events.c */

/* The rings, their space taken once somebody logs. */
int keeper_events_open(struct keeper *keeper) __attribute__((warn_unused_result));
int keeper_events_reserve(struct keeper *keeper, const struct settings *settings)
    __attribute__((warn_unused_result));
/* Opens the event log's file (anew: it may have been renamed) and hands it to the translator. What cannot be
 * opened is told, and tried again. */
void keeper_events_send(struct keeper *keeper);

/* keeper_reload.c */

struct host_plan keeper_plan(const struct keeper *keeper, const struct settings *effective);
/* Makes the effective configuration of a file's text (taken with `file` on success). */
int keeper_settings_make(struct keeper_settings *made, struct settings *file, char *text, size_t len,
                         const struct settings *old, uint32_t uplink4, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));
void keeper_settings_done(struct keeper_settings *settings);
/* SIGHUP. */
void keeper_reload(struct keeper *keeper);
/* The translator asks, for an operator. */
void keeper_reload_asked(struct keeper *keeper, const struct channel_message *question);
void keeper_upgrade_asked(struct keeper *keeper);
/* The address of the uplink may be another, or drained pools may be empty. */
void keeper_follow_uplink(struct keeper *keeper);
void keeper_drop_drained(struct keeper *keeper);

#endif
