/*
 * Is this reply the answer to what was asked.
 *
 * Layer: pure
 * Specification: RFC 5452 9.1, RFC 1035 7.3
 *
 * Address and port are the connected socket's to check.
 */
#ifndef GATE64_DNS64_UPSTREAM_MATCH_H
#define GATE64_DNS64_UPSTREAM_MATCH_H

#include "dns64/wire/message.h"

bool match_reply(const struct message *reply, uint16_t id, const struct name *name, uint16_t type,
                 uint16_t class);

#endif
