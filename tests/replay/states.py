"""Vectors of tests/replay/timed: limits, filters, restarts, super-packets and what is malformed. vectors.py writes them."""
import struct

from vectors import (ACK, FIN, FRAGMENT, FREE4, GATEWAY6, GUEST, HANDSHAKE, HOP_BY_HOP, HOST, HOST4, ICMP4, ICMP6,
                     MAPPED, MAPPED4, OPTIONS, PEER, PEER4, QUESTION, ROUTER, ROUTER4, RST, SHOP, SHOP4, SYN, TCP,
                     UDP, ASK, AnyPort, Restart, Super, Vectors, address, answered4, answered6, asked6, checksum,
                     data, echo, error46, error64, error64_out, fragment_header, guest, icmp, inward_tcp, outward_tcp,
                     own, pieces4, pieces6, pseudo, quoted46, summed, tcp, udp, udp_unsummed, v4, v6)

OTHER, OTHER4 = "64:ff9b::c034:c10b", "192.52.193.11"  # a host beside the peer
NOBODY = "2001:db8:2::77"
PUSH = 8


def told(packet, kind, code, value=0, source=None):
    """The gateway's own error to an IPv6 sender, of no more than 1280 bytes."""
    return v6(GATEWAY6, source, ICMP6, icmp(GATEWAY6, source, kind, code, value, packet[:1280 - 48]))


def told4(packet, target4, kind, code):
    return own(v4(target4, PEER4, ICMP4, icmp(target4, PEER4, kind, code, 0, packet[:576 - 28]), df=True))


def asks(port=5000, target=PEER, target4=PEER4, dport=4000):
    """A guest's datagram, and what leaves."""
    return (v6(GUEST, target, UDP, udp(GUEST, target, port, dport, b"hello")),
            AnyPort(v4(FREE4, target4, UDP, udp(FREE4, target4, port, dport, b"hello"), ttl=63)))


def opens(port=5000, target=PEER, target4=PEER4, flags=SYN):
    return (v6(GUEST, target, TCP, tcp(GUEST, target, port, 80, flags)),
            AnyPort(v4(FREE4, target4, TCP, tcp(FREE4, target4, port, 80, flags), ttl=63)))


def pings(ident):
    return guest(ICMP4, lambda source, target: echo(source, target, True, ident, b"hello"))


def refused(step, code=3):
    """Its sender is told 1/3 (RFC 6888 REQ-11, RFC 4443 3.1) or as `code` says."""
    return step[0], told(step[0], 1, code, source=GUEST)


def limits():
    def file(name, about, *conf, **fields):
        return Vectors("limits-" + name, about, conf, folder="timed", **fields)

    ports = file("ports", "One port for each backend.", "nat64: { limits: { ports-per-backend = 1; }; };")
    ports.case("CGN-R4 CGN-R11 SEC-20", "the second port is refused, and free again with the first binding's end",
               asks(5000), refused(asks(5001)), asks(5000, OTHER, OTHER4), opens(5000), refused(opens(5001)),
               pings(7), refused(pings(8)), (500, None), asks(5001))
    sessions = file("sessions", "One session for each backend.", "nat64: { limits: { sessions-per-backend = 1; }; };")
    sessions.case("CGN-R5 CGN-R11 SEC-20", "the second session is refused, and its port was never taken", asks(5000),
                  refused(asks(5000, OTHER, OTHER4)), refused(asks(5001)), refused(opens(5000)), refused(pings(1)), asks(5000),
                  (500, None), opens(5000))
    rate = file("rate", "One new session in a second.", "nat64: { limits: { new-sessions-per-second = 1; }; };")
    rate.case("CGN-R4 CGN-R5 SEC-20", "the second at once is refused, two seconds later it is not", asks(5000),
              refused(asks(5001)), (2, None), asks(5001))
    unanswered = file("unanswered", "One session that nobody answered.",
                      "nat64: { limits: { unanswered-per-network = 1; }; };")
    unanswered.case("SEC-22", "the second before an answer is refused", asks(5000), refused(asks(5001)))
    silent = file("silent", "The gateway makes no errors itself.",
                  "nat64: { limits: { ports-per-backend = 1; }; icmp-errors: { send = false; }; };")
    syn = v4(PEER4, FREE4, TCP, tcp(PEER4, FREE4, 50000, 9999, SYN))
    silent.case("CGN-R11", "a refusal is silent", asks(5000), (asks(5001)[0], None))
    silent.case("TCP-V4I-2", "a SYN for nobody is not answered", (syn, None), (20, None))
    blocks = file("blocks", "Blocks of ports.",
                  "nat64: { limits: { backend-port-block = 64; ports-per-backend = 64; }; };")
    flows = [asks(5000 + i) for i in range(0, 24)]
    blocks.case("CGN-R4 CGN-R8", "ports of a block, and again when it has gone back", *flows, (1000, None), *flows[:2],
                opens(5000), pings(9))
    blocks.case("CGN-R11", "more than a block is refused", *[asks(5000 + i) for i in range(64)], refused(asks(5064)))
    blocks.case("N64-4-04", "a block outlasts a restart", *flows[:4], Restart(), *flows, (1000, None), *flows[:2])
    elsewhere = file("for", "A pool that is for others.",
                     'backends = [ "2001:db8:2::/64", "2001:db8:3::/48" ];',
                     'pools = ( { name = "others"; address = "192.31.196.18"; for = [ "2001:db8:3::/48" ]; } );', bare=True)
    elsewhere.case("CGN-R11", "a backend without a pool is told that there is no port", refused(asks(5000)),
                   refused(opens(5000)), refused(pings(1)))
    other = "2001:db8:2::8"
    second = (v6(other, PEER, UDP, udp(other, PEER, 5000, 4000, b"hello")), asks(5000)[1])
    late = (second[0], told(second[0], 1, 3, source=other))
    only = file("one-block", "A pool of one block.", 'backends = [ "2001:db8:2::/64" ];',
                'pools = ( { name = "few"; address = "192.31.196.18"; shared = true; ports = [ "4864-4927" ]; } );',
                "nat64: { limits: { backend-port-block = 64; ports-per-backend = 64; ports-per-network = 128; }; };", bare=True)
    only.case("N64-3.5.1-08 CGN-R11 LES-N-15", "the block is one backend's, and another's when it has gone back", asks(5000), late,
              asks(5001), (1000, None), second)
    network = file("network", "A network that may have the ports of one block.",
                   "nat64: { limits: { backend-port-block = 64; ports-per-backend = 64; ports-per-network = 64; }; };")
    network.case("CGN-SUB CGN-R4 CGN-R11", "its second backend is refused until the first is done", asks(5000), late, asks(5001),
                 (1000, None), second)
    full = file("full", "A pool whose ports are all a backend's.",
                'backends = [ "2001:db8:2::/64", "2001:db8:3::/48" ];',
                'pools = ( { name = "one"; address = "192.31.196.17"; } );',
                'static = ( { name = "whole"; ipv4 = "192.31.196.17"; ipv6 = "2001:db8:2::2"; } );',
                "nat64: { limits: { ports-per-backend = 9; ports-per-network = 9; }; };", bare=True)
    full.case("N64-3.5.1-08 CGN-R11 LES-N-15", "no port is left for another backend, and the one is unharmed",
              refused(asks(5000)), refused(opens(5000)), refused(pings(1)), ASK)
    none = file("no-pool", "A translator without pool.", 'pools = ();',
                'eam = ( { ipv4 = "192.31.197.0/30"; ipv6 = "2001:db8:2::20/126"; } );', bare=True)
    packet, foreign = asks()[0], v6("2001:db8:9::1", PEER, UDP, udp("2001:db8:9::1", PEER, 5000, 4000, b"x"))
    none.case("EAM-00", "a host without a mapping is refused", (packet, told(packet, 1, 1, source=GUEST)))
    none.case("EAM-00 SEC-17", "a host that is no backend is refused",
              (foreign, v6("2001:db8:3::1", "2001:db8:9::1", ICMP6,
                           icmp("2001:db8:3::1", "2001:db8:9::1", 1, 1, 0, foreign))))
    none.case("EAM-02", "a mapped host passes",
              (v6(MAPPED, PEER, UDP, udp(MAPPED, PEER, 7, 9, b"x")),
               own(v4(MAPPED4, PEER4, UDP, udp(MAPPED4, PEER4, 7, 9, b"x"), ttl=63))))
    return [ports, sessions, rate, unanswered, silent, blocks, elsewhere, only, network,
            full, none]


