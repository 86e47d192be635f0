/*
 * Records of messages as people read them.
 *
 * Layer: edge
 * Specification: RFC 3597 5
 */
#ifndef GATE64_DNS64_CONTROL_RECORD_H
#define GATE64_DNS64_CONTROL_RECORD_H

#include <jansson.h>

#include "dns64/wire/message.h"

/* The answer section, a text for each record: its type, and its data for the types that this is about. */
json_t *control_record_answers(const struct message *message);

#endif
