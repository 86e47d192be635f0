/*
 * Layer: path
 * Specification: RFC 5452 9.3, RFC 7766 5, RFC 7873 5.3, RFC 6891 6.2.2
 */
#include "dns64/upstream/attempt.h"

#include "common/time_units.h"

enum {
    STREAM_FACTOR = 3, /* round trips of a connection with TLS, against one */
};

static struct choice_upstream *upstream_of(const struct attempt *attempt, unsigned i)
{
    return attempt->choice->upstreams[attempt->sends[i].upstream];
}

static uint64_t bit(unsigned upstream)
{
    return UINT64_C(1) << upstream;
}

static bool is_waiting(const struct attempt_send *send)
{
    return !send->over && !send->closed;
}

static bool waits(const struct attempt *attempt)
{
    for (unsigned i = 0; i < attempt->count; i++)
        if (is_waiting(&attempt->sends[i]))
            return true;
    return false;
}

static bool can_send(const struct attempt *attempt)
{
    return attempt->count < ATTEMPT_PACKETS && !attempt->done;
}

/* Twice as long as the time before to the same one, and long for the last of all. */
static uint32_t wait_ms(const struct attempt *attempt, const struct attempt_send *send)
{
    const struct choice_upstream *upstream = attempt->choice->upstreams[send->upstream];
    uint32_t ms = choice_wait_ms(upstream);
    for (unsigned i = 0; i < attempt->count; i++)
        if (attempt->sends[i].upstream == send->upstream && attempt->sends[i].over)
            ms *= 2;
    /* Others may know as well: no client waits out the doubts about one of them. */
    if (attempt->set & ~attempt->tried & ~bit(send->upstream) && ms > CHOICE_WAIT_FIRST_MS)
        ms = CHOICE_WAIT_FIRST_MS;
    if (send->stream && !upstream->stream_is_open) {
        ms *= STREAM_FACTOR;
        ms = ms < ATTEMPT_STREAM_MS ? ATTEMPT_STREAM_MS : ms;
    }
    if (attempt->count == ATTEMPT_PACKETS - 1 && ms < ATTEMPT_LAST_MS)
        ms = ATTEMPT_LAST_MS;
    return ms > CHOICE_WAIT_MAX_MS ? CHOICE_WAIT_MAX_MS : ms;
}

static enum attempt_step send_to(struct attempt *attempt, unsigned upstream, bool stream, bool edns,
                                 uint64_t now_ns)
{
    struct choice_upstream *to = attempt->choice->upstreams[upstream];
    struct attempt_send *send = &attempt->sends[attempt->count];
    bool tls = attempt->choice->tls >> upstream & 1;
    *send = (struct attempt_send){
        .upstream = (uint8_t)upstream,
        .stream = stream || tls,
        .edns = edns,
        .cookie = edns && !stream && !tls,
        .sent_ns = now_ns,
    };
    send->due_ns = now_ns + (uint64_t)wait_ms(attempt, send) * NS_PER_MS;
    if (send->due_ns > attempt->until_ns)
        send->due_ns = attempt->until_ns;
    attempt->count++;
    attempt->tried |= bit(upstream);
    choice_sent(to, now_ns);
    return ATTEMPT_SEND;
}

/* Whether OPT is left out, as it is not understood; not where signatures are wanted (RFC 6891 6.2.2). */
static bool speaks_edns(const struct attempt *attempt, unsigned upstream, uint64_t now_ns)
{
    return attempt->dnssec || attempt->choice->upstreams[upstream]->plain_ns <= now_ns;
}

/* Whoever has not been asked. All once more if all were silent. */
static enum attempt_step next(struct attempt *attempt, uint64_t now_ns)
{
    uint64_t candidates = attempt->set & ~attempt->tried;
    if (candidates == 0 && waits(attempt))
        return ATTEMPT_WAIT;
    if (candidates == 0 && !attempt->has_failure && !attempt->has_truncated)
        candidates = attempt->set & ~attempt->broken;
    int best =
        can_send(attempt) && now_ns < attempt->until_ns ? choice_next(attempt->choice, candidates) : -1;
    if (best >= 0)
        return send_to(attempt, (unsigned)best, false, speaks_edns(attempt, (unsigned)best, now_ns), now_ns);
    return waits(attempt) ? ATTEMPT_WAIT : ATTEMPT_END;
}

