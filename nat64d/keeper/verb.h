/*
 * The verbs of the host record: what each looks up before, does, and undoes.
 *
 * Layer: edge
 * Specification: rtnetlink(7), Linux ip-sysctl.rst
 *
 * Doing what is done already and undoing what is gone already succeed, so that either can follow a kill at
 * any moment.
 */
#ifndef GATE64_NAT64D_KEEPER_VERB_H
#define GATE64_NAT64D_KEEPER_VERB_H

#include "common/links.h"
#include "nat64d/keeper/netlink.h"
#include "nat64d/keeper/record_file.h"
#include "nat64d/keeper/rules_text.h"

struct verb_context {
    struct netlink *netlink;
    const struct record_file *record;
    const struct links *links;      /* all of the host's, the device's too; to do only */
    const struct rules_plan *rules; /* to do only */
};

/* Fills in entry->before. The three log what they could not do. */
int verb_look(const struct verb_context *context, struct record_entry *entry)
    __attribute__((warn_unused_result));
int verb_do(const struct verb_context *context, const struct record_entry *entry)
    __attribute__((warn_unused_result));
int verb_undo(const struct verb_context *context, const struct record_entry *entry)
    __attribute__((warn_unused_result));

#endif