def choices():
    """What the operator chooses."""
    def file(name, about, *conf, **fields):
        return Vectors("choice-" + name, about, conf, folder="timed", **fields)

    probe6 = v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, ACK, seq=0, window=0))
    probe4 = v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, ACK, seq=0, window=0), df=True)
    both = file("probe-both", "Both sides are asked.", 'nat64: { tcp: { probe = "both"; }; };')
    both.case("N64-3.5.2-04 N64-3.5.2-03", "both ends are asked whether they still have a connection", *HANDSHAKE,
              (7201, [probe6, probe4]))
    ipv4 = file("probe-ipv4", "The IPv4 side is asked.", 'nat64: { tcp: { probe = "ipv4"; }; };')
    ipv4.case("N64-3.5.2-04 N64-3.5.2-03", "the peer is asked whether it still has a connection", *HANDSHAKE,
              (7201, probe4))
    nobody = file("probe-none", "Nobody is asked.", 'nat64: { tcp: { probe = "none"; }; };')
    nobody.case("N64-3.5.2-04", "nobody is asked", *HANDSHAKE, (7500, None))
    pingless = file("no-pings", "Pings do not pass.", "nat64: { pings = false; };")
    pingless.case("N64-3.5.3-01", "no ping passes, in silence",
                  (v6(HOST, PEER, ICMP6, echo(HOST, PEER, True, 1, b"x")), None),
                  (v4(PEER4, HOST4, ICMP4, echo(PEER4, HOST4, True, 1, b"x")), None), ASK)
    zero = file("zero-drop", "UDP without a checksum is dropped.", 'nat64: { translation: { udp-zero-checksum = "drop"; }; };')
    bare = udp_unsummed(53, 1500, data(100))
    zero.case("XL-4.5-02 N64-FRG-07", "without checksum, whole and in fragments",
              (v4(PEER4, HOST4, UDP, bare), None), (pieces4(PEER4, HOST4, UDP, bare, 5, [48, 60]), None),
              (v4(PEER4, MAPPED4, UDP, bare), None),
              (v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, b"x")),
               v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, b"x"), hops=63)))
    resets = file("resets", "A reset ends what has begun to end; one does not end what is opening.",
                  "nat64: { tcp: { reset-after-fin = true; reset-while-opening = false; }; };")
    resets.case("N64-3.5.2-11", "a reset after a FIN", *HANDSHAKE, outward_tcp(FIN | ACK),
                inward_tcp(RST, ack=0), (7300, None))
    refusal = (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, RST | ACK, seq=0, ack=0x11223345)),
               v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, RST | ACK, seq=0, ack=0x11223345), hops=63))
    resets.case("N64-3.5.2-12", "a refusal changes nothing", HANDSHAKE[0], refusal, *HANDSHAKE[:2])
    windows = file("no-window", "Sequence numbers are not looked at.", "nat64: { tcp: { check-window = false; }; };")
    windows.case("N64-3.5.2-13", "any reset counts", *HANDSHAKE, inward_tcp(RST, seq=0x91223345, ack=0), (7300, None))
    option = b"\x02\x04\x23\x00"
    large = (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN, options=option)),
             own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN, options=option), ttl=63)))
    mss = file("no-mss-clamp", "The MSS is the ends' own.", "nat64: { translation: { mss-clamp = false; }; };")
    mss.case("N64-3.5.2-15 CK-09", "an MSS beyond the link's stays, and no segment is larger than the link", large,
             *HANDSHAKE[1:], (unsized(2500), sized(2500, 1440)))
    second = "2001:db8:100::192.52.193.10"
    images = file("two-prefixes", "Two prefixes for the same hosts.",
                  'pref64 = ( { prefix = "64:ff9b::/96"; }, { prefix = "2001:db8:100::/96"; } );')
    images.case("N64-3.6-01", "an answer comes from the prefix that was asked last", ASK,
                (v6(HOST, second, UDP, udp(HOST, second, 1500, 53, b"x")),
                 own(v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, b"x"), ttl=63))),
                (answered4(), v6(second, HOST, UDP, udp(second, HOST, 53, 1500, QUESTION), hops=63)))
    few = file("from", "A static binding for one client, and no backends but those on the links.",
               'pools = ( { name = "main"; address = "192.31.196.16/30"; } );',
               'static = ( { name = "own"; ipv4 = "192.31.196.17"; ipv6 = "2001:db8:2::2"; from = [ "192.52.193.11" ]; } );',
               bare=True)
    inward = {UDP: udp(PEER4, HOST4, 9, 7, b"x"), ICMP4: echo(PEER4, HOST4, True, 1, b"x")}
    for protocol, segment in inward.items():
        packet = v4(PEER4, HOST4, protocol, segment)
        few.case("N64-3.1-05", f"another client is told, by protocol {protocol}", (packet, told4(packet, HOST4, 3, 13)))
    few.case("N64-3.1-05", "another client's SYN is dropped in silence",
             (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 50001, 80, SYN)), None), (10, None))
    few.case("N64-3.1-05", "the client",
             (v4(OTHER4, HOST4, UDP, udp(OTHER4, HOST4, 9, 7, b"x")),
              v6(OTHER, HOST, UDP, udp(OTHER, HOST, 9, 7, b"x"), hops=63)))
    mine, mine4 = (udp(GATEWAY6, PEER, 5000, 53, b"x"), udp(FREE4, PEER4, 5000, 53, b"x"))
    few.case("SEC-17", "the gateway itself", (v6(GATEWAY6, PEER, UDP, mine), AnyPort(v4(FREE4, PEER4, UDP, mine4, ttl=63))))
    mine = udp("2001:db8:3::1", PEER, 5000, 53, b"x")
    few.case("SEC-17", "the gateway by its other address",
             (v6("2001:db8:3::1", PEER, UDP, mine), AnyPort(v4(FREE4, PEER4, UDP, mine4, ttl=63))))
    mine = udp(GATEWAY6, PEER, 5000, 53, b"x")
    hop = v6(GATEWAY6, PEER, UDP, mine, hops=1)
    few.case("SEC-17 XL-5.1-09", "the gateway's last hop", (hop, told(hop, 3, 0, source=GATEWAY6)))
    foreign = "2001:db8:9::1"
    packet = v6(foreign, PEER, UDP, udp(foreign, PEER, 5000, 53, b"x"))
    few.case("SEC-17", "a host on no link of ours",
             (packet, v6("2001:db8:3::1", foreign, ICMP6, icmp("2001:db8:3::1", foreign, 1, 1, 0, packet))))
    few.case("SEC-17", "a backend on the link", asks())
    return [both, ipv4, nobody, pingless, zero, resets, windows, mss, images, few]


