/*
 * Every reason for not translating a packet, once: its counter, its text, the section that says so, and
 * the ICMP error that answers it; then the tallies that are counted beside them.
 *
 * Layer: pure
 * Specification: RFC 6146 3, RFC 7915 4.4 and 5.4, RFC 4443 2.4, RFC 1812 4.3.2
 *
 * A step returns a reason; steps.c counts it in one place. The answer is what the sender is told, in the
 * family that the packet came in by; it is subject to the rules and rate limit of RFC 4443 2.4.
 */
#ifndef GATE64_NAT64D_PACKET_REASON_H
#define GATE64_NAT64D_PACKET_REASON_H

/* X(name, counter, text, section, answer to an IPv6 sender, answer to an IPv4 sender) */
#define REASON_LIST(X)                                                                                       \
    X(OK, "translated", "translated", "RFC 6146 3.7", NONE, NONE)                                            \
    X(TRUNCATED, "drop_truncated", "shorter than its IP header says", "RFC 1812 5.2.2", NONE, NONE)          \
    X(NOT_IP, "drop_not_ip", "neither IPv4 nor IPv6", "RFC 7915 1", NONE, NONE)                              \
    X(IPV4_HEADER, "drop_ipv4_header", "IPv4 header malformed", "RFC 1812 5.2.2", NONE, NONE)                \
    X(IPV4_CHECKSUM, "drop_ipv4_checksum", "IPv4 header checksum wrong", "RFC 1812 5.2.2", NONE, NONE)       \
    X(SOURCE_ROUTE, "drop_source_route", "IPv4 source route not used up", "RFC 7915 4.1", NONE,              \
      SOURCE_ROUTE)                                                                                          \
    X(EXTENSION_CHAIN, "drop_extension_chain", "IPv6 extension headers malformed or too many", "RFC 8200 4", \
      NONE, NONE)                                                                                            \
    X(ROUTING_HEADER, "drop_routing_header", "IPv6 routing header with segments left", "RFC 7915 5.1",       \
      PARAMETER, NONE)                                                                                       \
    X(TRANSPORT_HEADER, "drop_transport_header", "transport header cut short or malformed", "RFC 6146 3.4",  \
      NONE, NONE)                                                                                            \
    X(OFFLOAD, "drop_offload", "offload description does not fit the packet", "virtio 1.2 5.1.6", NONE,      \
      NONE)                                                                                                  \
    X(FRAGMENT_HEADERS, "drop_fragment_headers", "more than one IPv6 fragment header", "RFC 7915 5.1.1",     \
      NONE, NONE)                                                                                            \
    X(FRAGMENT_TINY, "drop_fragment_tiny", "fragments that part the transport header", "RFC 3128 2", NONE,   \
      NONE)                                                                                                  \
    X(FRAGMENT_LENGTH, "drop_fragment_length", "fragment empty, or not the last and no multiple of 8 long",  \
      "RFC 8200 4.5", PARAMETER, NONE)                                                                       \
    X(FRAGMENT_TOO_LONG, "drop_fragment_too_long", "fragments make more than an IP packet holds",            \
      "RFC 8200 4.5", NONE, NONE)                                                                            \
    X(FRAGMENT_OVERLAP, "drop_fragment_overlap", "fragment of a datagram with overlapping fragments",        \
      "RFC 5722 4", NONE, NONE)                                                                              \
    X(FRAGMENT_DUPLICATE, "drop_fragment_duplicate", "fragment that was there before", "RFC 8200 4.5", NONE, \
      NONE)                                                                                                  \
    X(FRAGMENT_TOO_MANY, "drop_fragment_too_many", "datagram in too many fragments", "RFC 6146 3.4", NONE,   \
      NONE)                                                                                                  \
    X(FRAGMENT_LIMIT, "drop_fragment_limit",                                                                 \
      "too many datagrams in fragments at once, in all or of one network", "RFC 6146 3.4", NONE, NONE)       \
    X(FRAGMENT_MEMORY, "drop_fragment_memory", "no memory left to keep a fragment", "RFC 6146 3.4", NONE,    \
      NONE)                                                                                                  \
    X(FRAGMENT_TIMEOUT, "drop_fragment_timeout", "fragment kept in vain for the rest of its datagram",       \
      "RFC 6146 3.4", NONE, NONE)                                                                            \
    X(FRAGMENT_NO_SESSION, "drop_fragment_no_session", "later fragment of a datagram without session",       \
      "RFC 6146 3.4", NONE, NONE)                                                                            \
    X(SOURCE_MARTIAN, "drop_source_martian", "source address is never a host", "RFC 7915 4.1", NONE, NONE)   \
    X(SOURCE_DENIED, "drop_source_denied", "IPv4 source has no image in any prefix", "RFC 6052 3.1", NONE,   \
      NONE)                                                                                                  \
    X(SOURCE_IN_PREF64, "drop_source_in_pref64", "IPv6 source lies in the prefix", "RFC 6146 3.5", NONE,     \
      NONE)                                                                                                  \
    X(SOURCE_NOT_BACKEND, "drop_source_not_backend", "IPv6 source is not in backends", "RFC 6146 5.3",       \
      PROHIBITED, NONE)                                                                                      \
    X(NOT_PREF64, "drop_not_pref64", "IPv6 destination is outside the prefixes", "RFC 6146 3.5", NONE, NONE) \
    X(NOT_POOL, "drop_not_pool", "IPv4 destination is not a pool address or port", "RFC 6146 3.5", NONE,     \
      NONE)                                                                                                  \
    X(DESTINATION_DENIED, "drop_destination_denied", "IPv4 destination is not global or is denied",          \
      "RFC 6052 3.1", PROHIBITED, NONE)                                                                      \
    X(DESTINATION_OWN, "drop_destination_own", "IPv4 destination is the gateway's own", "RFC 6052 5",        \
      PROHIBITED, NONE)                                                                                      \
    X(UNKNOWN_PROTOCOL, "drop_unknown_protocol", "neither TCP, UDP nor ICMP", "RFC 6146 3.4", PORT,          \
      PROTOCOL)                                                                                              \
    X(TCP_FLAGS, "drop_tcp_flags", "TCP flags that no segment has", "RFC 9293 3.10", NONE, NONE)             \
    X(UDP_ZERO_CHECKSUM, "drop_udp_zero_checksum", "UDP checksum zero", "RFC 7915 4.5", NONE, NONE)          \
    X(ICMP_TYPE, "drop_icmp_type", "ICMP type or code that is not translated", "RFC 7915 4.2", NONE, NONE)   \
    X(ICMP_CHECKSUM, "drop_icmp_checksum", "checksum of an ICMP error wrong", "RFC 5508 4.2", NONE, NONE)    \
    X(ICMP_INNER, "drop_icmp_inner", "ICMP error quotes too little, or another error", "RFC 6146 3.4", NONE, \
      NONE)                                                                                                  \
    X(ICMP_MISMATCH, "drop_icmp_mismatch", "ICMP error not addressed to the sender it quotes", "RFC 5927 4", \
      NONE, NONE)                                                                                            \
    X(ICMP_NO_BINDING, "drop_icmp_no_binding", "ICMP error about an unknown flow", "RFC 5508 4.2", NONE,     \
      NONE)                                                                                                  \
    X(ICMP_SEQUENCE, "drop_icmp_sequence", "ICMP error about a TCP segment that is not in flight",           \
      "RFC 5927 4.1", NONE, NONE)                                                                            \
    X(ICMP_MTU, "drop_icmp_mtu", "Packet Too Big below 1280", "RFC 8201 4", NONE, NONE)                      \
    X(ICMP_RATE, "drop_icmp_rate", "ICMP error over the rate limit", "RFC 4443 2.4", NONE, NONE)             \
    X(PING, "drop_ping", "echo messages are forbidden", "RFC 6146 3.5.3", NONE, NONE)                        \
    X(HOP_LIMIT, "drop_hop_limit", "hop limit used up", "RFC 7915 4.1", HOP_LIMIT, HOP_LIMIT)                \
    X(TOO_BIG, "drop_too_big", "larger than the next link and may not be cut", "RFC 7915 4.1", TOO_BIG,      \
      TOO_BIG)                                                                                               \
    X(NO_MAPPING, "drop_no_mapping", "no mapping for this host, and no pool", "RFC 7757 3.3", PROHIBITED,    \
      NONE)                                                                                                  \
    X(NO_BINDING, "drop_no_binding", "no binding for this address and port", "RFC 6146 3.5", NONE, NONE)     \
    X(FILTERED, "drop_filtered", "sender not contacted before (address-dependent filtering)",                \
      "RFC 6146 3.5", NONE, NONE)                                                                            \
    X(STATIC_FROM, "drop_static_from", "sender is not in from of the static binding", "RFC 6146 3.5", NONE,  \
      PROHIBITED)                                                                                            \
    X(NO_PORT, "drop_no_port", "no free port for this backend", "RFC 6146 3.5.1.1", ADDRESS, NONE)           \
    X(LIMIT_PORTS, "drop_limit_ports", "backend or network has as many ports as it may", "RFC 6888 3",       \
      ADDRESS, NONE)                                                                                         \
    X(LIMIT_SESSIONS, "drop_limit_sessions", "backend or network has as many sessions as it may",            \
      "RFC 6888 3", ADDRESS, NONE)                                                                           \
    X(LIMIT_UNANSWERED, "drop_limit_unanswered", "too many sessions of the network were never answered",     \
      "RFC 6146 5.3", ADDRESS, NONE)                                                                         \
    X(LIMIT_RATE, "drop_limit_rate", "backend or network makes sessions too fast", "RFC 6888 3", ADDRESS,    \
      NONE)                                                                                                  \
    X(LIMIT_RECORDS, "drop_limit_records", "too many backends at once", "RFC 6146 5.3", ADDRESS, NONE)       \
    X(TABLE_FULL, "drop_table_full", "session or binding table full", "RFC 6146 5.3", ADDRESS, NONE)         \
    X(NO_SESSION, "drop_no_session", "TCP segment of no session", "RFC 6146 3.5.2.2", NONE, NONE)            \
    X(INBOUND_LIMIT, "drop_inbound_limit", "too many sessions from IPv4 on one binding", "RFC 6146 5.3",     \
      NONE, NONE)                                                                                            \
    X(SYN_STORED, "drop_syn_stored", "SYN from IPv4 kept to see if the backend opens too",                   \
      "RFC 6146 3.5.2.2", NONE, NONE)                                                                        \
    X(SYN_REPEATED, "drop_syn_repeated", "SYN from IPv4 that is already kept", "RFC 5382 4.3", NONE, NONE)   \
    X(SYN_FULL, "drop_syn_full", "no room to keep a SYN from IPv4", "RFC 6146 5.3", NONE, NONE)              \
    X(HAIRPIN_LOOP, "drop_hairpin_loop", "would hairpin twice", "RFC 6146 3.8", NONE, NONE)                  \
    X(HANDOVER_FULL, "drop_handover_full", "hand-over ring to the flow's worker full", "doc/house.md", NONE, \
      NONE)                                                                                                  \
    X(WRITE_FAILED, "drop_write_failed", "the kernel refused the translated packet", "tun", NONE, NONE)

