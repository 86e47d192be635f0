/*
 * The three protocols that a NAT64 keeps tables for.
 *
 * Layer: pure
 * Specification: RFC 6146 3.1 (a BIB and a session table for each)
 */
#ifndef GATE64_COMMON_TRANSPORT_H
#define GATE64_COMMON_TRANSPORT_H

/* Same order as enum settings_protocol. */
enum transport {
    TRANSPORT_TCP,
    TRANSPORT_UDP,
    TRANSPORT_ICMP, /* queries; where the others have a port it has an identifier */
    TRANSPORT_COUNT,
};

#endif
