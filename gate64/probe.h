/*
 * The probes of `gate64 check`, one for each subject.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#ifndef GATE64_GATE64_PROBE_H
#define GATE64_GATE64_PROBE_H

#include "gate64/check.h"

void probe_clock(struct check *check);
void probe_firewall(struct check *check);
void probe_forwarding(struct check *check);
void probe_listen(struct check *check);
void probe_mtu(struct check *check);
void probe_ports(struct check *check);
void probe_route(struct check *check);
void probe_rp_filter(struct check *check);
void probe_state_dir(struct check *check);
void probe_uplink(struct check *check);
void probe_upstream(struct check *check);
void probe_user(struct check *check);

/* What probe_clock judges by. */
struct probe_clock_state {
    uint64_t utc_ns;
    bool synchronised; /* adjtimex(2) */
    bool has_service;  /* a program that keeps the time is installed */
    bool own_clock;    /* systemd runs this host and it is no container: the clock is this host's to set */
};
void probe_clock_judge(struct check *check, const struct probe_clock_state *state);

#endif
