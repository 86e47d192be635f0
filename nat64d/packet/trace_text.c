/*
 * Layer: pure
 * Specification: man/gate64.1 (trace)
 */
#include "nat64d/packet/trace_text.h"

#include "common/addr.h"
#include "common/special.h"
#include "common/transport.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc6146/tcp_state.h"

const char *trace_text_step(enum trace_step step)
{
    static const char *const names[TRACE_STEPS] = {
#define TRACE_STEP_NAME(name, text) [TRACE_##name] = text,
        TRACE_STEP_LIST(TRACE_STEP_NAME)
#undef TRACE_STEP_NAME
    };
    return names[step];
}

const char *trace_text_result(enum trace_result result)
{
    switch (result) {
    case TRACE_YES: return "yes";
    case TRACE_NO: return "no";
    case TRACE_MADE: return "made";
    }
    return "";
}

const char *trace_text_verdict_name(enum trace_verdict verdict)
{
    switch (verdict) {
    case TRACE_SENT: return "sent";
    case TRACE_DROPPED: return "dropped";
    case TRACE_WAITS: return "waits";
    case TRACE_HANDED: return "handed-over";
    }
    return "";
}

void trace_text_point(const struct trace_point *point, struct builder *out)
{
    char text[ADDR_TEXT_LEN];
    builder_put(out, point->family == 6 ? addr_print6(&point->v6, text) : addr_print4(point->v4, text));
    if (point->len > 0) {
        builder_put(out, "/");
        builder_number(out, point->len);
    }
    if (point->port > 0) {
        builder_put(out, "#");
        builder_number(out, point->port);
    }
}

static void put(struct builder *out, const char *before, const struct trace_point *point, const char *behind)
{
    builder_put(out, before);
    trace_text_point(point, out);
    builder_put(out, behind);
}

static void put_number(struct builder *out, const char *before, uint32_t number, const char *behind)
{
    builder_put(out, before);
    builder_number(out, number);
    builder_put(out, behind);
}

static void refused(const struct trace_note *note, struct builder *out)
{
    builder_put_all(out, "refused: ", reason_info[note->reason].text, NULL);
}

static void ports(const struct trace_note *note, struct builder *out)
{
    put_number(out, " (ports ", note->value[0], "");
    put_number(out, " and ", note->value[1], ")");
}

static void text_waited(const struct trace_note *note, struct builder *out)
{
    if (note->result == TRACE_MADE) {
        builder_put(out, "put together from the fragments of its datagram");
        return;
    }
    builder_put(out, "a fragment that waited until the first of its datagram had come");
    ports(note, out);
}

static void text_collect(const struct trace_note *note, struct builder *out)
{
    if (note->result == TRACE_NO) {
        refused(note, out);
    } else if (note->value[0] == 0 && note->value[1] == 0) {
        builder_put(out, "copied, until more of its datagram has come");
    } else {
        builder_put(out, "of a datagram whose first fragment is known");
        ports(note, out);
    }
}

static void text_tuple(const struct trace_note *note, struct builder *out)
{
    if (note->a.family != 0)
        put(out, "from ", &note->a, note->b.family != 0 ? " " : "");
    if (note->b.family != 0)
        put(out, "to ", &note->b, "");
    if (note->where.family != 0)
        put(out, ", by prefix ", &note->where, "");
}

/* Seen from either side, `b` is who sent the quoted packet. */
static void text_quoted(const struct trace_note *note, struct builder *out)
{
    put(out, "an error about a packet from ", &note->b, "");
    put(out, " to ", &note->a, "");
}

static void text_source(const struct trace_note *note, struct builder *out)
{
    if (note->result == TRACE_NO) {
        put(out, "", &note->a, " ");
        refused(note, out);
    } else if (note->cause == TRACE_CAUSE_ENTRY) {
        put(out, "", &note->a, " is a backend");
        put(out, ", by ", &note->where, "");
    } else {
        put(out, "", &note->a, " is this gateway itself");
    }
}

