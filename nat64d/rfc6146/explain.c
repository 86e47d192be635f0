/*
 * Layer: path
 * Specification: RFC 6146 3.3 (the steps), man/gate64.1 (trace)
 */
#include "nat64d/rfc6146/explain.h"

#include "common/bytes.h"
#include "nat64d/packet/icmp_error.h"

static void add(struct steps *steps, const struct trace_note *note)
{
    trace_add(&steps->trace, note);
}

static struct trace_point prefix6(const struct addr_prefix6 *prefix)
{
    struct trace_point point = trace_point6(&prefix->address, 0);
    point.len = prefix->len;
    return point;
}

static struct trace_point prefix4(const struct addr_prefix4 *prefix)
{
    struct trace_point point = trace_point4(prefix->address, 0);
    point.len = prefix->len;
    return point;
}

static struct trace_point pref64_point(const struct steps *steps, unsigned pref64)
{
    return prefix6(&steps->shared->guard.pref64[pref64].prefix);
}

void explain_collect(struct steps *steps, const struct packet *packet, enum reason reason)
{
    struct trace_note note = {.step = TRACE_COLLECT,
                              .result = reason == REASON_OK ? TRACE_YES : TRACE_NO,
                              .reason = (uint8_t)reason};
    if (packet->collected) {
        note.value[0] = packet->source_port;
        note.value[1] = packet->destination_port;
    }
    add(steps, &note);
}

static void note_binding(struct steps *steps, const struct flow *flow, enum trace_result result)
{
    const struct bib_entry *entry = flow_binding(steps, flow);
    add(steps, &(struct trace_note){
                   .step = TRACE_BINDING,
                   .result = (uint8_t)result,
                   .cause = entry->is_static ? TRACE_CAUSE_STATIC : TRACE_CAUSE_NONE,
                   .transport = (uint8_t)flow->transport,
                   .a = trace_point6(&entry->src6, entry->src6_port),
                   .b = trace_point4(entry->src4, entry->src4_port),
               });
}

void explain_tuple(struct steps *steps, const struct flow *flow, enum trace_step step)
{
    struct trace_note note = {.step = (uint8_t)step, .transport = (uint8_t)flow->transport};
    struct trace_point backend = trace_point6(&flow->src6, flow->src6_port),
                       remote = trace_point4(flow->dst4, flow->dst4_port),
                       pool = trace_point4(flow->src4, flow->src4_port);
    note.a = flow->from_ipv6 ? backend : remote;
    note.b = flow->from_ipv6 ? remote : pool;
    if (flow->from_ipv6)
        note.where = pref64_point(steps, flow->pref64);
    add(steps, &note);
    if (flow->bib != STATE_NONE)
        note_binding(steps, flow, TRACE_YES);
    else
        add(steps, &(struct trace_note){.step = TRACE_BINDING,
                                        .result = TRACE_NO,
                                        .transport = (uint8_t)flow->transport,
                                        .a = flow->from_ipv6 ? backend : pool});
}

void explain_mapping6(struct steps *steps, const struct in6_addr *host, uint32_t image, uint32_t peer,
                      unsigned pref64)
{
    struct trace_note note = {.step = TRACE_MAPPING, .a = trace_point6(host, 0), .b = trace_point4(image, 0)};
    add(steps, &note);
    note = (struct trace_note){.step = TRACE_TUPLE, .b = trace_point4(peer, 0)};
    if (pref64 != STEPS_NO_PREF64)
        note.where = pref64_point(steps, pref64);
    add(steps, &note);
}

void explain_mapping4(struct steps *steps, uint32_t image, const struct in6_addr *host,
                      const struct in6_addr *peer)
{
    add(steps,
        &(struct trace_note){.step = TRACE_MAPPING, .a = trace_point4(image, 0), .b = trace_point6(host, 0)});
    add(steps, &(struct trace_note){.step = TRACE_TUPLE, .a = trace_point6(peer, 0)});
}

void explain_mapped_error(struct steps *steps, const struct in6_addr *host, uint32_t image)
{
    add(steps,
        &(struct trace_note){.step = TRACE_MAPPING, .a = trace_point6(host, 0), .b = trace_point4(image, 0)});
}

