/*
 * What keeper and translator say to each other: fixed structs over a SOCK_SEQPACKET pair, with descriptors.
 *
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS
 *
 * The keeper starts the translator with one descriptor, the channel, and sends CHANNEL_START with all others.
 * The translator asks for a reload or an upgrade (for an operator at the control socket) and is answered; it
 * never names a change of the host: what the keeper does follows from the configuration that the keeper read.
 */
#ifndef GATE64_NAT64D_KEEPER_CHANNEL_H
#define GATE64_NAT64D_KEEPER_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/settings.h"

enum {
    CHANNEL_FDS_MAX = 250, /* below the kernel's SCM_MAX_FD, 253 */
};

enum channel_kind {
    CHANNEL_START,       /* keeper: begin; fds of enum channel_fd */
    CHANNEL_READY,       /* translator: packets are translated; counts say what was recovered */
    CHANNEL_ALIVE,       /* translator: every second; `drained` says that old pools are empty */
    CHANNEL_RELOAD,      /* keeper: another configuration; fds: CHANNEL_FD_SETTINGS, CHANNEL_FD_DRAINS */
    CHANNEL_RELOADED,    /* translator: `good`, or `text` says why not and nothing was changed */
    CHANNEL_ASK_RELOAD,  /* translator: read the file again; `check`: only look; `hash`: must be this one */
    CHANNEL_ASK_UPGRADE, /* translator: run the new program */
    CHANNEL_ANSWER,      /* keeper, to an ASK: `good`, `hash`, `changed`, `text` */
    CHANNEL_EVENTS,      /* keeper: the event log goes on in this fd; without one, in none */
};

/* Where the state comes from. */
enum channel_state {
    CHANNEL_STATE_FRESH,    /* the file is new: lay it out */
    CHANNEL_STATE_IN_PLACE, /* as an earlier translator left it */
    CHANNEL_STATE_COPY,     /* new, to be filled from CHANNEL_FD_OLD_STATE */
};

enum channel_fd {
    CHANNEL_FD_CONTROL,  /* listening */
    CHANNEL_FD_ALIVE,    /* a lock that only the translator holds: until it is free, one lives */
    CHANNEL_FD_COUNTERS, /* TRANSLATOR_COUNTERS sets */
    CHANNEL_FD_EVENTS,   /* rings of the event log */
    CHANNEL_FD_SETTINGS, /* text of the configuration */
    CHANNEL_FD_DRAINS,   /* text: pools that were taken out of it */
    CHANNEL_FD_STATE,
    CHANNEL_FD_OLD_STATE, /* CHANNEL_FD_STATE again if there is none */
    CHANNEL_FD_TUN,       /* the first of `workers`; behind them `queues` NFQUEUE sockets */
};

struct channel_message {
    uint32_t kind;
    uint32_t workers;
    uint32_t queues;
    uint32_t shards;
    uint32_t sessions; /* slots, of a new state */
    uint32_t state;
    uint32_t uplink4;    /* what "uplink" stands for; 0: nothing */
    uint32_t foreground; /* log to standard error */
    uint64_t hash;       /* of the configuration's text */
    uint64_t started_utc_ns;
    uint32_t check, good, changed, drained;
    uint32_t sessions_kept, bindings_kept, sessions_dropped, bindings_dropped;
    char name[SETTINGS_PATH_LEN]; /* of the configuration file */
    char text[SETTINGS_ERROR_LEN];
};

/* Both ends, close-on-exec. */
int channel_pair(int ret_fds[2]) __attribute__((warn_unused_result));

/* A descriptor of such a text, for a process that cannot read the file that it comes from. */
int channel_text(const char *name, const char *text, size_t len) __attribute__((warn_unused_result));

/* 0 or negative errno. */
int channel_send(int fd, const struct channel_message *message, const int *fds, unsigned fds_count);

/* 1, or 0 when nothing came within the time (-1: for ever), -EPIPE when the other end is gone, or negative
 * errno. Received descriptors are the caller's. */
int channel_receive(int fd, int timeout_ms, struct channel_message *ret_message, int *ret_fds,
                    unsigned fds_max, unsigned *ret_fds_count) __attribute__((warn_unused_result));

#endif