static void text_destination_refused(const struct trace_note *note, struct builder *out)
{
    const char *special = "not global";
    special_class4(note->b.v4, &special);
    put(out, "no: ", &note->b, "");
    if (note->cause == TRACE_CAUSE_ENTRY)
        put(out, " is in deny-ipv4, by ", &note->where, "");
    else if (note->cause == TRACE_CAUSE_OWN)
        builder_put(out, " is an address of this gateway");
    else
        builder_put_all(out, " is ", special, ", and allow-ipv4 of the prefix does not open it", NULL);
}

static void text_destination(const struct trace_note *note, struct builder *out)
{
    if (note->result == TRACE_NO) {
        text_destination_refused(note, out);
        return;
    }
    put(out, "", &note->b, "");
    if (note->cause == TRACE_CAUSE_POOL)
        builder_put(out, " is an address of the pool");
    else if (note->cause == TRACE_CAUSE_ENTRY)
        put(out, " is opened by allow-ipv4 ", &note->where, "");
    else
        builder_put(out, " is a global address that nothing denies");
}

static void text_binding(const struct trace_note *note, const char *name, struct builder *out)
{
    if (note->result == TRACE_NO && note->reason != REASON_OK) {
        put(out, "none for ", &note->a, "; ");
        refused(note, out);
        return;
    }
    if (note->result == TRACE_NO) {
        put(out, "none for ", &note->a, "");
        return;
    }
    builder_put(out, note->result == TRACE_MADE ? "made: " : "");
    put(out, "", &note->a, " appears as ");
    trace_text_point(&note->b, out);
    if (name != NULL)
        builder_put_all(out, note->cause == TRACE_CAUSE_STATIC ? " (static " : " (pool ", name, ")", NULL);
}

static void text_session(const struct trace_note *note, struct builder *out)
{
    bool tcp = note->transport == TRANSPORT_TCP;
    if (note->result == TRACE_NO && note->reason != REASON_OK) {
        refused(note, out);
        return;
    }
    if (note->result == TRACE_NO) {
        builder_put(out, "none");
        return;
    }
    builder_put(out, note->result == TRACE_MADE ? "made" : "found");
    if (tcp && note->before != 0 && note->before != note->after)
        builder_put_all(out, ", was ", tcp_state_name(note->before), ", becomes ",
                        tcp_state_name(note->after), NULL);
    else if (tcp)
        builder_put_all(out, ", ", tcp_state_name(note->after), NULL);
    if (note->value[0] > 0)
        put_number(out, "; ends in ", note->value[0], " s if nothing more comes");
}

static void text_filter(const struct trace_note *note, struct builder *out)
{
    bool yes = note->result == TRACE_YES;
    put(out, yes ? "lets " : "keeps ", &note->a, yes ? " in: " : " out: ");
    if (note->cause == TRACE_CAUSE_STATIC)
        builder_put(out, "the binding is static");
    else if (note->cause == TRACE_CAUSE_ENDPOINT)
        builder_put(out, "filtering is endpoint-independent");
    else if (note->cause == TRACE_CAUSE_FROM)
        builder_put(out, yes ? "from of the static binding names it" : "from of the static binding does not");
    else
        builder_put(out, yes ? "the backend has a session with that address"
                             : "the backend has no session with that address");
}

static void text_mtu(const struct trace_note *note, struct builder *out)
{
    put_number(out, "", note->value[0], " bytes");
    put_number(out, note->result == TRACE_YES ? " fit a link of " : " do not fit a link of ", note->value[1],
               "");
    if (note->result == TRACE_MADE)
        builder_put(out, "; cut into fragments");
    else if (note->result == TRACE_NO)
        builder_put(out, ", and may not be cut");
}

