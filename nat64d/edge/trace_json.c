/*
 * Layer: edge
 * Specification: man/nat64d.8 (GET /v1/trace)
 */
#include "nat64d/edge/trace_json.h"

#include <stdio.h>

#include "common/time_units.h"
#include "nat64d/packet/advice.h"
#include "nat64d/packet/packet.h"
#include "nat64d/packet/trace_text.h"
#include "nat64d/rfc6146/tcp_state.h"

enum {
    TEXT_LEN = 512,
};

static void set_text(json_t *object, const char *key, const struct builder *text)
{
    json_object_set_new(object, key, json_string(text->text));
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* KEY and, if there is one, KEY_port. */
static void set_point(json_t *object, const char *key, const struct trace_point *point)
{
    char text[TEXT_LEN], port_key[32];
    struct builder builder;
    struct trace_point bare = *point;
    if (point->family == 0)
        return;
    bare.port = 0;
    builder_init(&builder, text, sizeof(text));
    trace_text_point(&bare, &builder);
    set_text(object, key, &builder);
    if (point->port == 0)
        return;
    snprintf(port_key, sizeof(port_key), "%s_port", key);
    set_number(object, port_key, point->port);
}

static const char *protocol_name(const struct trace_arrival *arrival)
{
    switch (arrival->protocol) {
    case PACKET_PROTO_TCP: return "tcp";
    case PACKET_PROTO_UDP: return "udp";
    case PACKET_PROTO_ICMP4: return arrival->family == 4 ? "icmp" : NULL;
    case PACKET_PROTO_ICMP6: return arrival->family == 6 ? "icmp" : NULL;
    }
    return NULL;
}

static void set_protocol(json_t *object, const struct trace_arrival *arrival)
{
    char text[TEXT_LEN];
    const char *name = protocol_name(arrival);
    snprintf(text, sizeof(text), "%u", arrival->protocol);
    json_object_set_new(object, "protocol", json_string(name != NULL ? name : text));
    if (!arrival->transport)
        return;
    if (arrival->protocol == PACKET_PROTO_TCP) {
        struct builder flags;
        builder_init(&flags, text, sizeof(text));
        trace_text_flags(arrival->tcp_flags, &flags);
        set_text(object, "flags", &flags);
    } else if (arrival->protocol != PACKET_PROTO_UDP) {
        set_number(object, "icmp_type", arrival->icmp_type);
        set_number(object, "icmp_code", arrival->icmp_code);
        const char *kind = trace_text_icmp(arrival->family, arrival->icmp_type);
        if (kind != NULL)
            json_object_set_new(object, "icmp", json_string(kind));
    }
}

static void set_arrival(json_t *object, const struct trace_arrival *arrival)
{
    if (arrival->family != 0)
        json_object_set_new(object, "from", json_string(arrival->family == 6 ? "ipv6" : "ipv4"));
    set_protocol(object, arrival);
    set_point(object, "source", &arrival->source);
    set_point(object, "destination", &arrival->destination);
    set_number(object, "length", arrival->len);
    set_number(object, "hop_limit", arrival->hop_limit);
    if (arrival->segments > 1) {
        set_number(object, "segments", arrival->segments);
        set_number(object, "segment_length", arrival->segment_len);
    }
    if (arrival->family == 4)
        json_object_set_new(object, "dont_fragment", json_boolean(arrival->dont_fragment));
    if (arrival->fragment)
        json_object_set_new(object, "fragment",
                            json_pack("{s:I, s:i, s:b}", "id", (json_int_t)arrival->fragment_id, "offset",
                                      arrival->fragment_offset, "more", arrival->more_fragments));
}

/* The pool of a binding's IPv4 address, or the static binding, by the configuration that is in force now. */
static const char *binding_name(const struct trace_note *note, const struct tables *tables)
{
    if (note->step != TRACE_BINDING || note->b.family == 0)
        return NULL;
    if (note->cause == TRACE_CAUSE_STATIC) {
        const struct binding *binding =
            binding_find4(tables->bindings, note->transport, note->b.v4, note->b.port);
        return binding != NULL ? binding->name : NULL;
    }
    uint32_t index = prefixes_find(&tables->prefixes, note->b.v4);
    return index != PREFIXES_NONE ? prefixes_pool_of(&tables->prefixes, index)->name : NULL;
}

static void set_details(json_t *object, const struct trace_note *note)
{
    set_point(object, "source", &note->a);
    set_point(object, "destination", &note->b);
    set_point(object, "by", &note->where);
    if (note->reason != REASON_OK)
        json_object_set_new(object, "reason", json_string(reason_info[note->reason].name));
    if (note->step == TRACE_SESSION && note->after != TCP_STATE_NONE)
        json_object_set_new(object, "state", json_string(tcp_state_name(note->after)));
    if (note->step == TRACE_SESSION && note->before != TCP_STATE_NONE)
        json_object_set_new(object, "state_before", json_string(tcp_state_name(note->before)));
    if (note->step == TRACE_SESSION && note->result != TRACE_NO)
        set_number(object, "expires_s", note->value[0]);
    if (note->step == TRACE_PATH)
        set_number(object, "mtu", note->value[0]);
    if (note->step == TRACE_MTU) {
        set_number(object, "length", note->value[0]);
        set_number(object, "mtu", note->value[1]);
    }
}

static json_t *note_object(const struct trace_note *note, const struct tables *tables)
{
    char text[TEXT_LEN];
    struct builder builder;
    const char *name = binding_name(note, tables);
    builder_init(&builder, text, sizeof(text));
    trace_text_note(note, name, &builder);
    json_t *object = json_pack("{s:s, s:s, s:s}", "step", trace_text_step(note->step), "result",
                               trace_text_result(note->result), "text", text);
    if (name != NULL)
        json_object_set_new(object, note->cause == TRACE_CAUSE_STATIC ? "static" : "pool", json_string(name));
    set_details(object, note);
    return object;
}

static void set_answer(json_t *object, const struct trace_answer *answer)
{
    char text[TEXT_LEN];
    struct builder builder;
    if (answer->family == 0)
        return;
    builder_init(&builder, text, sizeof(text));
    trace_text_answer(answer, &builder);
    json_t *said = json_pack("{s:b, s:s}", "sent", !answer->suppressed, "text", text);
    if (!answer->suppressed) {
        set_number(said, "icmp_type", answer->type);
        set_number(said, "icmp_code", answer->code);
    }
    if (answer->mtu != 0)
        set_number(said, "mtu", answer->mtu);
    json_object_set_new(object, "answer", said);
}

static void set_verdict(json_t *object, const struct trace_record *record)
{
    char text[TEXT_LEN];
    struct builder builder;
    builder_init(&builder, text, sizeof(text));
    trace_text_verdict(record, &builder);
    json_object_set_new(object, "verdict", json_string(trace_text_verdict_name(record->verdict)));
    set_text(object, "text", &builder);
    if (record->verdict != TRACE_DROPPED)
        return;
    json_object_set_new(object, "reason", json_string(reason_info[record->reason].name));
    json_object_set_new(object, "section", json_string(reason_info[record->reason].section));
    json_object_set_new(object, "advice", json_string(advice_text(record->reason)));
    set_answer(object, &record->answer);
}

json_t *trace_json_packet(const struct trace_record *record, const struct tables *tables, uint64_t utc_ns)
{
    json_t *object = json_pack("{s:s, s:I, s:i}", "event", "packet", "time_utc_us",
                               (json_int_t)(utc_ns / NS_PER_US), "worker", record->worker);
    set_arrival(object, &record->arrival);
    json_t *steps = json_array();
    for (uint32_t i = 0; i < record->notes_count; i++)
        json_array_append_new(steps, note_object(&record->notes[i], tables));
    json_object_set_new(object, "steps", steps);
    set_verdict(object, record);
    return object;
}