/* The same one again, in another way; if that may not be, another one. */
static enum attempt_step again(struct attempt *attempt, unsigned i, bool stream, bool edns, uint64_t now_ns)
{
    if (!can_send(attempt) || now_ns >= attempt->until_ns)
        return next(attempt, now_ns);
    return send_to(attempt, attempt->sends[i].upstream, stream, edns, now_ns);
}

enum attempt_step attempt_begin(struct attempt *attempt, const struct choice *choice, uint64_t set,
                                uint64_t until_ns, bool dnssec, uint64_t now_ns)
{
    *attempt = (struct attempt){.choice = choice, .set = set, .until_ns = until_ns, .dnssec = dnssec};
    return next(attempt, now_ns);
}

enum attempt_step attempt_probe(struct attempt *attempt, uint64_t now_ns)
{
    int probe =
        can_send(attempt) ? choice_probe(attempt->choice, attempt->set & ~attempt->tried, now_ns) : -1;
    if (probe < 0)
        return ATTEMPT_WAIT;
    choice_probed(attempt->choice->upstreams[probe], now_ns);
    return send_to(attempt, (unsigned)probe, false, speaks_edns(attempt, (unsigned)probe, now_ns), now_ns);
}

/* Not what was asked for. It ends no wait; but if somebody guesses, he shall guess in vain. */
static enum attempt_step take_wrong(struct attempt *attempt, unsigned i, bool at_once, uint64_t now_ns)
{
    choice_count(upstream_of(attempt, i), CHOICE_WRONG);
    attempt->wrong++;
    for (unsigned k = 0; k < attempt->count; k++)
        if (attempt->sends[k].stream && attempt->sends[k].upstream == attempt->sends[i].upstream)
            return ATTEMPT_WAIT; /* it is asked so already */
    if ((!at_once && attempt->wrong != ATTEMPT_WRONG_MAX) || !can_send(attempt))
        return ATTEMPT_WAIT;
    return again(attempt, i, true, attempt->sends[i].edns, now_ns);
}

/* False: as a reply it does not count (RFC 7873 5.3). */
static bool check_cookie(struct attempt *attempt, unsigned i, const struct message *message,
                         bool *ret_at_once)
{
    struct client_cookie *cookie = &upstream_of(attempt, i)->cookie;
    const struct attempt_send *send = &attempt->sends[i];
    *ret_at_once = false;
    if (send->stream) {
        /* It gave one by UDP before; if it was asked again for the lack of one, it gives none any more. */
        if (attempt->wrong > 0)
            client_cookie_forget(cookie);
        return true;
    }
    if (!send->cookie)
        return true;
    switch (client_cookie_take(cookie, message)) {
    case CLIENT_COOKIE_GOOD:
    case CLIENT_COOKIE_ABSENT: return true;
    case CLIENT_COOKIE_MISSING: *ret_at_once = true; return false;
    case CLIENT_COOKIE_WRONG: return false;
    }
    return false;
}

static enum attempt_step take_failure(struct attempt *attempt, uint64_t now_ns)
{
    attempt->keep = !attempt->has_truncated && !attempt->done;
    attempt->has_failure = true;
    return next(attempt, now_ns);
}

static enum attempt_step take_truncated(struct attempt *attempt, unsigned i, uint64_t now_ns)
{
    attempt->keep = !attempt->done;
    attempt->has_truncated = true;
    return again(attempt, i, true, attempt->sends[i].edns, now_ns);
}

/* RFC 7873 5.3: once more with the cookie that came along, and then by TCP. */
static enum attempt_step take_bad_cookie(struct attempt *attempt, unsigned i, uint64_t now_ns)
{
    bool stream = attempt->bad_cookie;
    attempt->bad_cookie = true;
    if (attempt->sends[i].stream || !attempt->sends[i].cookie)
        return take_failure(attempt, now_ns);
    return again(attempt, i, stream, true, now_ns);
}