void trace_text_note(const struct trace_note *note, const char *name, struct builder *out)
{
    switch ((enum trace_step)note->step) {
    case TRACE_HANDOVER: put_number(out, "read by worker ", note->value[0], ", whose flow it is not"); return;
    case TRACE_WAITED: text_waited(note, out); return;
    case TRACE_COLLECT: text_collect(note, out); return;
    case TRACE_MAPPING:
        put(out, "", &note->a, " is mapped to ");
        trace_text_point(&note->b, out);
        return;
    case TRACE_TUPLE: text_tuple(note, out); return;
    case TRACE_QUOTED: text_quoted(note, out); return;
    case TRACE_SOURCE: text_source(note, out); return;
    case TRACE_DESTINATION: text_destination(note, out); return;
    case TRACE_BINDING: text_binding(note, name, out); return;
    case TRACE_SESSION: text_session(note, out); return;
    case TRACE_WINDOW:
        builder_put(out, "the segment does not fit its connection; ");
        builder_put(out, note->result == TRACE_YES ? "it counts all the same (nat64.tcp.check-window is off)"
                                                   : "it goes on, but changes nothing here");
        return;
    case TRACE_FILTER: text_filter(note, out); return;
    case TRACE_PATH:
        put_number(out, "the way to the backend carries ", note->value[0], " bytes, which holds from now on");
        return;
    case TRACE_MTU: text_mtu(note, out); return;
    case TRACE_MSS:
        put_number(out, "the segment size that the SYN asks for is lowered to ", note->value[0], "");
        return;
    case TRACE_OUTGOING:
        put(out, "", &note->a, " to ");
        trace_text_point(&note->b, out);
        return;
    case TRACE_HAIRPIN: builder_put(out, "for a backend: in again from the IPv4 side"); return;
    case TRACE_STEPS: return;
    }
}

void trace_text_verdict(const struct trace_record *record, struct builder *out)
{
    const struct reason_info *info = &reason_info[record->reason];
    switch ((enum trace_verdict)record->verdict) {
    case TRACE_SENT:
        put_number(out, record->out_family == 6 ? "to IPv6, " : "to IPv4, ", record->out_len, " bytes");
        if (record->out_segments > 1)
            put_number(out, " in ", record->out_segments, " segments");
        if (record->cut_mtu != 0)
            put_number(out, ", in fragments of at most ", record->cut_mtu, "");
        return;
    case TRACE_DROPPED:
        builder_put_all(out, info->text, " (", info->section, ", counter ", info->name, ")", NULL);
        return;
    case TRACE_WAITS: builder_put(out, "for the rest of its datagram"); return;
    case TRACE_HANDED: builder_put(out, "to the worker that owns the flow, which told no more of it"); return;
    }
}

struct answer_name {
    uint8_t family, type, code;
    const char *text;
};

/* RFC 4443 3, RFC 792: what answers a reason (enum reason_answer). */
static const struct answer_name answers[] = {
    {6, 1, 1, "administratively prohibited"},
    {6, 1, 3, "address unreachable"},
    {6, 1, 4, "port unreachable"},
    {6, 2, 0, "packet too big"},
    {6, 3, 0, "hop limit exceeded"},
    {6, 4, 0, "parameter problem"},
    {4, 3, 2, "protocol unreachable"},
    {4, 3, 4, "fragmentation needed"},
    {4, 3, 5, "source route failed"},
    {4, 11, 0, "time exceeded"},
};

void trace_text_answer(const struct trace_answer *answer, struct builder *out)
{
    if (answer->suppressed) {
        builder_put(out, "with nothing: an ICMP error to this packet is not allowed, or over the rate of "
                         "nat64.icmp-errors");
        return;
    }
    put_number(out, answer->family == 6 ? "ICMPv6 " : "ICMP ", answer->type, "");
    put_number(out, "/", answer->code, "");
    for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (answers[i].family == answer->family && answers[i].type == answer->type &&
            answers[i].code == answer->code)
            builder_put_all(out, " ", answers[i].text, NULL);
    if (answer->mtu != 0)
        put_number(out, ", MTU ", answer->mtu, "");
}

const char *trace_text_icmp(uint8_t family, uint8_t type)
{
    static const struct {
        uint8_t type6, type4;
        const char *text;
    } kinds[] = {
        {128, 8, "echo request"}, {129, 0, "echo reply"},       {1, 3, "destination unreachable"},
        {3, 11, "time exceeded"}, {4, 12, "parameter problem"},
    };
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (type == (family == 6 ? kinds[i].type6 : kinds[i].type4))
            return kinds[i].text;
    return family == 6 && type == 2 ? "packet too big" : NULL;
}

void trace_text_flags(uint8_t tcp_flags, struct builder *out)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    const char *before = "";
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!(tcp_flags & 1u << i))
            continue;
        builder_put_all(out, before, names[i], NULL);
        before = " ";
    }
}