RANGE = range(4864, 5120)  # four blocks: every shard has one


def at_every_port(source4, protocol, make):
    """One of them is for the guest's binding."""
    return [v4(source4, FREE4, protocol, make(source4, FREE4, port)) for port in RANGE]


def filters():
    pool = ['backends = [ "2001:db8:2::/64" ];',
            'pools = ( { name = "few"; address = "192.31.196.18"; shared = true; ports = [ "4864-5119" ]; } );']

    def udp_to(sport):
        return lambda source, target, port: udp(source, target, sport, port, b"x")

    def tcp_to(flags, sport=81):
        return lambda source, target, port: tcp(source, target, sport, port, flags, b"x")

    dependent = Vectors("filter-address", "Who may send to a guest (RFC 6146 3.5), tried at every port.", pool, folder="timed",
                        bare=True)
    one6 = v6(PEER, GUEST, UDP, udp(PEER, GUEST, 4001, 5000, b"x"), hops=63)
    dependent.case("N64-3.5.1-05 N64-3.5.1-06", "a datagram of a stranger, and of the same host by another port", asks(),
                   (at_every_port(OTHER4, UDP, udp_to(4000)), None), (at_every_port(PEER4, UDP, udp_to(4001)), one6))
    data6 = v6(PEER, GUEST, TCP, tcp(PEER, GUEST, 81, 5000, ACK, b"x"), hops=63)
    dependent.case("N64-3.5.2-09 TCP-CL-6", "TCP that did not begin here, of a stranger and of the same host", opens(),
                   (at_every_port(OTHER4, TCP, tcp_to(ACK)), None), (at_every_port(PEER4, TCP, tcp_to(ACK)), data6))
    syn6 = v6(PEER, GUEST, TCP, tcp(PEER, GUEST, 81, 5000, SYN, b"x"), hops=63)
    dependent.case("N64-3.5.2-07 TCP-CL-5", "a SYN of the same host", opens(),
                   (at_every_port(PEER4, TCP, tcp_to(SYN)), syn6))
    # RFC 6146 3.6.1: what a stranger's packet would have had to pass, an error of it has to.
    dependent.case("N64-3.5.3-06", "an echo of a stranger", pings(77),
                   ([v4(OTHER4, FREE4, ICMP4, echo(OTHER4, FREE4, True, port, b"x")) for port in RANGE], None))
    dependent.case("N64-3.5-03 LES-N-20", "to a port that is not of the pool, and an error about one",
                   (v4(PEER4, FREE4, UDP, udp(PEER4, FREE4, 9, 9, b"x")), None),
                   (v4(ROUTER4, FREE4, ICMP4, icmp(ROUTER4, FREE4, 3, 1, 0, v4(FREE4, PEER4, UDP,
                                                                             udp(FREE4, PEER4, 9, 9, b"x")))), None))
    independent = Vectors("filter-none", "Whoever knows the port may send.",
                          pool + ['nat64: { filtering: { udp = "endpoint-independent"; tcp = "endpoint-independent"; }; };'],
                          folder="timed", bare=True)
    independent.case("N64-3.5.1-07", "a stranger's datagram", asks(),
                     (at_every_port(OTHER4, UDP, udp_to(4000)),
                      v6(OTHER, GUEST, UDP, udp(OTHER, GUEST, 4000, 5000, b"x"), hops=63)))
    return [dependent, independent]


