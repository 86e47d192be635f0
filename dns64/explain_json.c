/*
 * Layer: edge
 * Specification: man/dns64.8 (GET /v1/explain)
 */
#include "dns64/explain_json.h"

#include "dns64/control_record.h"
#include "dns64/query/outcome.h"
#include "dns64/wire/type.h"

static const char *from_text(enum query_source_kind kind)
{
    switch (kind) {
    case QUERY_FROM_UPSTREAM: break;
    case QUERY_FROM_DATA: return "cache";
    case QUERY_FROM_DENIED: return "denied";
    case QUERY_FROM_STALE: return "stale";
    case QUERY_FROM_FAILURE: return "failure";
    }
    return "upstream";
}

/* The least TTL of the records of the answer section; null if there is none. */
static json_t *least_ttl(const struct message *message)
{
    struct message_walk walk;
    struct message_record record;
    uint32_t ttl = UINT32_MAX;
    bool found = false;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record) && record.section == MESSAGE_ANSWER) {
        ttl = record.ttl < ttl ? record.ttl : ttl;
        found = true;
    }
    return found ? json_integer(ttl) : json_null();
}

static void set_message(json_t *object, const uint8_t *bytes, size_t len)
{
    char rcode[TYPE_TEXT_LEN];
    struct message message;
    bool sound = bytes != NULL && message_parse(bytes, len, &message) == MESSAGE_OK;
    json_object_set_new(object, "rcode",
                        sound ? json_string(type_rcode_text(message_rcode(&message), rcode)) : json_null());
    json_object_set_new(object, "ttl", sound ? least_ttl(&message) : json_null());
    json_object_set_new(object, "answer", sound ? control_record_answers(&message) : json_array());
}

/* RCODE null: no resolver answered, or not in time. */
static json_t *part_json(const struct explain_part *part)
{
    char type[TYPE_TEXT_LEN], text[NAME_TEXT_LEN], upstream[ADDR_TEXT_LEN];
    bool kept = part->came && part->source.kind != QUERY_FROM_UPSTREAM;
    json_t *object = json_pack("{s:s, s:s, s:s}", "type", type_text(part->type, type), "name",
                               name_print(&part->name, text), "from",
                               part->came ? from_text(part->source.kind) : "upstream");
    if (object == NULL)
        return NULL;
    json_object_set_new(object, "upstream",
                        part->source.upstream.port != 0
                            ? json_string(addr_print_endpoint(&part->source.upstream, upstream))
                            : json_null());
    json_object_set_new(object, "age_s", kept ? json_integer(part->source.age_s) : json_null());
    json_object_set_new(object, "left_s",
                        part->source.life_s > 0 ? json_integer(part->source.life_s) : json_null());
    set_message(object, part->bytes, part->len);
    return object;
}

static json_t *parts_json(const struct explain *explain)
{
    json_t *list = json_array();
    for (int i = 0; i < QUERY_SLOTS; i++)
        if (explain->part[i].asked)
            json_array_append_new(list, part_json(&explain->part[i]));
    return list;
}

static json_t *pref64_json(const struct explain *explain)
{
    char text[ADDR_TEXT_LEN];
    json_t *list = json_array();
    for (size_t i = 0; i < explain->pref64_count; i++)
        json_array_append_new(list, json_string(addr_print_prefix6(&explain->pref64[i], text)));
    return list;
}

static void set_list(json_t *object, const struct explain *explain)
{
    char entry[LIST_TEXT_LEN], name[NAME_TEXT_LEN];
    bool listed = explain->list != NULL;
    json_object_set_new(object, "list", listed ? json_string(explain->list) : json_null());
    json_object_set_new(object, "entry",
                        listed ? json_string(list_print(&explain->entry, entry)) : json_null());
    json_object_set_new(object, "listed",
                        listed ? json_string(name_print(&explain->listed, name)) : json_null());
}

json_t *explain_json(const struct explain *explain)
{
    char name[NAME_TEXT_LEN], type[TYPE_TEXT_LEN], client[ADDR_TEXT_LEN];
    const struct outcome_info *rule = &outcome_info[explain->rule];
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b, s:s, s:b, s:b, s:b, s:b, s:o, s:o, s:s, s:s}", "name",
                  name_print(&explain->name, name), "type", type_text(explain->type, type), "client",
                  addr_print(&explain->client.addr, client), "allowed", explain->client.allowed, "view",
                  explain->view, "dns64", !explain->plain, "do", explain->wants_dnssec, "cd",
                  explain->checking_disabled, "local", explain->local, "pref64", pref64_json(explain),
                  "asked", parts_json(explain), "rule", rule->name, "text", rule->text);
    if (object == NULL)
        return NULL;
    set_list(object, explain);
    set_message(object, explain->answer, explain->answer_len);
    return object;
}
