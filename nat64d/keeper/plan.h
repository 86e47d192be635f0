/*
 * What the settings ask of the host, as entries of the host record in the order in which they are made.
 *
 * Layer: edge
 * Specification: RFC 7600 (192.0.0.8), Linux ip-sysctl.rst
 *
 * Forwarding is not among them: it is set last, and never switched off again.
 */
#ifndef GATE64_NAT64D_KEEPER_PLAN_H
#define GATE64_NAT64D_KEEPER_PLAN_H

#include "nat64d/keeper/host.h"
#include "nat64d/keeper/record_file.h"
#include "nat64d/keeper/rules_text.h"

struct plan {
    struct record_entry *entries;
    size_t count, size;
    struct rules_shared *shared;
    struct rules_plan rules;
};

/* Needs the record, since what of the host's state is ours stands there. 0 or negative errno, logged. */
int plan_init(struct plan *plan, const struct host_plan *wanted, const struct record_file *record)
    __attribute__((warn_unused_result));
/* Accepts the half-built. */
void plan_done(struct plan *plan);

#endif
