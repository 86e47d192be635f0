/*
 * The keeper: sets the host up and takes it down, holds every descriptor that must outlive a translator,
 * starts the translator and starts it again.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (the two processes)
 *
 * It parses no packet. What it holds: the TUN queues and NFQUEUE sockets (packets wait in them while there is
 * no translator), the state's file, the counters, the control socket. What the host is made to do follows
 * from the configuration, which the keeper alone reads; the translator only asks for it to be read again.
 */
#ifndef GATE64_NAT64D_KEEPER_KEEPER_H
#define GATE64_NAT64D_KEEPER_KEEPER_H

#include "common/settings.h"

struct keeper_options {
    bool foreground;
    bool keep; /* --keep, besides the configuration's */
    char *const *argv;
};

/* Runs until a signal says stop; returns the exit status. `settings` is taken; only its file counts. */
int keeper_run(struct settings *settings, const struct keeper_options *options);

#endif