def handshake(port):
    """A connection of the backend's from that port."""
    steps = ((True, SYN, 0x11223344, 0), (False, SYN | ACK, 0x11223344, 0x11223345), (True, ACK, 0x11223345, 0x11223345))
    return [(v6(HOST, PEER, TCP, tcp(HOST, PEER, port, 80, flags, b"", seq, ack)),
             own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, port, 80, flags, b"", seq, ack), ttl=63))) if outward else
            (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, port, flags, b"", seq, ack)),
             v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, port, flags, b"", seq, ack), hops=63))
            for outward, flags, seq, ack in steps]


def restarts():
    """The state file outlasts the daemon (RFC 6146 4)."""
    file = Vectors("restarts", "A daemon ends and another goes on with its state.", folder="timed")
    file.case("N64-4-04", "connections and datagrams go on", *HANDSHAKE, ASK, asks(), pings(3), Restart(),
              outward_tcp(ACK, b"data"), inward_tcp(ACK, b"answer", ack=0x11223349), (answered4(), answered6()), asks(), pings(3))
    file.case("N64-4-04 TCP-TR-1", "what was closing stays so until it is heard of", *HANDSHAKE, inward_tcp(RST, ack=0), Restart(),
              (100, None), outward_tcp(ACK, b"after all"))
    other = handshake(40001)
    reset = (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40001, RST, b"", 0x11223345)),
             v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40001, RST, b"", 0x11223345), hops=63))
    file.case("N64-4-04 TCP-TR-3", "two that were closing end", *HANDSHAKE, *other, reset, (30, None), inward_tcp(RST, ack=0),
              Restart(), (7300, None))
    probe = v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, ACK, seq=0, window=0))
    file.case("N64-4-04 TCP-EST-5", "the time that was left is left", *HANDSHAKE, (7000, None), Restart(), (199, None), (2, probe))
    file.case("N64-4-04 TCP-EST-5", "a longer lifetime counts from the last packet", *HANDSHAKE, (7000, None),
              Restart("nat64: { timeouts: { tcp-established = 10000; }; };"), (2999, None), (2, probe))
    file.case("CGN-R4 CGN-R11", "a lower limit ends no connection, and lets no other begin", asks(5000), asks(5001),
              Restart("nat64: { limits: { ports-per-backend = 1; }; };"), refused(asks(5002)))
    file.case("CGN-R6", "what is denied from now on", ASK, Restart('deny-ipv4 = [ "192.52.193.0/24" ];'),
              (v6(HOST, PEER, UDP, udp(HOST, PEER, 9, 9, b"x")),
               told(v6(HOST, PEER, UDP, udp(HOST, PEER, 9, 9, b"x")), 1, 1, source=HOST)))
    return file


def unsized(length):
    """A super-packet of the peer's of whose segments nobody tells the size."""
    whole = tcp(PEER4, HOST4, 80, 40000, ACK | PUSH, data(length), 0x11223345, 0x11223345)
    return Super.of(v4(PEER4, HOST4, TCP, whole, df=True), 0, 16)


def sized(length, size):
    """Its segments as the backend gets them."""
    return [v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, ACK | (PUSH if at + size >= length else 0),
                                    data(length)[at:at + size], 0x11223345 + at, 0x11223345), hops=63)
            for at in range(0, length, size)]


