/*
 * The translator process: what happens at its start, and its main loop.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (the two processes)
 *
 * Runs as an unprivileged user. Everything comes over the channel from the keeper; it ends when the keeper
 * does.
 */
#ifndef GATE64_NAT64D_TRANSLATE_H
#define GATE64_NAT64D_TRANSLATE_H

enum {
    TRANSLATE_FD = 3,         /* the channel */
    TRANSLATE_QUEUE_LOST = 4, /* exit status: the TUN device was removed */
    TRANSLATE_BAD_STATE = 5,  /* exit status: the state cannot be read */
};

/* argv[1] that starts it. */
extern const char translate_argument[];

/* Returns the exit status. `parent` is the keeper's process number. */
int translate_run(int parent);

#endif