/* The entry of `backends` that lets it in. */
static bool find_backends(const struct addr_prefix6 *list, size_t count, const struct in6_addr *source,
                          struct trace_point *ret_where)
{
    for (size_t i = 0; i < count; i++)
        if (addr_in_prefix6(source, &list[i])) {
            *ret_where = prefix6(&list[i]);
            return true;
        }
    return false;
}

void explain_source(struct steps *steps, const struct in6_addr *source, enum reason reason)
{
    const struct guard *guard = &steps->shared->guard;
    struct trace_note note = {.step = TRACE_SOURCE,
                              .result = reason == REASON_OK ? TRACE_YES : TRACE_NO,
                              .reason = (uint8_t)reason,
                              .a = trace_point6(source, 0)};
    if (reason == REASON_SOURCE_MARTIAN)
        note.cause = TRACE_CAUSE_SPECIAL;
    else if (reason == REASON_OK)
        note.cause = find_backends(guard->backends, guard->backends_count, source, &note.where) ||
                             find_backends(steps->network->backends, steps->network->backends_count, source,
                                           &note.where)
                         ? TRACE_CAUSE_ENTRY
                         : TRACE_CAUSE_OWN;
    add(steps, &note);
}

/* Which of the rules it was, in the order of the guard. */
static enum trace_cause refused_by(const struct steps *steps, unsigned pref64, uint32_t destination,
                                   struct trace_point *ret_where)
{
    const struct guard *guard = &steps->shared->guard;
    if (!guard_may_hold(guard, pref64, destination))
        return TRACE_CAUSE_SPECIAL;
    for (size_t i = 0; i < guard->deny4_count; i++)
        if (addr_in_prefix4(destination, &guard->deny4[i])) {
            *ret_where = prefix4(&guard->deny4[i]);
            return TRACE_CAUSE_ENTRY;
        }
    return TRACE_CAUSE_OWN;
}

/* The entry of `allow-ipv4` that opened it; none is needed for a global address. */
static enum trace_cause allowed_by(const struct steps *steps, unsigned pref64, uint32_t destination,
                                   struct trace_point *ret_where)
{
    const struct guard_pref64 *entry = &steps->shared->guard.pref64[pref64];
    for (size_t i = 0; i < entry->allow4_count; i++)
        if (addr_in_prefix4(destination, &entry->allow4[i])) {
            *ret_where = prefix4(&entry->allow4[i]);
            return TRACE_CAUSE_ENTRY;
        }
    return TRACE_CAUSE_NONE;
}

void explain_destination(struct steps *steps, unsigned pref64, uint32_t destination, enum reason reason)
{
    struct trace_note note = {.step = TRACE_DESTINATION,
                              .result = reason == REASON_OK ? TRACE_YES : TRACE_NO,
                              .reason = (uint8_t)reason,
                              .b = trace_point4(destination, 0)};
    note.cause = (uint8_t)(reason == REASON_OK ? allowed_by(steps, pref64, destination, &note.where)
                                               : refused_by(steps, pref64, destination, &note.where));
    add(steps, &note);
}

void explain_destination_ours(struct steps *steps, uint32_t destination, enum trace_cause cause)
{
    add(steps, &(struct trace_note){
                   .step = TRACE_DESTINATION, .cause = (uint8_t)cause, .b = trace_point4(destination, 0)});
}

void explain_allocation(struct steps *steps, const struct flow *flow, enum reason reason)
{
    if (reason == REASON_OK)
        note_binding(steps, flow, TRACE_MADE);
    else
        add(steps, &(struct trace_note){.step = TRACE_BINDING,
                                        .result = TRACE_NO,
                                        .reason = (uint8_t)reason,
                                        .transport = (uint8_t)flow->transport,
                                        .a = trace_point6(&flow->src6, flow->src6_port)});
}