def supers():
    file = Vectors("supers", "Super-packets come out as their segments would.", folder="timed")

    whole = tcp(HOST, PEER, 40000, 80, ACK | PUSH, data(3001), 0x11223345, 0x11223345)
    file.case("CK-09 LES-N-26 CK-08", "TCP to IPv4", *HANDSHAKE,
              (Super.of(v6(HOST, PEER, TCP, whole), 1000, 16),
               [own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, ACK | (PUSH if at == 3000 else 0),
                                              data(3001)[at:at + 1000], 0x11223345 + at, 0x11223345), ttl=63))
                for at in range(0, 3001, 1000)]))
    whole = tcp(PEER4, HOST4, 80, 40000, ACK | PUSH, data(3001), 0x11223345, 0x11223345)
    file.case("CK-09 LES-N-26 CK-08", "TCP to IPv6", *HANDSHAKE,
              (Super.of(v4(PEER4, HOST4, TCP, whole, df=True), 1000, 16), sized(3001, 1000)))
    # RFC 9293 3.7.1: of a backend that told no MSS, 1220.
    file.case("CK-09 LES-N-26", "TCP to IPv6 of whose segments nobody tells the size", *HANDSHAKE,
              (unsized(2500), sized(2500, 1220)))
    option = b"\x02\x04\x05\xa0"
    syn = (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN, options=option)),
           own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN, options=option), ttl=63)))
    file.case("CK-09 LES-N-26", "TCP to IPv6 in segments as large as the backend asked for", syn, *HANDSHAKE[1:],
              (unsized(2500), sized(2500, 1440)))
    file.case("CK-09 LES-N-26", "TCP that is one segment after all", syn, *HANDSHAKE[1:], (unsized(1400), sized(1400, 1440)))
    # RFC 8201 4: what the path carries is kept to.
    first = (ACK, data(2500)[:1440], 0x11223345, 0x11223345)
    seen = v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, *first), hops=61)
    seen4 = v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, *first), ttl=61, df=True)
    file.case("SEC-43 CK-09 XL-MTU-04", "TCP to IPv6 in segments that its path carries", syn, *HANDSHAKE[1:],
              (unsized(2500), sized(2500, 1440)),
              (error64(2, 0, 1300, seen[:1232]), error64_out(3, 4, 1280, seen4[:548])),
              (unsized(2500), sized(2500, 1240)))
    for source, target, source4, target4, make, words in ((HOST, PEER, HOST4, PEER4, v6, "IPv4"),
                                                          (PEER4, HOST4, PEER, HOST, v4, "IPv6")):
        given = Super.of(make(source, target, UDP, udp(source, target, 1500, 1500, data(2001))), 1000, 6)
        parts = [udp(source4, target4, 1500, 1500, data(2001)[at:at + 1000]) for at in range(0, 2001, 1000)]
        left = [own(v4(source4, target4, UDP, part, ttl=63)) if words == "IPv4" else v6(source4, target4, UDP, part, hops=63)
                for part in parts]
        file.case("CK-09 LES-N-26", f"UDP to {words}", ASK, (given, left))
    # Two bytes that make the sum come out as 0, sent as 0xffff (RFC 768).
    word = struct.pack(">H", checksum(pseudo(PEER, HOST, UDP, 10) + udp_unsummed(53, 1500, b"\0\0")))
    assert udp(PEER, HOST, 53, 1500, word)[6:8] == b"\xff\xff"
    file.case("CK-09 LES-N-32", "UDP whose segment sums up to 0",
              (Super.of(v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, word + b"xx")), 2, 6),
               [v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, part), hops=63) for part in (word, b"xx")]))
    piece = Super.of(pieces6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, data(100)), 7, [48, 60])[0], 8, 6)
    echoed = Super.of(v6(HOST, PEER, ICMP6, echo(HOST, PEER, True, 9, data(64))), 8, 2)
    crowd = Super.of(v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, data(129))), 1, 6)
    file.case("CK-08 LES-N-26", "a fragment, an echo and 129 segments are no super-packets", (piece, None), (echoed, None),
              (crowd, None))
    return file


