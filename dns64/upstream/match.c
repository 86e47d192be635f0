/*
 * Layer: pure
 * Specification: RFC 5452 9.1
 */
#include "dns64/upstream/match.h"

bool match_reply(const struct message *reply, uint16_t id, const struct name *name, uint16_t type,
                 uint16_t class)
{
    return reply->id == id && (reply->flags & MESSAGE_QR) && !(reply->flags & MESSAGE_OPCODE) &&
           reply->has_question && reply->type == type && reply->class == class &&
           name_equal(&reply->question, name);
}