void explain_session(struct steps *steps, const struct flow *flow, enum trace_result result, uint8_t before,
                     uint64_t now_ns)
{
    struct trace_note note = {.step = TRACE_SESSION,
                              .result = (uint8_t)result,
                              .transport = (uint8_t)flow->transport,
                              .before = before};
    if (flow->session != STATE_NONE) {
        const struct session *session = session_at(&flow_shard(steps, flow)->sessions, flow->session);
        note.after = session->tcp_state;
        note.value[0] = expiry_left_s(session, now_ns);
    }
    add(steps, &note);
}

void explain_fragment_session(struct steps *steps, const struct flow *flow)
{
    struct trace_note note = {.step = TRACE_SESSION,
                              .result = flow->session == STATE_NONE ? TRACE_NO : TRACE_YES,
                              .transport = (uint8_t)flow->transport};
    if (flow->session != STATE_NONE)
        note.before = note.after = session_at(&flow_shard(steps, flow)->sessions, flow->session)->tcp_state;
    add(steps, &note);
}

void explain_session_refused(struct steps *steps, enum reason reason)
{
    add(steps, &(struct trace_note){.step = TRACE_SESSION, .result = TRACE_NO, .reason = (uint8_t)reason});
}

void explain_window(struct steps *steps, bool counts)
{
    add(steps,
        &(struct trace_note){.step = TRACE_WINDOW, .result = (uint8_t)(counts ? TRACE_YES : TRACE_NO)});
}

void explain_filter(struct steps *steps, const struct flow *flow, bool passes)
{
    enum trace_cause cause = flow_binding(steps, flow)->is_static                   ? TRACE_CAUSE_STATIC
                             : steps->shared->endpoint_independent[flow->transport] ? TRACE_CAUSE_ENDPOINT
                                                                                    : TRACE_CAUSE_PEER;
    add(steps, &(struct trace_note){.step = TRACE_FILTER,
                                    .result = (uint8_t)(passes ? TRACE_YES : TRACE_NO),
                                    .cause = (uint8_t)cause,
                                    .a = trace_point4(flow->dst4, flow->dst4_port)});
}

void explain_client(struct steps *steps, const struct flow *flow, bool admitted)
{
    add(steps, &(struct trace_note){.step = TRACE_FILTER,
                                    .result = (uint8_t)(admitted ? TRACE_YES : TRACE_NO),
                                    .cause = TRACE_CAUSE_FROM,
                                    .a = trace_point4(flow->dst4, flow->dst4_port)});
}

/* One segment, with the header that it will have in place of its own. */
static void note_mtu(struct steps *steps, const struct packet *packet, enum trace_result result,
                     uint32_t header, uint32_t mtu)
{
    add(steps, &(struct trace_note){.step = TRACE_MTU,
                                    .result = (uint8_t)result,
                                    .value = {packet_segment_len(packet) - packet->l3_len + header, mtu}});
}

void explain_fit4(struct steps *steps, const struct packet *packet, enum header64_fit fit, uint32_t mtu)
{
    static const enum trace_result results[] = {
        [HEADER64_FITS] = TRACE_YES, [HEADER64_CUT] = TRACE_MADE, [HEADER64_TOO_BIG] = TRACE_NO};
    note_mtu(steps, packet, results[fit], PACKET_IPV4_HEADER, mtu);
}

void explain_fit6(struct steps *steps, const struct packet *packet, enum header46_fit fit, uint32_t mtu)
{
    static const enum trace_result results[] = {
        [HEADER46_FITS] = TRACE_YES, [HEADER46_CUT] = TRACE_MADE, [HEADER46_TOO_BIG] = TRACE_NO};
    uint32_t header = PACKET_IPV6_HEADER + (packet_is_fragment(packet) ? PACKET_FRAGMENT_HEADER : 0);
    note_mtu(steps, packet, results[fit], header, mtu);
}

void explain_path(struct steps *steps, uint32_t mtu)
{
    add(steps, &(struct trace_note){.step = TRACE_PATH, .value = {mtu}});
}

void explain_mss(struct steps *steps, uint32_t limit)
{
    add(steps, &(struct trace_note){.step = TRACE_MSS, .result = TRACE_MADE, .value = {limit}});
}