enum reason {
#define REASON_ENUM(name, counter, text, section, answer6, answer4) REASON_##name,
    REASON_LIST(REASON_ENUM)
#undef REASON_ENUM
        REASON_COUNT,
};

enum reason_answer {
    REASON_ANSWER_NONE,
    REASON_ANSWER_PROHIBITED,   /* ICMPv6 1/1, ICMPv4 3/13 */
    REASON_ANSWER_ADDRESS,      /* ICMPv6 1/3 */
    REASON_ANSWER_PORT,         /* ICMPv6 1/4 */
    REASON_ANSWER_PROTOCOL,     /* ICMPv4 3/2 */
    REASON_ANSWER_SOURCE_ROUTE, /* ICMPv4 3/5 */
    REASON_ANSWER_PARAMETER,    /* ICMPv6 4/0, pointer in the packet */
    REASON_ANSWER_HOP_LIMIT,    /* ICMPv6 3/0, ICMPv4 11/0 */
    REASON_ANSWER_TOO_BIG,      /* ICMPv6 2/0, ICMPv4 3/4, MTU from the path */
};

struct reason_info {
    const char *name; /* of the counter: "drop_no_binding" */
    const char *text;
    const char *section;
    enum reason_answer answer6;
    enum reason_answer answer4;
};

