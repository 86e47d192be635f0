/*
 * What an operator asks of the keeper through the translator's control socket: one question at a time, and
 * its answer.
 *
 * Layer: edge
 * Specification: man/nat64d.8
 *
 * The control thread asks and waits; the main thread, which reads the channel, brings the answer.
 */
#ifndef GATE64_NAT64D_ASK_H
#define GATE64_NAT64D_ASK_H

#include "nat64d/keeper/channel.h"

struct ask;

int ask_new(int channel, struct ask **ret_ask) __attribute__((warn_unused_result));
void ask_free(struct ask *ask);

/* Sends `question` and waits for CHANNEL_ANSWER. -ETIMEDOUT. */
int ask_keeper(struct ask *ask, const struct channel_message *question, struct channel_message *ret_answer)
    __attribute__((warn_unused_result));

/* The answer came. */
void ask_answered(struct ask *ask, const struct channel_message *answer);

#endif