def malformed():
    file = Vectors("malformed", "Headers that no honest host sends.", folder="timed")
    body4, body6 = udp(PEER4, HOST4, 53, 1500, b"hi"), udp(PEER, HOST, 53, 1500, b"hi")

    def fixed(packet, **bytes_at):
        """An IPv4 packet with other bytes, summed up again."""
        changed = bytearray(packet)
        for at, value in bytes_at.items():
            changed[int(at[1:])] = value
        changed[10:12] = b"\0\0"
        changed[10:12] = struct.pack(">H", checksum(bytes(changed[:max(20, (changed[0] & 15) * 4)])))
        return bytes(changed)

    plain = v4(PEER4, HOST4, UDP, body4)
    file.case("XL-4.1-10", "options that do nothing",
              (v4(PEER4, HOST4, UDP, body4, options=b"\x01\x01\x01\x01"), v6(PEER, HOST, UDP, body6, hops=63)))
    for words, packet in (("an option of one byte", v4(PEER4, HOST4, UDP, body4, options=b"\x07\x01\0\0")),
                          ("an option beyond its end", v4(PEER4, HOST4, UDP, body4, options=b"\x07\x09\0\0")),
                          ("a source route without pointer", v4(PEER4, HOST4, UDP, body4, options=b"\x83\x02\0\0")),
                          ("an IPv4 header of 16 bytes", fixed(plain, _0=0x44)),
                          ("a length less than the header", fixed(plain, _3=19)),
                          ("a length beyond the end", fixed(plain, _3=len(plain) + 1)),
                          ("half an IPv4 header", plain[:19]), ("version 5", b"\x50" + plain[1:]),
                          ("a TCP header of 16 bytes", v4(PEER4, HOST4, TCP, summed(
                              PEER4, HOST4, TCP, struct.pack(">HHIIBBHHH", 80, 40000, 1, 1, 4 << 4, ACK, 9, 0, 0), 16))),
                          ("half a TCP header", v4(PEER4, HOST4, TCP, bytes(19))),
                          ("half a UDP header", v4(PEER4, HOST4, UDP, body4[:7])),
                          ("half an ICMP header", v4(PEER4, HOST4, ICMP4, bytes(7)))):
        file.case("LES-N-03 N64-3.4-09", words, (packet, None))
    asked = udp(HOST, PEER, 1500, 53, b"hi")
    late = bytes([HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0]) + bytes([UDP, 0, 1, 4, 0, 0, 0, 0])
    for words, packet in (("half an IPv6 header", v6(HOST, PEER, UDP, asked)[:39]),
                          ("a payload length beyond the end", v6(HOST, PEER, UDP, asked, length=len(asked) + 1)),
                          ("options beyond the end", v6(HOST, PEER, OPTIONS, bytes([UDP, 9, 1, 4, 0, 0, 0, 0]) + asked)),
                          ("four bytes of options", v6(HOST, PEER, OPTIONS, bytes(4))),
                          ("hop-by-hop options behind others", v6(HOST, PEER, OPTIONS, late + asked)),
                          ("half a UDP header from IPv6", v6(HOST, PEER, UDP, asked[:7])),
                          ("half an ICMP header from IPv6", v6(HOST, PEER, ICMP6, bytes(7)))):
        file.case("LES-N-03 N64-3.4-09", words, (packet, None))
    other = v6(HOST, PEER, ICMP4, echo(HOST4, PEER4, True, 1, b"x"))
    file.case("N64-3.4-07", "ICMP of IPv4 in IPv6", (other, told(other, 1, 4, source=HOST)))
    file.case("N64-3.4-07", "ICMP of IPv4 in IPv6 of a mapped host",
              (v6(MAPPED, PEER, ICMP4, echo(MAPPED4, PEER4, True, 1, b"x")),
               told(v6(MAPPED, PEER, ICMP4, echo(MAPPED4, PEER4, True, 1, b"x")), 1, 4, source=MAPPED)))
    later = v6(HOST, PEER, FRAGMENT, fragment_header(132, 64, False, 9) + bytes(16))
    file.case("N64-3.4-07", "a later fragment of a protocol that does not pass is dropped in silence", (later, None))
    # RFC 6146 3.5.2: flags that no segment has.
    for words, flags in (("no flag", 0), ("SYN and FIN", SYN | FIN), ("SYN and RST", SYN | RST)):
        file.case("N64-3.5.2-10", f"{words} from either side",
                  (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, flags)), None),
                  (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, flags)), None))
    for words, source in (("multicast", "224.0.0.1"), ("this host", "0.0.0.0"), ("loopback", "127.0.0.1"),
                          ("one of the pool", HOST4)):
        file.case("N64-3.5-05", f"from IPv4 by {words}", (v4(source, SHOP4, TCP, tcp(source, SHOP4, 9, 8080, SYN)), None))
    for words, source in (("::", "::"), ("multicast", "ff02::1"), ("loopback", "::1")):
        file.case("N64-3.5-05", f"from IPv6 by {words}", (v6(source, PEER, UDP, udp(source, PEER, 9, 9, b"x")), None))
    file.case("N64-3.5-02", "to no prefix of ours", (v6(HOST, NOBODY, UDP, udp(HOST, NOBODY, 9, 9, b"x")), None),
              (pieces6(HOST, NOBODY, UDP, udp(HOST, NOBODY, 9, 9, data(100)), 7, [48, 60])[0], None))
    file.case("N64-3.5-03", "to no address of the pool",
              (v4(PEER4, "192.31.196.99", UDP, udp(PEER4, "192.31.196.99", 9, 9, b"x")), None),
              (v4(PEER4, "192.31.196.99", UDP, udp(PEER4, "192.31.196.99", 9, 9, data(16))[:16], mf=True), None))
    foreign = "2001:db8:9::1"
    piece = pieces6(foreign, PEER, UDP, udp(foreign, PEER, 9, 9, data(100)), 7, [48, 60])[0]
    file.case("SEC-17", "a fragment of a host that is no backend",
              (piece, v6("2001:db8:3::1", foreign, ICMP6, icmp("2001:db8:3::1", foreign, 1, 1, 0, piece))))
    piece = v4(PEER4, FREE4, 132, bytes(16), mf=True)
    file.case("N64-3.4-08", "a fragment of a protocol that does not pass", (piece, told4(piece, FREE4, 3, 2)))
    mapped_bits = struct.pack(">HHBBHBBHI", 7, 9, 4, 0, 0, 0, 0, 0, 1)  # of DCCP (RFC 4340 5.1): ports, offset, checksum
    for protocol, words, segment in ((33, "DCCP", mapped_bits), (136, "lightweight UDP", struct.pack(">HHHH", 7, 9, 0, 0) + b"lite")):
        file.case("XL-1-06 EAM-00", f"{words} of a mapped host has its checksum renewed",
                  (v6(MAPPED, PEER, protocol, summed(MAPPED, PEER, protocol, segment, 6)),
                   own(v4(MAPPED4, PEER4, protocol, summed(MAPPED4, PEER4, protocol, segment, 6), ttl=63))),
                  (v4(PEER4, MAPPED4, protocol, summed(PEER4, MAPPED4, protocol, segment, 6)),
                   v6(PEER, MAPPED, protocol, summed(PEER, MAPPED, protocol, segment, 6), hops=63)))
    file.case("XL-1-06 LES-N-03", "too little of DCCP", (v4(PEER4, MAPPED4, 33, bytes(7)), None))
    file.case("XL-1-06", "an extension header of IPv6 in IPv4 does not pass",
              (v4(PEER4, MAPPED4, 60, bytes(16)), told4(v4(PEER4, MAPPED4, 60, bytes(16)), MAPPED4, 3, 2)))
    return file


