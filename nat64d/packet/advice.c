/*
 * Layer: pure
 * Specification: packet/reason.h (the list), man/gate64.conf.5 (the keys)
 */
#include "nat64d/packet/advice.h"

static const char damaged[] =
    "The packet is damaged or forged; no setting lets it pass. If there are many, look for the device that "
    "makes them.";

static const char forged_fragment[] =
    "Fragments like this are made to get past filters; no setting lets them pass. If they are not an attack, "
    "look for the device that cuts packets so.";

const char *advice_text(enum reason reason)
{
    switch (reason) {
    case REASON_OK:
    case REASON_COUNT: return "";
    case REASON_TRUNCATED:
    case REASON_NOT_IP:
    case REASON_IPV4_HEADER:
    case REASON_IPV4_CHECKSUM:
    case REASON_EXTENSION_CHAIN:
    case REASON_TRANSPORT_HEADER:
    case REASON_OFFLOAD:
    case REASON_TCP_FLAGS:
    case REASON_ICMP_CHECKSUM: return damaged;
    case REASON_SOURCE_ROUTE:
    case REASON_ROUTING_HEADER:
        return "The sender prescribes routers on the way, which cannot be translated. It has to send "
               "without.";
    case REASON_FRAGMENT_HEADERS:
    case REASON_FRAGMENT_TINY:
    case REASON_FRAGMENT_LENGTH:
    case REASON_FRAGMENT_TOO_LONG:
    case REASON_FRAGMENT_OVERLAP: return forged_fragment;
    case REASON_FRAGMENT_DUPLICATE:
        return "The network has doubled a fragment; the datagram itself is not harmed.";
    case REASON_FRAGMENT_TOO_MANY:
        return "The sender cuts its datagrams into very small pieces; it has to send larger ones.";
    case REASON_FRAGMENT_LIMIT:
    case REASON_FRAGMENT_MEMORY:
        return "More datagrams are in fragments than there is room for, or one network has too many of them. "
               "Raise nat64.limits.fragments, or find who sends them.";
    case REASON_FRAGMENT_TIMEOUT:
        return "The rest of the datagram did not come in time: it was lost, or a firewall lets no fragments "
               "through. nat64.timeouts.fragment is how long it may take.";
    case REASON_FRAGMENT_NO_SESSION:
        return "The first fragment of the datagram made no session: see why that one was dropped.";
    case REASON_SOURCE_MARTIAN:
        return "Nobody sends from this address, or only this gateway itself does. The sender is forged or "
               "badly configured.";
    case REASON_SOURCE_DENIED:
        return "The IPv4 sender has an address that no prefix may show. If it is a service of yours, add its "
               "range to allow-ipv4 of a prefix.";
    case REASON_SOURCE_IN_PREF64:
        return "The packet comes back from where it should have gone: there is a routing loop around the "
               "prefix.";
    case REASON_SOURCE_NOT_BACKEND:
        return "The sender may not use this gateway. If it should, add its network to backends and run "
               "gate64 "
               "reload.";
    case REASON_NOT_PREF64:
        return "Something routes more than the prefix to this gateway; look at the routes towards it, and at "
               "pref64.";
    case REASON_NOT_POOL:
        return "Something sends packets for this IPv4 address or port here, but no pool or static binding "
               "has "
               "it. Look at pools, and at the routes towards them.";
    case REASON_DESTINATION_DENIED:
        return "Nobody may go there through this prefix. If it should be allowed, add the address or range "
               "to "
               "allow-ipv4 of the prefix, or take it out of deny-ipv4, and run gate64 reload.";
    case REASON_DESTINATION_OWN:
        return "The gateway's own IPv4 addresses are not reached through it, unless allow-ipv4 of the prefix "
               "names the address alone.";
    case REASON_UNKNOWN_PROTOCOL:
        return "Only TCP, UDP and ICMP share an address. For other protocols give the backend an IPv4 "
               "address "
               "of its own (eam).";
    case REASON_UDP_ZERO_CHECKSUM:
        return "The IPv4 sender leaves out the UDP checksum, which IPv6 needs. nat64.translation."
               "udp-zero-checksum = \"compute\" has it computed.";
    case REASON_ICMP_TYPE:
        return "This kind of ICMP message has no counterpart on the other side; nothing has to be done.";
    case REASON_ICMP_INNER:
    case REASON_ICMP_MISMATCH:
        return "The ICMP error cannot be about a packet of ours; it is forged or made wrongly by a router.";
    case REASON_ICMP_NO_BINDING:
        return "The ICMP error is about a flow that has ended or never was; nothing has to be done.";
    case REASON_ICMP_SEQUENCE:
        return "The ICMP error is about a TCP segment that nobody sent: an attempt to break a connection, or "
               "a very late error. nat64.tcp.check-window says whether this is looked at.";
    case REASON_ICMP_MTU: return "A Packet Too Big below 1280 bytes is no IPv6 link; it is forged or wrong.";
    case REASON_ICMP_RATE:
        return "More ICMP errors came than nat64.icmp-errors.relayed-per-second lets through.";
    case REASON_PING:
        return "The configuration forbids echo messages through the gateway; nat64.pings = true lets them "
               "pass.";
    case REASON_HOP_LIMIT:
        return "The packet has come too far: this is how traceroute works; otherwise there is a routing "
               "loop.";
    case REASON_TOO_BIG:
        return "The sender is told the size that fits and sends smaller packets. If transfers hang, see that "
               "its firewall lets ICMP (IPv4: fragmentation needed, IPv6: packet too big) through.";
    case REASON_NO_MAPPING:
        return "There is no pool, and eam has no address for this backend: add a mapping or a pool.";
    case REASON_NO_BINDING:
        return "Nobody behind the gateway uses this IPv4 address and port: a scan, or an answer that came "
               "too "
               "late. To publish a service there, add it to static.";
    case REASON_FILTERED:
        return "The backend has not talked to this address. That is the filter's purpose; to let everybody "
               "answer set nat64.filtering, to publish a service add it to static.";
    case REASON_STATIC_FROM:
        return "from of the static binding does not name this client; add it there if it should.";
    case REASON_NO_PORT:
        return "The pool has no port left for this backend's address. gate64 pool shows how full it is; give "
               "the pool more addresses or ports.";
    case REASON_LIMIT_PORTS:
        return "nat64.limits.ports-per-backend or ports-per-network is used up: gate64 bindings --backend "
               "shows by what. Raise the limit or the pool, or see what the backend is doing.";
    case REASON_LIMIT_SESSIONS:
        return "nat64.limits.sessions-per-backend or sessions-per-network is used up: gate64 sessions "
               "--backend shows by what.";
    case REASON_LIMIT_UNANSWERED:
        return "Too many sessions of this network were never answered, as in a scan. See what it is doing, "
               "or "
               "raise nat64.limits.unanswered-per-network.";
    case REASON_LIMIT_RATE:
        return "The backend or its network makes sessions faster than nat64.limits.new-sessions-per-second "
               "or "
               "new-sessions-per-second-per-network.";
    case REASON_LIMIT_RECORDS:
        return "More backends use the gateway at once than it has records for; raise nat64.max-sessions.";
    case REASON_TABLE_FULL: return "The session table is full; raise nat64.max-sessions.";
    case REASON_NO_SESSION:
        return "A TCP segment of a connection that the gateway does not know: it was idle for longer than "
               "nat64.timeouts.tcp-established, or began before the gateway did. The ends have to connect "
               "anew.";
    case REASON_INBOUND_LIMIT: return "The IPv4 side has made as many sessions on this binding as it may.";
    case REASON_SYN_STORED:
        return "An IPv4 host connects to a port that the backend has not opened to it. Unless the backend "
               "connects to it too, it is told so when nat64.timeouts.tcp-incoming-syn is over. To publish a "
               "service add it to static.";
    case REASON_SYN_REPEATED:
        return "The IPv4 host tries again while its first SYN is waited for; see that one.";
    case REASON_SYN_FULL: return "Too many IPv4 hosts try to connect at once, as in a scan.";
    case REASON_HAIRPIN_LOOP:
        return "The packet would turn round twice: the backend addresses itself in a circle.";
    case REASON_HANDOVER_FULL:
        return "The worker that owns the flow cannot keep up. With one fast flow nothing helps; with many, "
               "raise nat64.workers if there are CPUs left.";
    case REASON_WRITE_FAILED:
        return "The kernel did not take the packet: see whether the TUN device is up, and the journal.";
    }
    return "";
}
