/*
 * The TCP session state machine.
 *
 * Layer: pure
 * Specification: RFC 6146 3.5.2.2; RFC 7857 2
 *
 * CLOSED is a session that is not there, so what happens in CLOSED (and with a stored SYN, which is V4 INIT
 * without a session slot) is rfc6146/tcp's. A state is what a session may do next; what a packet does beyond
 * the state (filtering, creation) is not here. Flags are judged in the order RST, SYN, FIN.
 */
#ifndef GATE64_NAT64D_RFC6146_TCP_STATE_H
#define GATE64_NAT64D_RFC6146_TCP_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum tcp_state {
    TCP_STATE_NONE,    /* the slot is not a TCP session */
    TCP_STATE_V4_INIT, /* SYN seen from IPv4 and forwarded, waiting for one from IPv6 */
    TCP_STATE_V6_INIT, /* SYN seen from IPv6 and forwarded, waiting for one from IPv4 */
    TCP_STATE_ESTABLISHED,
    TCP_STATE_V4_FIN,   /* V4 FIN RCV: IPv4 side has closed */
    TCP_STATE_V6_FIN,   /* V6 FIN RCV */
    TCP_STATE_BOTH_FIN, /* V4 FIN + V6 FIN RCV: lifetime never refreshed */
    TCP_STATE_TRANS,    /* about to go: RST seen, or idle lifetime used up */
    TCP_STATE_COUNT,
};

enum tcp_event {
    TCP_EVENT_V6_SYN,
    TCP_EVENT_V4_SYN,
    TCP_EVENT_V6_FIN,
    TCP_EVENT_V4_FIN,
    TCP_EVENT_V6_RST,
    TCP_EVENT_V4_RST,
    TCP_EVENT_V6_OTHER,
    TCP_EVENT_V4_OTHER,
    TCP_EVENT_TIMEOUT,
    TCP_EVENT_COUNT,
    TCP_EVENT_INVALID = TCP_EVENT_COUNT, /* flags that no segment has */
};

enum tcp_lifetime {
    TCP_LIFETIME_KEEP,
    TCP_LIFETIME_ESTABLISHED,
    TCP_LIFETIME_OPENING, /* TCP_TRANS while opening */
    TCP_LIFETIME_CLOSING, /* TCP_TRANS while closing: also when that is sooner than what was running */
    TCP_LIFETIME_REFUSED, /* the same, but only when that is sooner */
};

enum tcp_action {
    TCP_ACTION_FORWARD, /* the segment goes on */
    TCP_ACTION_PROBE,   /* timeout: send a probe, keep the session for its new lifetime */
    TCP_ACTION_DELETE,  /* timeout: the session goes */
};

struct tcp_step {
    enum tcp_state next;
    enum tcp_lifetime lifetime;
    enum tcp_action action;
};

/* The event that a segment is. `flags` as on the wire. */
enum tcp_event tcp_state_event(uint8_t flags, int from_ipv6);

/* `state` is not TCP_STATE_NONE, `event` not TCP_EVENT_INVALID. */
struct tcp_step tcp_state_step(enum tcp_state state, enum tcp_event event);

/* Who is asked whether an idle connection lives. */
enum tcp_probe { TCP_PROBE_IPV6, TCP_PROBE_IPV4, TCP_PROBE_BOTH, TCP_PROBE_NONE };

/* What the operator chose; all 0 is the default. */
struct tcp_options {
    bool ignore_window;   /* segments that do not fit the connection (tcp_window) count like others */
    bool reset_after_fin; /* a RST when one side has closed ends the connection: TRANS */
    bool ignore_refusal;  /* the RST that refuses a SYN leaves the lifetime as it is */
    enum tcp_probe probe;
};

/* tcp_state_step as the operator wants it. */
struct tcp_step tcp_state_choose(const struct tcp_options *options, enum tcp_state state,
                                 enum tcp_event event);

/* "established", "v6-init"... */
const char *tcp_state_name(enum tcp_state state);

#endif
