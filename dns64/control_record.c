/*
 * Layer: edge
 * Specification: RFC 3597 5
 */
#include "dns64/control_record.h"

#include <arpa/inet.h>

#include "dns64/wire/type.h"

/* What a record says, for the types that this is about; the others by type alone. */
static json_t *record_text(const struct message *message, const struct message_record *record)
{
    char type[TYPE_TEXT_LEN], text[NAME_TEXT_LEN];
    const uint8_t *data = message->bytes + record->rdata;
    struct name name;
    const char *says = "";
    if (record->type == MESSAGE_TYPE_A && record->class == MESSAGE_CLASS_IN)
        says = inet_ntop(AF_INET, data, text, sizeof(text));
    else if (record->type == MESSAGE_TYPE_AAAA && record->class == MESSAGE_CLASS_IN)
        says = inet_ntop(AF_INET6, data, text, sizeof(text));
    else if ((record->type == MESSAGE_TYPE_CNAME || record->type == MESSAGE_TYPE_PTR ||
              record->type == MESSAGE_TYPE_NS) &&
             message_rdata_name(message, record, 0, &name))
        says = name_print(&name, text);
    return json_sprintf("%s%s%s", type_text(record->type, type), says[0] != '\0' ? " " : "", says);
}

json_t *control_record_answers(const struct message *message)
{
    struct message_walk walk;
    struct message_record record;
    json_t *list = json_array();
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record) && record.section == MESSAGE_ANSWER)
        json_array_append_new(list, record_text(message, &record));
    return list;
}
