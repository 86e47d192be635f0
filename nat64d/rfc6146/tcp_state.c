/*
 * Layer: pure
 * Specification: RFC 6146 3.5.2.2
 */
#include "nat64d/rfc6146/tcp_state.h"

#include <stddef.h>

enum {
    FLAG_FIN = 0x01,
    FLAG_SYN = 0x02,
    FLAG_RST = 0x04,
    FLAG_ALL = 0x3f, /* RFC 9293 3.1, without the ECN bits */
};

enum tcp_event tcp_state_event(uint8_t flags, int from_ipv6)
{
    if ((flags & FLAG_ALL) == 0 || ((flags & FLAG_SYN) && (flags & (FLAG_FIN | FLAG_RST))))
        return TCP_EVENT_INVALID;
    if (flags & FLAG_RST)
        return from_ipv6 ? TCP_EVENT_V6_RST : TCP_EVENT_V4_RST;
    if (flags & FLAG_SYN)
        return from_ipv6 ? TCP_EVENT_V6_SYN : TCP_EVENT_V4_SYN;
    if (flags & FLAG_FIN)
        return from_ipv6 ? TCP_EVENT_V6_FIN : TCP_EVENT_V4_FIN;
    return from_ipv6 ? TCP_EVENT_V6_OTHER : TCP_EVENT_V4_OTHER;
}

static struct tcp_step step(enum tcp_state next, enum tcp_lifetime lifetime)
{
    return (struct tcp_step){next, lifetime, TCP_ACTION_FORWARD};
}

static struct tcp_step expire(enum tcp_state state)
{
    return (struct tcp_step){state, TCP_LIFETIME_KEEP, TCP_ACTION_DELETE};
}

/* V4 INIT: the backend's SYN opens; anything else leaves it as it is. */
static struct tcp_step v4_init(enum tcp_event event)
{
    if (event == TCP_EVENT_TIMEOUT)
        return expire(TCP_STATE_V4_INIT);
    if (event == TCP_EVENT_V6_SYN)
        return step(TCP_STATE_ESTABLISHED, TCP_LIFETIME_ESTABLISHED);
    return step(TCP_STATE_V4_INIT, TCP_LIFETIME_KEEP);
}

/* V6 INIT: a SYN from IPv4, with or without ACK, opens. A refused connection (RST from IPv4) leaves at the
 * closing lifetime instead of the opening one, so that its port is free sooner; never later. */
static struct tcp_step v6_init(enum tcp_event event)
{
    if (event == TCP_EVENT_TIMEOUT)
        return expire(TCP_STATE_V6_INIT);
    if (event == TCP_EVENT_V4_SYN)
        return step(TCP_STATE_ESTABLISHED, TCP_LIFETIME_ESTABLISHED);
    if (event == TCP_EVENT_V6_SYN)
        return step(TCP_STATE_V6_INIT, TCP_LIFETIME_OPENING);
    if (event == TCP_EVENT_V4_RST)
        return step(TCP_STATE_V6_INIT, TCP_LIFETIME_REFUSED);
    return step(TCP_STATE_V6_INIT, TCP_LIFETIME_KEEP);
}

static struct tcp_step established(enum tcp_event event)
{
    switch (event) {
    case TCP_EVENT_V4_FIN: return step(TCP_STATE_V4_FIN, TCP_LIFETIME_KEEP);
    case TCP_EVENT_V6_FIN: return step(TCP_STATE_V6_FIN, TCP_LIFETIME_KEEP);
    case TCP_EVENT_V4_RST:
    case TCP_EVENT_V6_RST: return step(TCP_STATE_TRANS, TCP_LIFETIME_CLOSING);
    case TCP_EVENT_TIMEOUT: return (struct tcp_step){TCP_STATE_TRANS, TCP_LIFETIME_CLOSING, TCP_ACTION_PROBE};
    case TCP_EVENT_V6_SYN:
    case TCP_EVENT_V4_SYN:
    case TCP_EVENT_V6_OTHER:
    case TCP_EVENT_V4_OTHER:
    case TCP_EVENT_COUNT: break;
    }
    return step(TCP_STATE_ESTABLISHED, TCP_LIFETIME_ESTABLISHED);
}

/* One side has closed; the other's FIN ends the connection. RFC 6146 names no RST here. */
static struct tcp_step one_fin(enum tcp_state state, enum tcp_event other_fin, enum tcp_event event)
{
    if (event == TCP_EVENT_TIMEOUT)
        return expire(state);
    if (event == other_fin)
        return step(TCP_STATE_BOTH_FIN, TCP_LIFETIME_CLOSING);
    return step(state, TCP_LIFETIME_ESTABLISHED);
}

static struct tcp_step both_fin(enum tcp_event event)
{
    if (event == TCP_EVENT_TIMEOUT)
        return expire(TCP_STATE_BOTH_FIN);
    return step(TCP_STATE_BOTH_FIN, TCP_LIFETIME_KEEP);
}

/* Anything but another RST shows that the connection lives. */
static struct tcp_step trans(enum tcp_event event)
{
    if (event == TCP_EVENT_TIMEOUT)
        return expire(TCP_STATE_TRANS);
    if (event == TCP_EVENT_V6_RST || event == TCP_EVENT_V4_RST)
        return step(TCP_STATE_TRANS, TCP_LIFETIME_KEEP);
    return step(TCP_STATE_ESTABLISHED, TCP_LIFETIME_ESTABLISHED);
}

struct tcp_step tcp_state_step(enum tcp_state state, enum tcp_event event)
{
    switch (state) {
    case TCP_STATE_V4_INIT: return v4_init(event);
    case TCP_STATE_V6_INIT: return v6_init(event);
    case TCP_STATE_ESTABLISHED: return established(event);
    case TCP_STATE_V4_FIN: return one_fin(state, TCP_EVENT_V6_FIN, event);
    case TCP_STATE_V6_FIN: return one_fin(state, TCP_EVENT_V4_FIN, event);
    case TCP_STATE_BOTH_FIN: return both_fin(event);
    case TCP_STATE_TRANS: return trans(event);
    case TCP_STATE_NONE:
    case TCP_STATE_COUNT: break;
    }
    return expire(state);
}

struct tcp_step tcp_state_choose(const struct tcp_options *options, enum tcp_state state,
                                 enum tcp_event event)
{
    bool one_side = state == TCP_STATE_V4_FIN || state == TCP_STATE_V6_FIN;
    bool reset = event == TCP_EVENT_V4_RST || event == TCP_EVENT_V6_RST;
    if (options->reset_after_fin && one_side && reset)
        return step(TCP_STATE_TRANS, TCP_LIFETIME_CLOSING);
    if (options->ignore_refusal && state == TCP_STATE_V6_INIT && event == TCP_EVENT_V4_RST)
        return step(state, TCP_LIFETIME_KEEP);
    return tcp_state_step(state, event);
}

const char *tcp_state_name(enum tcp_state state)
{
    static const char *const names[TCP_STATE_COUNT] = {
        [TCP_STATE_NONE] = "none",         [TCP_STATE_V4_INIT] = "v4-init",
        [TCP_STATE_V6_INIT] = "v6-init",   [TCP_STATE_ESTABLISHED] = "established",
        [TCP_STATE_V4_FIN] = "v4-fin",     [TCP_STATE_V6_FIN] = "v6-fin",
        [TCP_STATE_BOTH_FIN] = "both-fin", [TCP_STATE_TRANS] = "trans",
    };
    return state < TCP_STATE_COUNT ? names[state] : names[TCP_STATE_NONE];
}
