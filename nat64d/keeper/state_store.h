/*
 * The state's file: where it lies, and whether what is there can be used.
 *
 * Layer: edge
 * Specification: tmpfs(5), posix_fallocate(3)
 *
 * STATE-DIR/nat64d/state where that is a tmpfs with room, else /dev/shm/gate64-nat64d/state, in a folder that
 * is ours alone. Its space is taken when it is made: a sparse file would kill its user by SIGBUS when the
 * tmpfs is full. A state of another size or layout is the source of a new one, which takes its name when the
 * translator has filled it. The keeper looks at headers only.
 */
#ifndef GATE64_NAT64D_KEEPER_STATE_STORE_H
#define GATE64_NAT64D_KEEPER_STATE_STORE_H

#include "common/settings.h"
#include "nat64d/keeper/channel.h"
#include "nat64d/table/state_file.h"

struct state_store {
    char dir[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    int lock; /* of the folder in /dev/shm */
    int fd;
    int old_fd; /* CHANNEL_STATE_COPY: what it is filled from; else -1 */
    enum channel_state how;
    struct state_shape shape;
};

void state_store_init(struct state_store *store);

/* Opens or makes the file; logs what it could not do, and what it could not use. Without a state the snapshot
 * of the settings is the source, if there is one. `store->shape` says the shards in force. */
int state_store_open(struct state_store *store, const struct settings *settings,
                     const struct state_shape *wanted) __attribute__((warn_unused_result));

/* The translator has filled it: from here on it is used in place. */
int state_store_settle(struct state_store *store) __attribute__((warn_unused_result));

/* Opens anew after a translator died before it was ready, or could not read it (`forget`: it goes). */
int state_store_again(struct state_store *store, const struct settings *settings,
                      const struct state_shape *wanted, bool forget) __attribute__((warn_unused_result));

/* Closes; `forget` removes the files. */
void state_store_close(struct state_store *store, bool forget);

/* Removes the files of a state that nobody has open, of these settings. */
void state_store_remove(const struct settings *settings);

#endif
