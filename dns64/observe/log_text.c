/*
 * Layer: path
 * Specification: man/dns64.8, RFC 8259
 */
#include "dns64/observe/log_text.h"

#include "common/json_line.h"
#include "common/time_units.h"
#include "dns64/query/outcome.h"

size_t log_text_record(const struct log_record *record, uint64_t utc_ns, char text[LOG_TEXT_LEN])
{
    char buffer[TYPE_TEXT_LEN], address[ADDR_TEXT_LEN], name[NAME_TEXT_LEN];
    struct json_line line = json_line_begin(text, LOG_TEXT_LEN, utc_ns);
    json_line_text(&line, "client", addr_print(&record->client, address));
    if (record->name.len > 0) {
        json_line_name(&line, "name", name_print(&record->name, name));
        json_line_text(&line, "type", type_text(record->type, buffer));
        json_line_text(&line, "class", type_class_text(record->class, buffer));
    }
    json_line_text(&line, "rcode", type_rcode_text(record->rcode, buffer));
    json_line_text(&line, "outcome",
                   record->outcome < OUTCOME_COUNT ? outcome_info[record->outcome].name : "-");
    json_line_text(&line, "from", tally_from_text(record->from));
    if (record->upstream.port != 0)
        json_line_text(&line, "upstream", addr_print_endpoint(&record->upstream, address));
    json_line_thousandths(&line, "ms", record->took_ns / NS_PER_US);
    json_line_number(&line, "size", record->size);
    json_line_text(&line, "transport", record->udp ? "udp" : "tcp");
    if (record->view[0] != '\0')
        json_line_name(&line, "view", record->view);
    return json_line_end(&line);
}

size_t log_text_lost(uint64_t count, uint64_t utc_ns, char text[LOG_TEXT_LEN])
{
    struct json_line line = json_line_begin(text, LOG_TEXT_LEN, utc_ns);
    json_line_text(&line, "event", "lost");
    json_line_number(&line, "count", count);
    return json_line_end(&line);
}