/* An ICMP message has one identifier, shown with its sender. */
void explain_outgoing4(struct steps *steps, const struct translation4 *to, bool icmp)
{
    add(steps, &(struct trace_note){
                   .step = TRACE_OUTGOING,
                   .a = trace_point4(to->source, to->source_port),
                   .b = trace_point4(to->destination, icmp ? 0 : to->destination_port),
               });
}

void explain_outgoing6(struct steps *steps, const struct translation6 *to, bool icmp)
{
    add(steps, &(struct trace_note){
                   .step = TRACE_OUTGOING,
                   .a = trace_point6(&to->source, to->source_port),
                   .b = trace_point6(&to->destination, icmp ? 0 : to->destination_port),
               });
}

void explain_relayed4(struct steps *steps, uint32_t source, uint32_t destination)
{
    add(steps, &(struct trace_note){
                   .step = TRACE_OUTGOING, .a = trace_point4(source, 0), .b = trace_point4(destination, 0)});
}

void explain_relayed6(struct steps *steps, const struct in6_addr *source, const struct in6_addr *destination)
{
    add(steps, &(struct trace_note){
                   .step = TRACE_OUTGOING, .a = trace_point6(source, 0), .b = trace_point6(destination, 0)});
}

void explain_hairpin(struct steps *steps, const struct packet *packet)
{
    (void)packet;
    add(steps, &(struct trace_note){.step = TRACE_HAIRPIN});
}

/* The error in steps->reply, which is one of ours. */
static void read_answer(const struct steps *steps, const struct packet *packet,
                        const struct steps_result *result, struct trace_answer *ret_answer)
{
    const struct reason_info *info = &reason_info[result->reason];
    enum reason_answer due = packet->family == 6 ? info->answer6 : info->answer4;
    if (due == REASON_ANSWER_NONE || packet->family == 0)
        return;
    *ret_answer = (struct trace_answer){.family = packet->family, .suppressed = result->reply_len == 0};
    if (result->reply_len == 0)
        return;
    bool v6 = packet->family == 6;
    const uint8_t *icmp = steps->reply + (v6 ? PACKET_IPV6_HEADER : PACKET_IPV4_HEADER);
    ret_answer->type = icmp[0];
    ret_answer->code = icmp[1];
    if (due == REASON_ANSWER_TOO_BIG) /* RFC 4443 3.2, RFC 1191 4 */
        ret_answer->mtu = v6 ? bytes_get32(icmp + 4) : bytes_get16(icmp + 6);
}

static void hand_over(struct trace *trace, struct packet *packet)
{
    struct trace_record *record = trace->record;
    packet->trace.from = (uint8_t)(trace->worker + 1);
    record->verdict = TRACE_HANDED;
    record->last = false;
    /* The next worker begins with the packet as it came in, unless it was translated once. */
    trace->handed = !packet->hairpin;
    if (!packet->hairpin || record->mask == 0)
        return;
    packet->trace.mask = record->mask;
    packet->trace.id = record->id;
    packet->trace.generation = record->generation;
}

void explain_verdict(struct steps *steps, struct packet *packet, const struct steps_result *result)
{
    struct trace_record *record = steps->trace.record;
    record->reason = (uint8_t)result->reason;
    record->out_family = packet->family;
    record->out_len = packet->len;
    record->out_segments = packet_segments(packet);
    record->cut_mtu = result->cut_mtu;
    switch (result->verdict) {
    case STEPS_SEND: record->verdict = TRACE_SENT; break;
    case STEPS_KEPT: record->verdict = TRACE_WAITS; break;
    case STEPS_HANDOVER: hand_over(&steps->trace, packet); break;
    case STEPS_DROP:
        record->verdict = TRACE_DROPPED;
        read_answer(steps, packet, result, &record->answer);
        break;
    }
}

void explain_failed(struct steps *steps, enum reason reason)
{
    struct trace_record *record = steps->trace.record;
    record->verdict = TRACE_DROPPED;
    record->reason = (uint8_t)reason;
    record->last = true;
    steps->trace.handed = false;
}