def errors():
    file = Vectors("errors", "ICMP errors that are not believed, or seldom seen.", folder="timed")
    quote4, quote6 = quoted46()
    get = (answered4(), answered6())
    back6, back4 = answered6(hops=61), answered4()
    file.case("LES-N-03 XL-INN-10", "a quoted IPv4 header of 16 bytes", ASK,
              (error46(3, 1, 0, b"\x44" + quote4[1:]), None))
    file.case("LES-N-03 XL-INN-10", "quoted extension headers beyond the end", ASK, get,
              (error64(1, 4, 0, v6(PEER, HOST, OPTIONS, bytes([UDP, 40, 1, 4, 0, 0, 0, 0]) + bytes(16))), None))
    file.case("LES-N-04", "a quoted protocol that does not pass", ASK, get, (error46(3, 1, 0, v4(HOST4, PEER4, 132, bytes(16))), None),
              (error64(1, 4, 0, v6(PEER, HOST, 132, bytes(16))), None),
              (error46(3, 1, 0, v4(HOST4, PEER4, ICMP6, bytes(16))), None))
    file.case("SEC-45", "not to the sender that is quoted", ASK, get,
              (v4(ROUTER4, FREE4, ICMP4, icmp(ROUTER4, FREE4, 3, 1, 0, quote4)), None),
              (v6(HOST, OTHER, ICMP6, icmp(HOST, OTHER, 1, 4, 0, back6)), None))
    file.case("SEC-41", "about what nobody sent", (error64(1, 4, 0, answered6()), None),
              (v6(GUEST, PEER, ICMP6, icmp(GUEST, PEER, 1, 4, 0, v6(PEER, GUEST, UDP, udp(PEER, GUEST, 53, 1, b"x")))), None))
    last4, last6 = error46(3, 1, 0, quote4, ttl=1), error64(1, 4, 0, back6, hops=1)
    file.case("XL-4.1-06 XL-5.1-09", "with the last hop, answered by no error", ASK, get, (last4, None), (last6, None))
    stale = v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, ACK, b"x", 0x51223345, 0x11223345), ttl=61)
    stale6 = v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, ACK, b"x", 0x51223345, 0x11223345), hops=61)
    file.case("SEC-42", "about a segment that is not in flight", *HANDSHAKE, (error46(3, 1, 0, stale), None),
              (error64(1, 4, 0, stale6), None))
    sent = v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, ACK, b"data", 0x11223345, 0x11223345), ttl=61)
    sent6 = v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, ACK, b"data", 0x11223345, 0x11223345), hops=61)
    file.case("SEC-42 LES-N-31", "about a segment in flight, of which 8 bytes are quoted", *HANDSHAKE, outward_tcp(ACK, b"data"),
              (error46(3, 1, 0, sent[:28]), v6("64:ff9b::c034:c101", HOST, ICMP6,
                                              icmp("64:ff9b::c034:c101", HOST, 1, 0, 0, sent6[:48]), hops=59)))
    # RFC 7915 4.2: a router that must not be shown by the prefix is shown by the gateway.
    file.case("LES-N-08", "a router with a private address", ASK,
              (v4("10.0.0.1", HOST4, ICMP4, icmp("10.0.0.1", HOST4, 11, 0, 0, quote4), ttl=60),
               v6(GATEWAY6, HOST, ICMP6, icmp(GATEWAY6, HOST, 3, 0, 0, quote6), hops=59)))
    file.case("LES-N-06", "an extension beyond the end", ASK, (error46(11, 0, 200 << 16, quote4), None),
              (error64(3, 0, 200 << 24, asked6()), None))
    # Without a session: the static binding says whose it is, the prefix what the host is.
    def shop(target4, target):
        return (v4(SHOP4, target4, TCP, tcp(SHOP4, target4, 8080, 9, ACK), ttl=61),
                v6(SHOP, target, TCP, tcp(SHOP, target, 80, 9, ACK), hops=61))

    quotes = shop(PEER4, PEER)
    file.case("N64-3.6-01 N64-3.6-03", "about a host that a static binding's backend has no session with",
              (v4(ROUTER4, SHOP4, ICMP4, icmp(ROUTER4, SHOP4, 3, 1, 0, quotes[0])),
               v6(ROUTER, SHOP, ICMP6, icmp(ROUTER, SHOP, 1, 0, 0, quotes[1]), hops=63)))
    file.case("SEC-41 SEC-10", "about a host that has no image",
              (v4(ROUTER4, SHOP4, ICMP4, icmp(ROUTER4, SHOP4, 3, 1, 0, shop("10.0.0.1", PEER)[0])), None))
    inner, outer = "64:ff9b::c01f:c411", "64:ff9b::c01f:c410"  # of HOST4, of SHOP4
    quotes = shop(HOST4, inner)
    file.case("LES-N-21 N64-3.6-01", "about a backend that another reaches by the pool",
              (v4(ROUTER4, SHOP4, ICMP4, icmp(ROUTER4, SHOP4, 3, 1, 0, quotes[0])),
               v6(ROUTER, SHOP, ICMP6, icmp(ROUTER, SHOP, 1, 0, 0, quotes[1]), hops=63)))
    file.case("LES-N-21 N64-3.8-01", "a backend's error about another's SYN",
              (v6(HOST, outer, TCP, tcp(HOST, outer, 40000, 8080, SYN)),
               v6(inner, SHOP, TCP, tcp(inner, SHOP, 40000, 80, SYN), hops=63)),
              (v6(SHOP, inner, ICMP6, icmp(SHOP, inner, 1, 4, 0, v6(inner, SHOP, TCP, tcp(inner, SHOP, 40000, 80, SYN), hops=63))),
               v6(outer, HOST, ICMP6, icmp(outer, HOST, 1, 4, 0, v6(HOST, outer, TCP, tcp(HOST, outer, 40000, 8080, SYN),
                                                                    hops=63)), hops=63)))
    inbound = (v4(PEER4, SHOP4, TCP, tcp(PEER4, SHOP4, 50001, 8080, SYN), ttl=62, df=True),
               v6(PEER, SHOP, TCP, tcp(PEER, SHOP, 50001, 80, SYN), hops=61))
    file.case("N64-3.4-03 XL-64-10", "a backend's error about a SYN of IPv4", inbound,
              (v6(SHOP, PEER, ICMP6, icmp(SHOP, PEER, 1, 4, 0, inbound[1])),
               own(v4(SHOP4, PEER4, ICMP4, icmp(SHOP4, PEER4, 3, 3, 0, v4(PEER4, SHOP4, TCP, tcp(
                   PEER4, SHOP4, 50001, 8080, SYN), ttl=61)), ttl=63))))
    file.case("SEC-10", "from IPv4 by an address without image",
              (v4("10.0.0.1", SHOP4, TCP, tcp("10.0.0.1", SHOP4, 9, 8080, SYN)), None),
              (v4("10.0.0.1", HOST4, UDP, udp("10.0.0.1", HOST4, 9, 9, b"x")), None))
    private = "64:ff9b::10.0.0.1"
    segment = v6(HOST, private, TCP, tcp(HOST, private, 9, 9, ACK))
    file.case("SEC-10 ERR-02", "a segment to an address without image", (segment, told(segment, 1, 1, source=HOST)))
    # RFC 6146 3.5.2: what does not fit its window goes on, and opens and ends nothing.
    probe = v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, ACK, seq=0, window=0))
    wild = 0x91223345
    for words, step in (("a backend's reset", outward_tcp(RST, seq=wild, ack=0)),
                        ("data of the peer that acknowledges what was never sent", inward_tcp(ACK, b"x", ack=wild)),
                        ("data of the peer without ACK", inward_tcp(PUSH, b"x", ack=0))):
        file.case("N64-3.5.2-13 LES-N-18", f"{words} beyond the window", *HANDSHAKE, step, (7199, None), (2, probe))
    file.case("N64-3.5.2-13", "a backend that goes on elsewhere is followed", *HANDSHAKE, outward_tcp(ACK, b"x", seq=wild),
              inward_tcp(ACK, ack=wild + 1), inward_tcp(ACK, b"data", ack=wild + 1),
              outward_tcp(ACK, seq=wild + 1, ack=0x11223349), outward_tcp(ACK, seq=wild + 1), outward_tcp(RST, seq=wild + 1, ack=0),
              (7300, None))
    for words, flags in (("SYN and ACK", SYN | ACK), ("RST and ACK", RST | ACK)):
        forged = (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, flags, ack=wild)),
                  v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, flags, ack=wild), hops=63))
        file.case("N64-3.5.2-13 LES-N-18", f"{words} for another SYN open nothing", HANDSHAKE[0], forged, (7300, None))
    file.case("TCP-6FR-2", "one side ended it, and the time is up", *HANDSHAKE, outward_tcp(FIN | ACK), (7300, None))
    crowd6 = [pieces6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, data(100)), 1000 + i, [48, 60])[1] for i in range(17)]
    crowd4 = [pieces4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, data(100)), 1000 + i, [48, 60])[1] for i in range(17)]
    file.case("N64-FRG-02 SEC-50", "more fragments without a first than are kept, from either side, and all else passes",
              (crowd6, None), ASK, (crowd4, None), (answered4(), answered6()))
    segment4, segment6 = udp(PEER4, HOST4, 53, 1500, data(2000)), udp(PEER, HOST, 53, 1500, data(2000))
    file.case("LES-N-10 XL-FRG46-04", "what was put together on its way is cut again, DF or not",
              (v4(PEER4, HOST4, UDP, segment4, ident=0x4321, df=True), pieces6(PEER, HOST, UDP, segment6, 0x4321, [1232, 776],
                                                                               hops=63)))
    options = b"\x01\x02\x04\x05\xb4\x00\x00\x00"  # a NOP: the MSS lies at an odd offset
    left = b"\x01\x02\x04\x05\xa0\x00\x00\x00"
    file.case("N64-3.5.2-15", "an MSS at an odd offset",
              (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN, options=options)),
               own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN, options=left), ttl=63))))
    broken = b"\x03\x00\x02\x04"
    file.case("N64-3.5.2-15", "an option without length hides the MSS",
              (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN, options=broken)),
               own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN, options=broken), ttl=63))))
    file.case("TCP-V6I-3", "data before an answer", HANDSHAKE[0], outward_tcp(ACK, b"early", seq=0x11223345, ack=0))
    cross = (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, SYN)),
             v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, SYN), hops=63))
    file.case("N64-3.5.2-02 TCP-V6I-1", "two SYNs that cross", HANDSHAKE[0], cross, HANDSHAKE[1],
              outward_tcp(SYN | ACK, seq=0x11223344))
    file.case("N64-3.5.2-02 TCP-V4I-1", "two SYNs that cross, that of IPv4 first", cross, HANDSHAKE[0],
              HANDSHAKE[1], outward_tcp(SYN | ACK, seq=0x11223344))
    return file


def files():
    return limits() + choices() + filters() + [restarts(), supers(), malformed(), errors()]
