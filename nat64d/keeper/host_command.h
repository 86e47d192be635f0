/*
 * The host's set-up and teardown as commands of their own: for gate64-host.service, and for what a nat64d
 * that was killed left behind.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (--host-up, --host-down)
 *
 * Neither runs beside a nat64d with the same state-dir.
 */
#ifndef GATE64_NAT64D_KEEPER_HOST_COMMAND_H
#define GATE64_NAT64D_KEEPER_HOST_COMMAND_H

#include "common/settings.h"

/* Both take the settings and return the exit status. host_command_down removes the sessions too. */
int host_command_up(struct settings *settings);
int host_command_down(struct settings *settings);

#endif