/* RFC 6891 6.2.2 and 7: a server that knows no OPT. */
static bool knows_no_edns(const struct attempt *attempt, unsigned i, const struct message *message)
{
    unsigned rcode = message_rcode(message);
    if (!attempt->sends[i].edns || attempt->dnssec)
        return false;
    return rcode == MESSAGE_BADVERS ||
           (!message->has_opt && (rcode == MESSAGE_FORMERR || rcode == MESSAGE_NOTIMP));
}

static bool is_data(const struct message *message)
{
    unsigned rcode = message_rcode(message);
    return rcode == MESSAGE_NOERROR || rcode == MESSAGE_NXDOMAIN;
}

static enum attempt_step take_matching(struct attempt *attempt, unsigned i, const struct message *message,
                                       uint64_t now_ns)
{
    unsigned rcode = message_rcode(message);
    if (knows_no_edns(attempt, i, message)) {
        upstream_of(attempt, i)->plain_ns = now_ns + (uint64_t)ATTEMPT_PLAIN_MS * NS_PER_MS;
        return again(attempt, i, attempt->sends[i].stream, false, now_ns);
    }
    if (!message->has_question)
        return next(attempt, now_ns);
    if (rcode == MESSAGE_BADCOOKIE)
        return take_bad_cookie(attempt, i, now_ns);
    if (message->flags & MESSAGE_TC && !attempt->sends[i].stream)
        return take_truncated(attempt, i, now_ns);
    if (!is_data(message))
        return take_failure(attempt, now_ns);
    if (attempt->done)
        return next(attempt, now_ns);
    attempt->done = true;
    for (unsigned k = 0; k < attempt->count; k++)
        if (attempt->sends[k].doubt && !attempt->sends[k].closed &&
            attempt->sends[k].upstream != attempt->sends[i].upstream)
            choice_blame(upstream_of(attempt, k), now_ns);
    return ATTEMPT_TAKE;
}

enum attempt_step attempt_reply(struct attempt *attempt, unsigned i, const struct message *message,
                                enum ask_verdict verdict, uint64_t now_ns)
{
    struct attempt_send *send = &attempt->sends[i];
    bool at_once;
    attempt->keep = false;
    if (verdict == ASK_WRONG || verdict == ASK_CASE)
        return take_wrong(attempt, i, verdict == ASK_CASE, now_ns);
    if (!check_cookie(attempt, i, message, &at_once))
        return take_wrong(attempt, i, at_once, now_ns);
    if (verdict == ASK_NOT_KNOWN && !knows_no_edns(attempt, i, message))
        return take_wrong(attempt, i, false, now_ns);
    send->closed = true;
    if (is_data(message))
        choice_answered(upstream_of(attempt, i), now_ns - send->sent_ns, now_ns);
    else
        choice_heard(upstream_of(attempt, i), now_ns - send->sent_ns, now_ns);
    return take_matching(attempt, i, message, now_ns);
}

enum attempt_step attempt_broken(struct attempt *attempt, unsigned i, enum attempt_fault fault,
                                 uint64_t now_ns)
{
    struct attempt_send *send = &attempt->sends[i];
    send->closed = true;
    if (fault == ATTEMPT_CLOSED)
        return again(attempt, i, send->stream, send->edns, now_ns);
    attempt->broken |= bit(send->upstream);
    if (!send->over && fault == ATTEMPT_GONE)
        choice_failed(upstream_of(attempt, i), now_ns);
    return next(attempt, now_ns);
}

enum attempt_step attempt_timer(struct attempt *attempt, uint64_t now_ns)
{
    bool any = false;
    for (unsigned i = 0; i < attempt->count; i++) {
        struct attempt_send *send = &attempt->sends[i];
        if (!is_waiting(send) || send->due_ns > now_ns)
            continue;
        any = send->over = true;
        send->doubt = !choice_timed_out(upstream_of(attempt, i), send->sent_ns, now_ns);
    }
    return any || !waits(attempt) ? next(attempt, now_ns) : ATTEMPT_WAIT;
}

uint64_t attempt_due(const struct attempt *attempt)
{
    uint64_t due_ns = 0;
    for (unsigned i = 0; i < attempt->count; i++)
        if (is_waiting(&attempt->sends[i]) && (due_ns == 0 || attempt->sends[i].due_ns < due_ns))
            due_ns = attempt->sends[i].due_ns;
    return due_ns;
}