extern const struct reason_info reason_info[REASON_COUNT];

/* What is counted beside the reasons; the index in a set of counters is REASON_COUNT + tally. */
#define TALLY_LIST(X)                                                                                       \
    X(FROM_IPV6, "packets_from_ipv6", "packets that came in from IPv6")                                     \
    X(FROM_IPV4, "packets_from_ipv4", "packets that came in from IPv4")                                     \
    X(TO_IPV4, "packets_to_ipv4", "packets sent to IPv4")                                                   \
    X(TO_IPV6, "packets_to_ipv6", "packets sent to IPv6")                                                   \
    X(BYTES_FROM_IPV6, "bytes_from_ipv6", "bytes of packets from IPv6, headers included")                   \
    X(BYTES_FROM_IPV4, "bytes_from_ipv4", "bytes of packets from IPv4, headers included")                   \
    X(SUPER_PACKETS, "super_packets", "packets of several segments, translated whole")                      \
    X(HANDOVERS, "handovers", "packets handed to the worker that owns the flow")                            \
    X(HAIRPINS, "hairpins", "packets from a backend to a backend")                                          \
    X(FRAGMENTED, "fragmented", "packets cut to fit the next link")                                         \
    X(FRAGMENTS_KEPT, "fragments_kept", "fragments kept until more of their datagram was there")            \
    X(REASSEMBLED, "reassembled", "datagrams put together from their fragments")                            \
    X(ERRORS_SENT, "icmp_errors_sent", "ICMP errors of the gateway's own")                                  \
    X(ERRORS_SUPPRESSED, "icmp_errors_suppressed", "ICMP errors kept back by rule or rate limit")           \
    X(SOURCE_REPLACED, "icmp_source_replaced", "ICMP errors from a router that has no image in the prefix") \
    X(SESSIONS_CREATED, "sessions_created", "sessions made")                                                \
    X(SESSIONS_ENDED, "sessions_ended", "sessions expired")                                                 \
    X(BINDINGS_CREATED, "bindings_created", "bindings made")                                                \
    X(BINDINGS_ENDED, "bindings_ended", "bindings that went with their last session")                       \
    X(PATH_MTUS, "path_mtus_learned", "Packet Too Big that told the path MTU towards a backend")            \
    X(MSS_CLAMPED, "mss_clamped", "SYN segments whose MSS was lowered")                                     \
    X(TCP_OUT_OF_WINDOW, "tcp_out_of_window", "TCP segments that did not fit their connection, passed on")  \
    X(EVENTS, "events_recorded", "records for the event log")                                               \
    X(EVENTS_LOST, "events_lost",                                                                           \
      "records that the event log had no room for: its file takes them too slowly, or not")                 \
    X(EVENTS_SUPPRESSED, "events_suppressed", "records of refusals over the rate of the event log")

enum tally {
#define TALLY_ENUM(name, counter, text) TALLY_##name,
    TALLY_LIST(TALLY_ENUM)
#undef TALLY_ENUM
        TALLY_COUNT,
};

struct tally_info {
    const char *name;
    const char *text;
};

extern const struct tally_info tally_info[TALLY_COUNT];

#endif
