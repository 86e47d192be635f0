#!/usr/bin/env python3
"""Writes tests/replay/*/*.replay; --check: exit 1 if a file is not what would be written.

Both sides of a case are built here from the fields that RFC 7915, 6146, 7757, 4443, 792, 8200 and 791 ask for, with
checksums summed from nothing. README.md says who has which address.
"""
import os
import socket
import struct
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
TCP, UDP, ICMP4, ICMP6, HOP_BY_HOP, ROUTING, FRAGMENT, OPTIONS = 6, 17, 1, 58, 0, 43, 44, 60
SYN, ACK = 2, 16

HOST, HOST4 = "2001:db8:2::2", "192.31.196.17"  # the static binding of a whole address
SHOP, SHOP4 = "2001:db8:3:0:1::2", "192.31.196.16"  # port 80, port 8080
MAPPED, MAPPED4 = "2001:db8:2::21", "192.31.197.1"
PEER, PEER4 = "64:ff9b::c034:c10a", "192.52.193.10"
ROUTER, ROUTER4 = "64:ff9b::c034:c101", "192.52.193.1"
ROUTER6 = "2001:db8:3::2"
GATEWAY6 = "2001:db8:2::1"


def is4(text):
    return ":" not in text


def address(text):
    return socket.inet_pton(socket.AF_INET if is4(text) else socket.AF_INET6, text)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(source, target, protocol, length):
    if is4(source):
        return b"" if protocol == ICMP4 else address(source) + address(target) + struct.pack(">BBH", 0, protocol, length)
    return address(source) + address(target) + struct.pack(">IHBB", length, 0, 0, protocol)


def summed(source, target, protocol, segment, at):
    """The segment with its checksum at `at`."""
    value = checksum(pseudo(source, target, protocol, len(segment)) + segment)
    if protocol == UDP and value == 0:
        value = 0xffff
    return segment[:at] + struct.pack(">H", value) + segment[at + 2:]


def udp(source, target, sport, dport, data):
    return summed(source, target, UDP, struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data, 6)


def udp_unsummed(sport, dport, data):
    return struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data


def tcp(source, target, sport, dport, flags, data=b"", seq=0x11223344, ack=0, options=b"", window=0xffff):
    head = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, (20 + len(options)) // 4 << 4, flags, window, 0, 0)
    return summed(source, target, TCP, head + options + data, 16)


def icmp(source, target, kind, code, rest, data):
    return summed(source, target, ICMP4 if is4(source) else ICMP6, struct.pack(">BBHI", kind, code, 0, rest) + data, 2)


def echo(source, target, request, ident, data, seq=7):
    kind = (8 if request else 0) if is4(source) else (128 if request else 129)
    return icmp(source, target, kind, 0, ident << 16 | seq, data)


def v6(source, target, protocol, payload, hops=64, tc=0, flow=0, length=None):
    return struct.pack(">IHBB", 6 << 28 | tc << 20 | flow, len(payload) if length is None else length, protocol,
                       hops) + address(source) + address(target) + payload


def v4(source, target, protocol, payload, ttl=64, tos=0, ident=0, df=False, mf=False, offset=0, options=b"", length=None):
    size = 20 + len(options)
    header = struct.pack(">BBHHHBBH", 0x40 | size // 4, tos, size + len(payload) if length is None else length, ident,
                         df << 14 | mf << 13 | offset // 8, ttl, protocol, 0) + address(source) + address(target) + options
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def fragment_header(protocol, offset, more, ident):
    return struct.pack(">BBHI", protocol, 0, offset | more, ident)


def pieces6(source, target, protocol, segment, ident, sizes, **fields):
    """The datagram in fragments that carry so many bytes each."""
    out, at = [], 0
    for size in sizes:
        part = segment[at:at + size]
        out.append(v6(source, target, FRAGMENT,
                      fragment_header(protocol, at, at + size < len(segment), ident) + part, **fields))
        at += size
    assert at == len(segment)
    return out


def pieces4(source, target, protocol, segment, ident, sizes, **fields):
    out, at = [], 0
    for size in sizes:
        out.append(v4(source, target, protocol, segment[at:at + size], ident=ident, mf=at + size < len(segment),
                      offset=at, **fields))
        at += size
    assert at == len(segment)
    return out


def data(length):
    return bytes((i * 7 + i // 251) & 0xff for i in range(length))


class AnyIdent(bytes):
    """An IPv4 packet whose identification is the gateway's choice."""


class AnyPort(AnyIdent):
    """Its source address and port (identifier) are the gateway's choice, too."""


class Super(bytes):
    """A super-packet (virtio 1.2 5.1.6): `size` bytes a segment, 0 if nobody tells; in the checksum's field the sum of
    the pseudo-header alone."""
    size = 0

    @classmethod
    def of(cls, packet, size, at):
        """The packet with its checksum at `at` of the transport."""
        header = 40 if packet[0] >> 4 == 6 else 20
        family = socket.AF_INET6 if header == 40 else socket.AF_INET
        ends = (8, 24, 40) if header == 40 else (12, 16, 20)
        source, target = (socket.inet_ntop(family, packet[a:b]) for a, b in zip(ends, ends[1:]))
        partial = ~checksum(pseudo(source, target, packet[6 if header == 40 else 9], len(packet) - header)) & 0xffff
        at += header
        made = cls(packet[:at] + struct.pack(">H", partial) + packet[at + 2:])
        made.size = size
        return made


class Restart(str):
    """The gateway ends and begins again, with so much more in its configuration."""


def own(packet):
    return AnyIdent(packet)


class Vectors:
    """One file."""

    def __init__(self, name, about, conf=(), folder="nat64d", bare=False):
        self.name = name
        self.folder = folder
        self.lines = [f"# {about} Made by vectors.py."] + ["bare"] * bare + [f"conf {line}" for line in conf]

    def case(self, idents, text, *steps):
        """A step: (what goes in, what comes out), each a packet or a list of them; None: nothing. A number that goes
        in lets so many seconds pass. A Restart stands between two steps."""
        self.lines += ["", f"case {idents} {text}"]
        for step in steps:
            if isinstance(step, Restart):
                self.lines.append(f"restart {step}".rstrip())
                continue
            given, wanted = step
            if isinstance(given, int):
                self.lines.append(f"wait {given}")
                given = []
            for packet in given if isinstance(given, list) else [given]:
                if isinstance(packet, Super):
                    self.lines.append(f"gso {packet.size}")
                self.lines += self.packet("in", packet)
            for packet in [] if wanted is None else wanted if isinstance(wanted, list) else [wanted]:
                self.lines += self.packet("out", packet)
            if wanted is None:
                self.lines.append("none")

    @staticmethod
    def packet(word, packet):
        digits = [f"{byte:02x}" for byte in packet]
        if isinstance(packet, AnyIdent):
            for at in (4, 5, 10, 11):
                digits[at] = ".."
        if isinstance(packet, AnyPort):
            summed_at = {TCP: 36, UDP: 26, ICMP4: 22}[packet[9]]
            port = 24 if packet[9] == ICMP4 else 20
            for at in (12, 13, 14, 15, port, port + 1, summed_at, summed_at + 1):
                digits[at] = ".."
        rows = ["".join(digits[at:at + 48]) for at in range(0, len(digits), 48)]
        return [f"{word} {rows[0]}"] + [f"    {row}" for row in rows[1:]]

    def text(self):
        return "\n".join(self.lines) + "\n"


def headers():
    file = Vectors("headers", "Headers of IPv4 and IPv6, transports and their checksums.")
    out6, out4 = udp(HOST, PEER, 1500, 53, b"hello"), udp(HOST4, PEER4, 1500, 53, b"hello")
    in4, in6 = udp(PEER4, HOST4, 53, 1500, b"hi there"), udp(PEER, HOST, 53, 1500, b"hi there")

    file.case("XL-4.5-01 XL-5.1-01 XL-5.1-03", "a datagram to IPv4 and one back",
              (v6(HOST, PEER, UDP, out6), own(v4(HOST4, PEER4, UDP, out4, ttl=63))),
              (v4(PEER4, HOST4, UDP, in4, ident=0x7777), v6(PEER, HOST, UDP, in6, hops=63)))
    file.case("XL-4.5-01", "a TCP handshake begun by the backend",
              (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN)),
               own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN), ttl=63))),
              (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, SYN | ACK, ack=0x11223345), df=True),
               v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, SYN | ACK, ack=0x11223345), hops=63)),
              (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, ACK, b"GET /", 0x11223345, 0x11223345)),
               own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, ACK, b"GET /", 0x11223345, 0x11223345), ttl=63))))
    file.case("XL-4.5-01 N64-3.1-05", "a TCP handshake begun by IPv4 at a published port",
              (v4(PEER4, SHOP4, TCP, tcp(PEER4, SHOP4, 50001, 8080, SYN), df=True),
               v6(PEER, SHOP, TCP, tcp(PEER, SHOP, 50001, 80, SYN), hops=63)),
              (v6(SHOP, PEER, TCP, tcp(SHOP, PEER, 80, 50001, SYN | ACK, ack=0x11223345)),
               own(v4(SHOP4, PEER4, TCP, tcp(SHOP4, PEER4, 8080, 50001, SYN | ACK, ack=0x11223345), ttl=63))))
    file.case("XL-64-01 XL-46-02", "an echo and its reply",
              (v6(HOST, PEER, ICMP6, echo(HOST, PEER, True, 0x1234, b"abcdefgh")),
               own(v4(HOST4, PEER4, ICMP4, echo(HOST4, PEER4, True, 0x1234, b"abcdefgh"), ttl=63))),
              (v4(PEER4, HOST4, ICMP4, echo(PEER4, HOST4, False, 0x1234, b"abcdefgh")),
               v6(PEER, HOST, ICMP6, echo(PEER, HOST, False, 0x1234, b"abcdefgh"), hops=63)))
    file.case("XL-46-01 XL-64-02", "an echo from IPv4 and its reply",
              (v4(PEER4, HOST4, ICMP4, echo(PEER4, HOST4, True, 0x4321, b"12345")),
               v6(PEER, HOST, ICMP6, echo(PEER, HOST, True, 0x4321, b"12345"), hops=63)),
              (v6(HOST, PEER, ICMP6, echo(HOST, PEER, False, 0x4321, b"12345")),
               own(v4(HOST4, PEER4, ICMP4, echo(HOST4, PEER4, False, 0x4321, b"12345"), ttl=63))))

    file.case("XL-5.1-02 XL-5.1-09", "the class is copied, the flow label is not, and a hop is counted, to IPv4",
              (v6(HOST, PEER, UDP, out6, hops=2, tc=0xb9, flow=0xfedcb),
               own(v4(HOST4, PEER4, UDP, out4, ttl=1, tos=0xb9))))
    file.case("XL-4.1-02 XL-4.1-03 XL-4.1-06", "the class is copied, the flow label is 0 and a hop is counted, to IPv6",
              (v4(PEER4, HOST4, UDP, in4, ttl=2, tos=0xb9, ident=0xffff, df=True),
               v6(PEER, HOST, UDP, in6, hops=1, tc=0xb9)))
    file.case("XL-5.1-09", "the last hop from IPv6",
              (v6(HOST, PEER, UDP, out6, hops=1),
               v6(GATEWAY6, HOST, ICMP6, icmp(GATEWAY6, HOST, 3, 0, 0, v6(HOST, PEER, UDP, out6, hops=1)))))
    last = v4(PEER4, HOST4, UDP, in4, ttl=1, ident=3)
    file.case("XL-4.1-06", "the last hop from IPv4",
              (last, own(v4(HOST4, PEER4, ICMP4, icmp(HOST4, PEER4, 11, 0, 0, last), df=True))))

    file.case("LES-N-19", "an echo of identifier 0",
              (v6(HOST, PEER, ICMP6, echo(HOST, PEER, True, 0, b"zero")),
               own(v4(HOST4, PEER4, ICMP4, echo(HOST4, PEER4, True, 0, b"zero"), ttl=63))),
              (v4(PEER4, HOST4, ICMP4, echo(PEER4, HOST4, False, 0, b"zero")),
               v6(PEER, HOST, ICMP6, echo(PEER, HOST, False, 0, b"zero"), hops=63)))
    wrong6, wrong4 = bytearray(out6), bytearray(out4)
    for segment in (wrong6, wrong4):
        segment[-1] ^= 1
    file.case("LES-N-13", "a wrong checksum stays as wrong as it was",
              (v6(HOST, PEER, UDP, bytes(wrong6)), own(v4(HOST4, PEER4, UDP, bytes(wrong4), ttl=63))))

    record_route = b"\x07\x07\x04\0\0\0\0\x00"
    passed, left = b"\x83\x07\x08" + address(ROUTER4) + b"\0", b"\x83\x07\x04" + address(ROUTER4) + b"\0"
    file.case("XL-4.1-10 XL-4.1-04", "options are left out",
              (v4(PEER4, HOST4, UDP, in4, options=record_route), v6(PEER, HOST, UDP, in6, hops=63)))
    file.case("XL-4.1-10", "a source route that is at its end",
              (v4(PEER4, HOST4, UDP, in4, options=passed), v6(PEER, HOST, UDP, in6, hops=63)))
    routed = v4(PEER4, HOST4, UDP, in4, options=left)
    file.case("XL-4.1-10", "a source route that goes on",
              (routed, own(v4(HOST4, PEER4, ICMP4, icmp(HOST4, PEER4, 3, 5, 0, routed), df=True))))
    broken = bytearray(v4(PEER4, HOST4, UDP, in4))
    broken[10] ^= 1
    file.case("XL-4.1-11", "a header that does not sum up", (bytes(broken), None))

    def option(protocol):
        return bytes([protocol, 0, 1, 4, 0, 0, 0, 0])

    def route(protocol, segments):
        return bytes([protocol, 2, 0, segments, 0, 0, 0, 0]) + address("2001:db8:2::9")
    chain = option(OPTIONS) + option(ROUTING) + route(UDP, 0)
    file.case("XL-5.1-10 XL-5.1-03 XL-5.1-14", "options and a route that is at its end are left out",
              (v6(HOST, PEER, HOP_BY_HOP, chain + out6), own(v4(HOST4, PEER4, UDP, out4, ttl=63))))
    routed = v6(HOST, PEER, ROUTING, route(UDP, 1) + out6)
    file.case("XL-5.1-15", "a route that goes on",
              (routed, v6(GATEWAY6, HOST, ICMP6, icmp(GATEWAY6, HOST, 4, 0, 43, routed))))

    for length, df in ((1260, False), (1261, True)):
        payload = data(length - 28)
        file.case("XL-5.1-07", f"{length} bytes of IPv4 go {'with' if df else 'without'} DF",
                  (v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, payload)),
                   own(v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, payload), ttl=63, df=df))))

    zero = udp_unsummed(53, 1500, b"without a sum")
    file.case("XL-4.5-02 N64-FRG-07", "a datagram without checksum gets one",
              (v4(PEER4, HOST4, UDP, zero), v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, b"without a sum"), hops=63)))
    file.case("XL-4.5-03", "without checksum from IPv6", (v6(HOST, PEER, UDP, udp_unsummed(1500, 53, b"none")), None))
    # Two bytes that make the sum on the side where it leaves come out as 0, which is sent as 0xffff.
    bare = checksum(pseudo(PEER, HOST, UDP, 10) + udp_unsummed(53, 1500, b"\0\0"))
    word = struct.pack(">H", bare)
    assert udp(PEER, HOST, 53, 1500, word)[6:8] == b"\xff\xff"
    file.case("XL-4.5-04 LES-N-32", "a checksum that comes out as 0",
              (v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, word)),
               v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, word), hops=63)),
              (v4(PEER4, HOST4, UDP, udp_unsummed(53, 1500, word)),
               v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, word), hops=63)))
    return file


QUESTION = b"a question of some length"


def asked6(sport=1500, dport=53):
    """What the backend sent."""
    return v6(HOST, PEER, UDP, udp(HOST, PEER, sport, dport, QUESTION))


def asked4(ttl=63, **fields):
    """The same as IPv4 has it."""
    return v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, QUESTION), ttl=ttl, **fields)


def answered4():
    return v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, QUESTION))


def answered6(hops=63, **fields):
    return v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, QUESTION), hops=hops, **fields)


ASK = (asked6(), own(asked4()))


# RFC 7915 4.2: type and code to type and code; all others are dropped.
TO_ICMP6 = {(3, 0): (1, 0), (3, 1): (1, 0), (3, 3): (1, 4), (3, 5): (1, 0), (3, 6): (1, 0), (3, 7): (1, 0), (3, 8): (1, 0),
            (3, 9): (1, 1), (3, 10): (1, 1), (3, 11): (1, 0), (3, 12): (1, 0), (3, 13): (1, 1), (3, 15): (1, 1),
            (11, 0): (3, 0), (11, 1): (3, 1)}
ROW46 = {0: 12, 1: 13, 2: 14, 3: 15, 4: 16, 5: 17, 6: 18, 7: 18, 8: 18, 9: 19, 10: 19, 11: 20, 12: 20, 13: 21, 14: 22,
         15: 23}
SILENT4 = {15: 3, 16: 3, 13: 4, 14: 4, 17: 5, 18: 5, 9: 6, 10: 6, 4: 7, 5: 8, 6: 9, 7: 10, 40: 10, 255: 10}
# RFC 7915 figure 3 and figure 6.
POINTER46 = {0: 0, 1: 1, 2: 4, 3: 4, 8: 7, 9: 6, 12: 8, 13: 8, 14: 8, 15: 8, 16: 24, 17: 24, 18: 24, 19: 24}
POINTER64 = {0: 0, 1: 1, 4: 2, 5: 2, 6: 9, 7: 8}
POINTER64.update({at: 12 for at in range(8, 24)})
POINTER64.update({at: 16 for at in range(24, 40)})


def error46(kind, code, rest, quote, ttl=60, **fields):
    return v4(ROUTER4, HOST4, ICMP4, icmp(ROUTER4, HOST4, kind, code, rest, quote), ttl=ttl, **fields)


def error46_out(kind, code, rest, quote, hops=59, **fields):
    return v6(ROUTER, HOST, ICMP6, icmp(ROUTER, HOST, kind, code, rest, quote), hops=hops, **fields)


def quoted46(ttl=61, **fields):
    """(the quote in an ICMPv4 error, the same for the backend)"""
    return asked4(ttl=ttl, ident=0xbeef), v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, QUESTION), hops=ttl, **fields)


def errors46():
    file = Vectors("icmp46", "ICMP errors of IPv4.")
    quote4, quote6 = quoted46()
    for code in range(17):
        ident = f"XL-46-{ROW46.get(code, 24):02d}"
        mapped = TO_ICMP6.get((3, code))
        if code == 2:
            file.case(ident, "destination unreachable 2", ASK,
                      (error46(3, 2, 0, quote4), error46_out(4, 1, 6, quote6)))
        elif code == 4:
            file.case(ident, "destination unreachable 4", ASK,
                      (error46(3, 4, 1400, quote4), error46_out(2, 0, 1420, quote6)))
        else:
            file.case(ident, f"destination unreachable {code}", ASK,
                      (error46(3, code, 0, quote4), error46_out(*mapped, 0, quote6) if mapped else None))
    for code in (0, 1):
        file.case("XL-46-25 XL-INN-01", f"time exceeded {code}", ASK,
                  (error46(11, code, 0, quote4), error46_out(3, code, 0, quote6)))
    file.case("XL-46-25", "time exceeded 2", ASK, (error46(11, 2, 0, quote4), None))
    for pointer in list(range(24)) + [255]:
        for code, ident in ((0, 26), (2, 28)):
            mapped = POINTER46.get(pointer)
            file.case(f"XL-46-{ident} XL-PTR-01", f"parameter problem {code} at {pointer}", ASK,
                      (error46(12, code, pointer << 24, quote4),
                       None if mapped is None else error46_out(4, 0, mapped, quote6)))
    file.case("XL-46-27", "parameter problem 1", ASK, (error46(12, 1, 0, quote4), None))
    file.case("XL-46-29", "parameter problem 3", ASK, (error46(12, 3, 0, quote4), None))
    for kind, row in SILENT4.items():
        file.case(f"XL-46-{row:02d}", f"type {kind}", ASK, (error46(kind, 0, 0, quote4), None))
    file.case("XL-46-11", "IGMP", (v4(PEER4, HOST4, 2, b"\x16\0\x09\xff\0\0\0\0"), None))
    for said, told in ((1480, 1500), (1400, 1420), (1280, 1300), (1260, 1280), (1259, 1280), (576, 1280), (68, 1280),
                       (9000, 1500), (65535, 1500)):
        file.case("XL-MTU-01 XL-MTU-03", f"fragmentation needed at {said}", ASK,
                  (error46(3, 4, said, quote4), error46_out(2, 0, told, quote6)))
    # RFC 1191: the length that the quoted header tells decides, however much of it is quoted.
    for length, told in ((1500, 1500), (1493, 1500), (1492, 1280), (1300, 1280)):
        sent = data(length - 28)
        cut4 = v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, sent)[:8], ttl=61, df=True, length=length)
        cut6 = v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, sent)[:8], hops=61, length=length - 20)
        file.case("XL-MTU-02 XL-MTU-03 XL-INN-04", f"fragmentation needed without a size by a packet of {length}", ASK,
                  (error46(3, 4, 0, cut4), error46_out(2, 0, told, cut6)))
    file.case("N64-3.6-03 LES-N-08 XL-4.1-02", "an error has the hop that it is from, and its class", ASK,
              (error46(11, 0, 0, quote4, tos=0xc0), error46_out(3, 0, 0, quote6, tc=0xc0)))
    file.case("XL-INN-07 XL-INN-02", "options of the quoted packet are left out", ASK,
              (error46(11, 0, 0, v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, QUESTION), ttl=61,
                                    options=b"\x07\x07\x04\0\0\0\0\0")), error46_out(3, 0, 0, quote6)))
    whole = udp(HOST, PEER, 1500, 53, QUESTION)
    short = v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, QUESTION)[:8], ttl=61, length=28 + len(QUESTION))
    file.case("LES-N-31 XL-INN-04 XL-INN-06", "eight bytes of the quoted transport", ASK,
              (error46(3, 1, 0, short),
               error46_out(1, 0, 0, v6(HOST, PEER, UDP, whole[:8], hops=61, length=len(whole)))))
    for length in (0, 1, 19, 20, 27):
        file.case("LES-N-01 XL-INN-10", f"a quote of {length} bytes", ASK, (error46(3, 1, 0, quote4[:length]), None))
    file.case("XL-INN-03 N64-3.4-05", "an error about an error", ASK,
              (error46(11, 0, 0, v4(HOST4, PEER4, ICMP4, icmp(HOST4, PEER4, 3, 3, 0, answered4()))), None))
    ping = (v6(HOST, PEER, ICMP6, echo(HOST, PEER, True, 0x1234, b"ping")),
            own(v4(HOST4, PEER4, ICMP4, echo(HOST4, PEER4, True, 0x1234, b"ping"), ttl=63)))
    file.case("XL-INN-06 LES-N-04 LES-N-07", "an error about an echo", ping,
              (error46(11, 0, 0, v4(HOST4, PEER4, ICMP4, echo(HOST4, PEER4, True, 0x1234, b"ping"), ttl=1)),
               error46_out(3, 0, 0, v6(HOST, PEER, ICMP6, echo(HOST, PEER, True, 0x1234, b"ping"), hops=1))))
    syn = (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN)),
           own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN), ttl=63)))
    file.case("XL-INN-06 N64-3.4-03", "an error about a SYN", syn,
              (error46(3, 13, 0, v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN), ttl=61)),
               error46_out(1, 1, 0, v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN), hops=61))))
    wrong = bytearray(quote4)
    wrong[10] ^= 0x55
    file.case("LES-N-05", "the quoted header does not sum up", ASK,
              (error46(11, 0, 0, bytes(wrong)), error46_out(3, 0, 0, quote6)))
    forged = bytearray(error46(11, 0, 0, quote4))
    forged[22] ^= 1
    file.case("SEC-41", "an error that does not sum up", ASK, (bytes(forged), None))
    file.case("N64-3.6-02", "an error about nothing that was sent", (error46(3, 1, 0, quote4), None))
    # RFC 4884: 128 bytes quoted are 148 with the longer header, padded to 152; 32 words of 4, 19 words of 8.
    long4 = v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, data(100)), ttl=61, ident=0xbeef)
    long6 = v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, data(100)), hops=61)
    extra = extension(b"\x00\x08\x01\x01\x00\x01\x02\x03")
    file.case("EXT-03 EXT-08", "an extension of a time exceeded", ASK,
              (error46(11, 0, 32 << 16, long4 + extra), error46_out(3, 0, 19 << 24, long6 + bytes(4) + extra)))
    short4, short6 = quote4 + bytes(128 - len(quote4)), quote6 + bytes(128 - len(quote6))
    file.case("EXT-03", "the padding of a short quote is made anew", ASK,
              (error46(11, 0, 32 << 16, short4 + extra), error46_out(3, 0, 16 << 24, short6 + extra)))
    file.case("EXT-05", "an extension of a fragmentation needed is left out", ASK,
              (error46(3, 4, 32 << 16 | 1400, long4 + extra), error46_out(2, 0, 1420, long6)))
    return file


def extension(objects):
    """RFC 4884 7: version 2 and a checksum over the whole."""
    head = struct.pack(">HH", 0x2000, 0)
    return head[:2] + struct.pack(">H", checksum(head + objects)) + objects


# RFC 7915 5.2.
TO_ICMP4 = {(1, 0): (3, 1), (1, 1): (3, 10), (1, 2): (3, 1), (1, 3): (3, 1), (1, 4): (3, 3), (3, 0): (11, 0), (3, 1): (11, 1)}
ROW64 = {0: 6, 1: 7, 2: 8, 3: 9, 4: 10}


def error64(kind, code, rest, quote, hops=60, source=HOST, **fields):
    return v6(source, PEER, ICMP6, icmp(source, PEER, kind, code, rest, quote), hops=hops, **fields)


def error64_out(kind, code, rest, quote, ttl=59, **fields):
    return own(v4(HOST4, PEER4, ICMP4, icmp(HOST4, PEER4, kind, code, rest, quote), ttl=ttl, **fields))


def errors64():
    file = Vectors("icmp64", "ICMP errors of IPv6.")
    get = (answered4(), answered6())
    quote6, quote4 = answered6(hops=61), v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, QUESTION), ttl=61)
    for code in range(8):
        mapped = TO_ICMP4.get((1, code))
        file.case(f"XL-64-{ROW64.get(code, 11):02d}", f"destination unreachable {code}", ASK, get,
                  (error64(1, code, 0, quote6), error64_out(*mapped, 0, quote4) if mapped else None))
    for code in (0, 1):
        file.case("XL-64-13 XL-INN-01", f"time exceeded {code}", ASK, get,
                  (error64(3, code, 0, quote6), error64_out(11, code, 0, quote4)))
    file.case("XL-64-13", "time exceeded 2", ASK, get, (error64(3, 2, 0, quote6), None))
    for pointer in list(range(44)) + [255, 256, 0x01000000]:
        mapped = POINTER64.get(pointer)
        file.case("XL-64-14 XL-PTR-01", f"parameter problem 0 at {pointer}", ASK, get,
                  (error64(4, 0, pointer, quote6),
                   None if mapped is None else error64_out(12, 0, mapped << 24, quote4)))
    file.case("XL-64-15", "parameter problem 1", ASK, get,
              (error64(4, 1, 6, quote6), error64_out(3, 2, 0, quote4)))
    file.case("XL-64-16", "parameter problem 2", ASK, get, (error64(4, 2, 40, quote6), None))
    file.case("XL-64-17", "parameter problem 3", ASK, get, (error64(4, 3, 0, quote6), None))
    for kind, row in ((130, 3), (131, 3), (132, 3), (143, 3), (133, 4), (134, 4), (135, 4), (136, 4), (137, 4), (127, 18),
                      (100, 18), (5, 18), (0, 18), (138, 5), (200, 5), (255, 5)):
        file.case(f"XL-64-{row:02d}", f"type {kind}", ASK, get, (error64(kind, 0, 0, quote6), None))
    for said, told in ((1500, 1480), (1400, 1380), (1280, 1260), (9000, 1480), (65536 + 1400, 1480)):
        file.case("XL-64-12 XL-MTU-04", f"packet too big at {said}", ASK, get,
                  (error64(2, 0, said, quote6), error64_out(3, 4, told, quote4)))
    for said in (1279, 1000, 68, 0):
        file.case("XL-MTU-05 SEC-43", f"packet too big at {said}", ASK, get, (error64(2, 0, said, quote6), None))
    # The answer in fragments: the 8 bytes of the fragment header are there on the IPv6 side only.
    segment6, segment4 = udp(PEER, HOST, 53, 1500, data(1600)), udp(PEER4, HOST4, 53, 1500, data(1600))
    piece6 = v6(PEER, HOST, FRAGMENT, fragment_header(UDP, 0, True, 0x7788) + segment6[:64], hops=61, length=1240)
    piece4 = v4(PEER4, HOST4, UDP, segment4[:64], ttl=61, ident=0x7788, mf=True, length=1252)
    file.case("XL-MTU-04 XL-INN-05", "packet too big about a fragment", ASK, get,
              (error64(2, 0, 1400, piece6), error64_out(3, 4, 1372, piece4)))
    file.case("N64-3.6-04 SRC-04", "a router's error has the address of the backend's binding", ASK, get,
              (error64(3, 0, 0, quote6, source=ROUTER6), error64_out(11, 0, 0, quote4)))
    file.case("XL-5.1-02", "the class of an error", ASK, get,
              (error64(1, 4, 0, quote6, tc=0xc0), error64_out(3, 3, 0, quote4, tos=0xc0)))
    file.case("XL-INN-07 XL-INN-02", "extension headers of the quoted packet are left out", ASK, get,
              (error64(1, 4, 0, v6(PEER, HOST, OPTIONS, bytes([UDP, 0, 1, 4, 0, 0, 0, 0]) +
                                   udp(PEER, HOST, 53, 1500, QUESTION), hops=61)), error64_out(3, 3, 0, quote4)))
    part6 = v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, QUESTION)[:8], hops=61, length=8 + len(QUESTION))
    part4 = v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, QUESTION)[:8], ttl=61, length=28 + len(QUESTION))
    file.case("LES-N-31 XL-INN-04 XL-INN-06", "eight bytes of the quoted transport", ASK, get,
              (error64(1, 4, 0, part6), error64_out(3, 3, 0, part4)))
    for length in (0, 1, 39, 40, 47):
        file.case("LES-N-01 XL-INN-10", f"a quote of {length} bytes", ASK, get,
                  (error64(1, 4, 0, quote6[:length]), None))
    file.case("XL-INN-03 N64-3.4-05", "an error about an error", ASK,
              (error64(3, 0, 0, v6(PEER, HOST, ICMP6, icmp(PEER, HOST, 1, 4, 0, asked6()))), None))
    pong = (v4(PEER4, HOST4, ICMP4, echo(PEER4, HOST4, True, 0x4321, b"ping")),
            v6(PEER, HOST, ICMP6, echo(PEER, HOST, True, 0x4321, b"ping"), hops=63))
    file.case("XL-INN-06 LES-N-04 LES-N-07", "an error about an echo", pong,
              (error64(1, 3, 0, v6(PEER, HOST, ICMP6, echo(PEER, HOST, True, 0x4321, b"ping"), hops=1)),
               error64_out(3, 1, 0, v4(PEER4, HOST4, ICMP4, echo(PEER4, HOST4, True, 0x4321, b"ping"), ttl=1))))
    forged = bytearray(error64(1, 4, 0, quote6))
    forged[42] ^= 1
    file.case("SEC-41", "an error that does not sum up", ASK, get, (bytes(forged), None))
    # An ICMPv4 error is no longer than 576 bytes; the quoted header tells the length that the packet had.
    big6, big4 = udp(PEER, HOST, 53, 1500, data(1200)), udp(PEER4, HOST4, 53, 1500, data(1200))
    file.case("XL-INN-09 XL-INN-04", "a long quote is cut", ASK,
              (v4(PEER4, HOST4, UDP, big4), v6(PEER, HOST, UDP, big6, hops=63)),
              (error64(1, 4, 0, v6(PEER, HOST, UDP, big6, hops=61)[:1232]),
               error64_out(3, 3, 0, v4(PEER4, HOST4, UDP, big4, ttl=61)[:548])))
    # RFC 4884: 16 words of 8 become 32 of 4, since 128 bytes are the least.
    long6 = quote6 + bytes(128 - len(quote6))
    long4 = quote4 + bytes(128 - len(quote4))
    extra = extension(b"\x00\x08\x01\x01\x00\x01\x02\x03")
    file.case("EXT-03 EXT-08", "an extension of a time exceeded", ASK, get,
              (error64(3, 0, 16 << 24, long6 + extra), error64_out(11, 0, 32 << 16, long4 + extra)))
    return file


def mtu4_of_1400():
    file = Vectors("mtu4-1400", "A narrow IPv4 side.", ["nat64: { ipv4-mtu = 1400; };"])
    too_big = v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, data(1401 - 28)))
    told = icmp(GATEWAY6, HOST, 2, 0, 1420, too_big[:1280 - 48])
    file.case("XL-FRG64-02", "what does not fit is refused with the size that does",
              (too_big, v6(GATEWAY6, HOST, ICMP6, told)))
    fits = data(1400 - 28)
    file.case("XL-FRG64-02", "what fits goes",
              (v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, fits)),
               own(v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, fits), ttl=63, df=True))))
    quote4, quote6 = quoted46()
    file.case("XL-MTU-01", "an error tells no more than our own link", ASK,
              (error46(3, 4, 1450, quote4), error46_out(2, 0, 1420, quote6)))
    # RFC 7915 5.1.1: without DF, and with the identification that it had.
    segment6, segment4 = udp(HOST, PEER, 1500, 53, data(1440)), udp(HOST4, PEER4, 1500, 53, data(1440))
    file.case("XL-FRG64-03 XL-5.1-05", "a fragment that does not fit is cut again",
              (pieces6(HOST, PEER, UDP, segment6, 0x12345678, [1440, 8]),
               pieces4(HOST4, PEER4, UDP, segment4, 0x5678, [1376, 64, 8], ttl=63)))
    return file


def mtu4_of_576():
    file = Vectors("mtu4-576", "An IPv4 side of 576 bytes.", ["nat64: { ipv4-mtu = 576; };"])
    sent = data(1280 - 48)
    # RFC 7915 5.1.1: no Packet Too Big under 1280, so all pieces have one identification, which is ours to choose.
    segment = udp(HOST4, PEER4, 1500, 53, sent)
    file.case("XL-FRG64-01 XL-1-01", "what IPv6 always carries is cut here",
              (v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, sent)),
               [own(piece) for piece in pieces4(HOST4, PEER4, UDP, segment, 0, [552, 552, 136], ttl=63)]))
    too_big = v6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, data(1281 - 48)))
    file.case("XL-FRG64-05 XL-FRG64-02", "no less than 1280 is told",
              (too_big, v6(GATEWAY6, HOST, ICMP6, icmp(GATEWAY6, HOST, 2, 0, 1280, too_big[:1280 - 48]))))
    return file


def too_big46(length, told):
    packet = v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, data(length - 28)), df=True)
    return packet, own(v4(HOST4, PEER4, ICMP4, icmp(HOST4, PEER4, 3, 4, told, packet[:576 - 28]), df=True))


def cut46(length, sizes, ident=0x4321):
    """A datagram without DF, and what the backend gets."""
    payload = data(length - 28)
    return (v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, payload), ident=ident),
            pieces6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, payload), ident, sizes, hops=63))


def whole46(length, **fields):
    payload = data(length - 28)
    return (v4(PEER4, HOST4, UDP, udp(PEER4, HOST4, 53, 1500, payload), **fields),
            v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, payload), hops=63))


def mtu6():
    file = Vectors("mtu6", "Packets for a backend that may be too large.")
    file.case("XL-FRG46-04 XL-FRG46-06 XL-4.1-13", "1500 bytes without DF leave as 1232 and 248", cut46(1500, [1232, 248]))
    file.case("XL-FRG46-04 XL-FRG46-06 XL-4.1-12", "1261 bytes without DF are cut", cut46(1261, [1232, 9]))
    file.case("XL-FRG46-06 XL-FRG46-02", "1260 bytes without DF are not", whole46(1260))
    file.case("XL-FRG46-03", "1260 bytes with DF are not", whole46(1260, df=True))
    file.case("XL-FRG46-07 XL-FRG46-08", "1480 bytes with DF just fit", whole46(1480, df=True))
    file.case("XL-FRG46-07 XL-FRG46-08", "1481 bytes with DF do not", too_big46(1481, 1480))
    segment4, segment6 = udp(PEER4, HOST4, 53, 1500, data(2000)), udp(PEER, HOST, 53, 1500, data(2000))
    first = v4(PEER4, HOST4, UDP, segment4[:1480], ident=9, mf=True, df=True)
    file.case("XL-FRG46-08", "a fragment with DF is told 28 less",
              (first, own(v4(HOST4, PEER4, ICMP4, icmp(HOST4, PEER4, 3, 4, 1472, first[:576 - 28]), df=True))))
    file.case("XL-FRG46-01 XL-FRG46-10", "fragments that do not fit are cut again",
              (pieces4(PEER4, HOST4, UDP, segment4, 0xabcd, [1480, 528]),
               pieces6(PEER, HOST, UDP, segment6, 0xabcd, [1232, 248, 528], hops=63)))
    return file


def mtu6_wide():
    file = Vectors("lowest-mtu6-1500", "An operator whose links all carry 1500 bytes.",
                   ["nat64: { lowest-ipv6-mtu = 1500; };"])
    file.case("XL-FRG46-05", "1480 bytes without DF pass whole", whole46(1480))
    file.case("XL-FRG46-05", "1481 bytes are cut to that size", cut46(1481, [1448, 13]))
    return file


def mtu6_of_1400():
    file = Vectors("lowest-mtu6-above-link", "A lowest MTU that the link to the backend does not have.",
                   ["nat64: { lowest-ipv6-mtu = 1500; ipv6-mtu = 1400; };"])
    file.case("XL-FRG46-09", "the link is the bound", cut46(1500, [1352 // 8 * 8, 1480 - 1352]))
    file.case("XL-FRG46-07", "with DF the link is told", too_big46(1381, 1380))
    quote4, quote6 = quoted46()
    file.case("XL-MTU-01", "an error tells no more than our own link", ASK,
              (error46(3, 4, 1450, quote4), error46_out(2, 0, 1400, quote6)))
    return file


def fragments():
    file = Vectors("fragments", "Datagrams in fragments.")

    def outward(protocol, segment, ident=0x9abc4d5e):
        return lambda order: [pieces6(HOST, PEER, protocol, segment, ident, [48, 48, len(segment) - 96])[i] for i in order]

    def outward4(protocol, segment, ident=0x4d5e):
        return pieces4(HOST4, PEER4, protocol, segment, ident, [48, 48, len(segment) - 96], ttl=63)

    def inward(protocol, segment, ident=0x1f2e):
        return lambda order: [pieces4(PEER4, HOST4, protocol, segment, ident, [48, 48, len(segment) - 96])[i] for i in order]

    def inward6(protocol, segment, ident=0x1f2e):
        return pieces6(PEER, HOST, protocol, segment, ident, [48, 48, len(segment) - 96], hops=63)

    body = data(100)
    to4, as4 = outward(UDP, udp(HOST, PEER, 1500, 53, body)), outward4(UDP, udp(HOST4, PEER4, 1500, 53, body))
    to6, as6 = inward(UDP, udp(PEER4, HOST4, 53, 1500, body)), inward6(UDP, udp(PEER, HOST, 53, 1500, body))
    for order, left in (((0, 1, 2), (0, 1, 2)), ((0, 2, 1), (0, 2, 1)), ((2, 1, 0), (0, 2, 1)), ((1, 0, 2), (0, 1, 2)),
                        ((2, 0, 1), (0, 2, 1)), ((1, 2, 0), (0, 1, 2))):
        words = " ".join(("first", "second", "third")[i] for i in order)
        file.case("N64-FRG-01 N64-FRG-06 XL-5.1-05 XL-5.1-06 XL-5.1-08", f"of UDP to IPv4 {words}",
                  (to4(order), [as4[i] for i in left]))
        file.case("N64-FRG-01 N64-FRG-06 XL-FRG46-01 XL-4.1-12 XL-4.1-13", f"of UDP to IPv6 {words}",
                  (to6(order), [as6[i] for i in left]))
    # RFC 7915 4.5: the header words that change are all that the first fragment's checksum needs.
    for words, given, left in (("to IPv4", to4((0, 1, 2)), as4), ("to IPv6", to6((0, 1, 2)), as6)):
        file.case("XL-4.5-06 N64-FRG-06", f"each leaves when it comes {words}", *zip(given, left))
    syn = tcp(HOST, PEER, 40001, 80, SYN, body), tcp(HOST4, PEER4, 40001, 80, SYN, body)
    file.case("N64-FRG-01 LES-N-11", "of TCP to IPv4 last first", (outward(TCP, syn[0])((2, 1, 0)),
                                                                  [outward4(TCP, syn[1])[i] for i in (0, 2, 1)]))
    # ICMP sums the whole length on one side only, so its fragments have to be put together.
    ping6, ping4 = echo(HOST, PEER, True, 0x1111, data(2000)), echo(HOST4, PEER4, True, 0x1111, data(2000))
    file.case("N64-FRG-01 N64-FRG-15 XL-1-03 CK-07", "of an echo to IPv4",
              (pieces6(HOST, PEER, ICMP6, ping6, 0x9abc4d5e, [1448, 560]),
               pieces4(HOST4, PEER4, ICMP4, ping4, 0x4d5e, [1480, 528], ttl=63)))
    pong4, pong6 = echo(PEER4, HOST4, True, 0x2222, data(2000)), echo(PEER, HOST, True, 0x2222, data(2000))
    file.case("N64-FRG-01 N64-FRG-15 XL-1-03 CK-07", "of an echo to IPv6 last first",
              (pieces4(PEER4, HOST4, ICMP4, pong4, 0x1f2e, [1480, 528])[::-1],
               pieces6(PEER, HOST, ICMP6, pong6, 0x1f2e, [1232, 776], hops=63)))
    # RFC 6146 3.4: the checksum of the whole datagram, not of one piece.
    bare, full = udp_unsummed(53, 1500, data(2000)), udp(PEER, HOST, 53, 1500, data(2000))
    for order in ((0, 1), (1, 0)):
        file.case("N64-FRG-07 XL-4.5-02 LES-N-12", f"without checksum {'in order' if order[0] == 0 else 'last first'}",
                  ([pieces4(PEER4, HOST4, UDP, bare, 0x1f2e, [1480, 528])[i] for i in order],
                   pieces6(PEER, HOST, UDP, full, 0x1f2e, [1232, 776], hops=63)))
    word = struct.pack(">H", checksum(pseudo(PEER, HOST, UDP, 8 + 50) + udp_unsummed(53, 1500, bytes(50))))
    assert udp(PEER, HOST, 53, 1500, word + bytes(48))[6:8] == b"\xff\xff"
    bare = udp_unsummed(53, 1500, word + bytes(48))
    file.case("LES-N-12 XL-4.5-04", "without checksum whose sum is 0",
              (pieces4(PEER4, HOST4, UDP, bare, 0x1f2e, [24, 34]),
               v6(PEER, HOST, UDP, udp(PEER, HOST, 53, 1500, word + bytes(48)), hops=63)))
    atomic = v6(HOST, PEER, FRAGMENT, fragment_header(UDP, 0, False, 0x12345678) + udp(HOST, PEER, 1500, 53, body))
    atomic4 = v4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, body), ident=0x5678, ttl=63)
    file.case("XL-FRG64-04 XL-5.1-05 XL-5.1-07", "an atomic fragment", (atomic, atomic4))
    pieces = pieces6(HOST, PEER, UDP, udp(HOST, PEER, 1500, 53, body), 0x12345678, [48, 60])
    file.case("N64-FRG-11 LES-N-11", "an atomic fragment among others of its identification",
              (pieces[1], None), (atomic, atomic4),
              (pieces[0], pieces4(HOST4, PEER4, UDP, udp(HOST4, PEER4, 1500, 53, body), 0x5678, [48, 60], ttl=63)))
    return file


def mapped():
    file = Vectors("mapped", "A host with an explicit address mapping (RFC 7757).")
    out6, out4 = udp(MAPPED, PEER, 4444, 53, b"stateless"), udp(MAPPED4, PEER4, 4444, 53, b"stateless")
    in4, in6 = udp(PEER4, MAPPED4, 53, 4444, b"answer"), udp(PEER, MAPPED, 53, 4444, b"answer")
    file.case("EAM-02 EAM-03", "a datagram each way",
              (v6(MAPPED, PEER, UDP, out6), own(v4(MAPPED4, PEER4, UDP, out4, ttl=63))),
              (v4(PEER4, MAPPED4, UDP, in4, ident=3), v6(PEER, MAPPED, UDP, in6, hops=63)))
    file.case("EAM-02", "from IPv4 to a host that never spoke",
              (v4(PEER4, "192.31.197.3", TCP, tcp(PEER4, "192.31.197.3", 999, 22, SYN)),
               v6(PEER, "2001:db8:2::23", TCP, tcp(PEER, "2001:db8:2::23", 999, 22, SYN), hops=63)))
    file.case("EAM-02 XL-46-01", "an echo from IPv4",
              (v4(PEER4, MAPPED4, ICMP4, echo(PEER4, MAPPED4, True, 5, b"x")),
               v6(PEER, MAPPED, ICMP6, echo(PEER, MAPPED, True, 5, b"x"), hops=63)))
    for protocol, words in ((132, "SCTP"), (47, "GRE"), (50, "ESP")):
        body = bytes([0x12, 0x34, 0x56, 0x78] * 6)
        file.case("XL-1-06 EAM-00 XL-4.1-05 XL-5.1-10", f"{words} passes as it is",
                  (v6(MAPPED, PEER, protocol, body), own(v4(MAPPED4, PEER4, protocol, body, ttl=63))),
                  (v4(PEER4, MAPPED4, protocol, body), v6(PEER, MAPPED, protocol, body, hops=63)))
    refused = v6(HOST, PEER, 132, bytes(16))
    file.case("XL-1-06 N64-3.4-07", "with state it does not",
              (refused, v6(GATEWAY6, HOST, ICMP6, icmp(GATEWAY6, HOST, 1, 4, 0, refused))))
    # RFC 7757 4: each address by itself, those of the quote too.
    quote6, quote4 = v6(PEER, MAPPED, UDP, in6, hops=61), v4(PEER4, MAPPED4, UDP, in4, ttl=61)
    file.case("EAM-04 XL-64-10", "an error of the host",
              (v6(MAPPED, PEER, ICMP6, icmp(MAPPED, PEER, 1, 4, 0, quote6)),
               own(v4(MAPPED4, PEER4, ICMP4, icmp(MAPPED4, PEER4, 3, 3, 0, quote4), ttl=63))))
    quote6, quote4 = v6(MAPPED, PEER, UDP, out6, hops=61), v4(MAPPED4, PEER4, UDP, out4, ttl=61, ident=7)
    file.case("EAM-04 XL-46-16", "an error of a router",
              (v4(ROUTER4, MAPPED4, ICMP4, icmp(ROUTER4, MAPPED4, 3, 4, 1400, quote4)),
               v6(ROUTER, MAPPED, ICMP6, icmp(ROUTER, MAPPED, 2, 0, 1420, quote6), hops=63)))
    segment6, segment4 = udp(MAPPED, PEER, 4444, 53, data(60)), udp(MAPPED4, PEER4, 4444, 53, data(60))
    file.case("EAM-03 XL-5.1-05 XL-5.1-08", "fragments to IPv4",
              (pieces6(MAPPED, PEER, UDP, segment6, 0xaaaa5555, [32, 36]),
               pieces4(MAPPED4, PEER4, UDP, segment4, 0x5555, [32, 36], ttl=63)))
    segment4, segment6 = udp(PEER4, MAPPED4, 53, 4444, data(60)), udp(PEER, MAPPED, 53, 4444, data(60))
    file.case("EAM-02 XL-FRG46-01 XL-4.1-13", "fragments to IPv6",
              (pieces4(PEER4, MAPPED4, UDP, segment4, 0x6666, [32, 36]),
               pieces6(PEER, MAPPED, UDP, segment6, 0x6666, [32, 36], hops=63)))
    bare = udp_unsummed(53, 4444, b"no sum")
    file.case("XL-4.5-02", "a datagram without checksum",
              (v4(PEER4, MAPPED4, UDP, bare), v6(PEER, MAPPED, UDP, udp(PEER, MAPPED, 53, 4444, b"no sum"), hops=63)))
    return file


def part6(segment, start, end, more, ident=0x0badcafe, protocol=UDP, next_header=None):
    return v6(HOST, PEER, FRAGMENT, fragment_header(protocol if next_header is None else next_header, start, more, ident) +
              segment[start:end])


def part4(segment, start, end, more, ident=0x0bad, protocol=UDP):
    return v4(PEER4, HOST4, protocol, segment[start:end], ident=ident, mf=more, offset=start)


def bad_fragments():
    file = Vectors("bad-fragments", "What is done with fragments that no honest host sends.")
    def told(packet):
        return v6(GATEWAY6, HOST, ICMP6, icmp(GATEWAY6, HOST, 4, 0, 4, packet)) if packet[0] >> 4 == 6 else None

    body = data(100)
    whole6, left4 = udp(HOST, PEER, 1500, 53, body), udp(HOST4, PEER4, 1500, 53, body)
    whole4, left6 = udp(PEER4, HOST4, 53, 1500, body), udp(PEER, HOST, 53, 1500, body)
    first4 = v4(HOST4, PEER4, UDP, left4[:48], ident=0xcafe, mf=True, ttl=63)
    first6 = v6(PEER, HOST, FRAGMENT, fragment_header(UDP, 0, True, 0x0bad) + left6[:48], hops=63)
    sides = (("from IPv6", part6, whole6, first4, "N64-FRG-09"), ("from IPv4", part4, whole4, first6, "N64-FRG-10"))
    for words, part, whole, first, overlap in sides:
        end = len(whole)
        file.case("LES-N-11", f"the first is lost {words}", ([part(whole, 96, end, False), part(whole, 48, 96, True)], None))
        file.case(f"SEC-51 LES-N-11 {overlap}", f"an overlap ends what waits {words}",
                  ([part(whole, 48, 96, True), part(whole, 88, end, False), part(whole, 0, 48, True)], None),
                  (part(whole, 96, end, False), None))
        file.case(f"SEC-51 LES-N-11 {overlap}", f"an overlap ends what is still to come {words}",
                  (part(whole, 0, 48, True), first), (part(whole, 40, 96, True), None),
                  ([part(whole, 48, 96, True), part(whole, 96, end, False)], None))
        file.case(f"SEC-51 LES-N-11 {overlap}", f"another first fragment {words}",
                  (part(whole, 0, 48, True), first), (part(whole, 0, 56, True), None), (part(whole, 48, end, False), None))
        file.case(f"SEC-51 LES-N-11 {overlap}", f"two ends {words}",
                  ([part(whole, 96, end, False), part(whole, 48, 80, False)], None), (part(whole, 0, 48, True), None))
        file.case("LES-N-11 N64-FRG-09", f"a duplicate is dropped alone {words}",
                  (part(whole, 0, 48, True), first), (part(whole, 0, 48, True), None))
        file.case("SEC-51 LES-N-11", f"more than a datagram can have {words}",
                  (part(whole, 0, 48, True), first),
                  (part(bytes(65536) + body, 65528, 65544, False), None))
        file.case("SEC-51 LES-N-11", f"more than a datagram can have and no first {words}",
                  (part(bytes(65536) + body, 65528, 65544, False), None), (part(bytes(65536) + body, 65528, 65544, True), None))
        # RFC 8200 4.5: the sender of a first fragment of IPv6 is told, by a pointer to the payload length.
        file.case("SEC-51", f"nothing in a fragment that is not the last {words}",
                  (part(whole, 48, 48, True), None), (part(whole, 0, 0, True), told(part(whole, 0, 0, True))))
        file.case("LES-N-11 N64-FRG-13", f"no multiple of eight {words}",
                  (part(whole, 0, 47, True), told(part(whole, 0, 47, True))), (part(whole, 48, 95, True), None))
    syn6, syn4 = tcp(HOST, PEER, 40002, 80, SYN, body), tcp(PEER4, SHOP4, 50002, 8080, SYN, body)
    file.case("SEC-51 LES-N-11 N64-FRG-12", "a tiny first fragment of TCP from IPv6",
              ([part6(syn6, 0, 8, True, protocol=TCP), part6(syn6, 8, len(syn6), False, protocol=TCP)], None))
    tiny = [v4(PEER4, SHOP4, TCP, syn4[:8], ident=5, mf=True), v4(PEER4, SHOP4, TCP, syn4[8:], ident=5, offset=8)]
    file.case("SEC-51 LES-N-11 N64-FRG-12", "a tiny first fragment of TCP from IPv4", (tiny, None))
    # RFC 3128: flags may not be written over by a fragment at offset 8.
    file.case("SEC-51 N64-FRG-12", "TCP at offset 8 behind a whole header",
              (v4(PEER4, SHOP4, TCP, syn4[:24], ident=6, mf=True),
               v6(PEER, SHOP, FRAGMENT, fragment_header(TCP, 0, True, 6) + tcp(PEER, SHOP, 50002, 80, SYN, body)[:24],
                  hops=63)),
              (v4(PEER4, SHOP4, TCP, syn4[8:], ident=6, offset=8), None))
    two = fragment_header(FRAGMENT, 0, True, 0x0badcafe) + fragment_header(UDP, 0, True, 0x0badcafe) + whole6[:48]
    file.case("LES-N-11 XL-5.1-16", "two fragment headers", (v6(HOST, PEER, FRAGMENT, two), None))
    atomic = fragment_header(FRAGMENT, 0, False, 1) + fragment_header(UDP, 0, False, 1) + whole6
    file.case("LES-N-11 XL-5.1-16", "two fragment headers of an atomic fragment", (v6(HOST, PEER, FRAGMENT, atomic), None))
    behind = fragment_header(OPTIONS, 0, True, 1) + bytes([UDP, 0, 1, 4, 0, 0, 0, 0]) + whole6[:48]
    file.case("XL-5.1-16", "options behind a fragment header", (v6(HOST, PEER, FRAGMENT, behind), None))
    # A datagram whose own length is not what IP carried cannot be summed for the receiver.
    for claimed in (0, 7, 12, 40, 65535):
        bare = struct.pack(">HHHH", 53, 1500, claimed, 0) + b"0123456789"
        file.case("LES-N-12", f"without checksum and of a length of {claimed} for 18", (v4(PEER4, HOST4, UDP, bare), None))
        bare += data(90)
        file.case("LES-N-12", f"without checksum and of a length of {claimed} for 108 in fragments",
                  ([part4(bare, 0, 48, True), part4(bare, 48, 108, False)], None))
    # With a checksum nothing has to be summed: only a length that IP did not carry is refused.
    longer = struct.pack(">HHHH", 53, 1500, 19, 0x1234) + b"0123456789"
    file.case("LES-N-12 LES-N-03", "with checksum and of a length beyond its end", (v4(PEER4, HOST4, UDP, longer), None))
    bare = udp_unsummed(53, 1500, data(100))
    file.case("LES-N-12 N64-FRG-07", "without checksum and the second lost", (part4(bare, 0, 48, True), None))
    return file


def hairpins():
    file = Vectors("hairpins", "From one backend to another by the address that IPv4 has of it (RFC 6146 3.8).")
    out, back = "64:ff9b::c01f:c410", "64:ff9b::c01f:c411"  # of SHOP4, of HOST4
    file.case("N64-3.8-01 N64-3.8-02 N64-3.8-04 N64-3.6-01 LES-N-21", "a handshake between two backends, one hop",
              (v6(HOST, out, TCP, tcp(HOST, out, 40000, 8080, SYN)),
               v6(back, SHOP, TCP, tcp(back, SHOP, 40000, 80, SYN), hops=63)),
              (v6(SHOP, back, TCP, tcp(SHOP, back, 80, 40000, SYN | ACK, ack=0x11223345)),
               v6(out, HOST, TCP, tcp(out, HOST, 8080, 40000, SYN | ACK, ack=0x11223345), hops=63)))
    mapped6, mapped = "64:ff9b::c01f:c501", "64:ff9b::c01f:c502"
    file.case("EAM-05 LES-N-21", "from a mapped host to another",
              (v6(MAPPED, mapped, UDP, udp(MAPPED, mapped, 7, 9, b"hello")),
               v6(mapped6, "2001:db8:2::22", UDP, udp(mapped6, "2001:db8:2::22", 7, 9, b"hello"), hops=63)))
    return file


# RFC 6052 2.4: the images of 192.0.2.33 and 203.0.113.77; of /32 with RFC 9637 for its prefix, which holds our backends.
IMAGES = {"3fff:db8::/32": ("3fff:db8:c000:221::", "3fff:db8:cb00:714d::"),
          "2001:db8:100::/40": ("2001:db8:1c0:2:21::", "2001:db8:1cb:71:4d::"),
          "2001:db8:122::/48": ("2001:db8:122:c000:2:2100::", "2001:db8:122:cb00:71:4d00::"),
          "2001:db8:122:300::/56": ("2001:db8:122:3c0:0:221::", "2001:db8:122:3cb:0:714d::"),
          "2001:db8:122:344::/64": ("2001:db8:122:344:c0:2:2100:0", "2001:db8:122:344:cb:71:4d00:0"),
          "2001:db8:122:344::/96": ("2001:db8:122:344::c000:221", "2001:db8:122:344::cb00:714d"),
          "64:ff9b:1:fffe::/96": ("64:ff9b:1:fffe::c000:221", "64:ff9b:1:fffe::cb00:714d")}


def prefix(text, name):
    """One prefix, with the test networks opened. The backends keep clear of it."""
    file = Vectors(name, f"The prefix {text} (RFC 6052).",
                   [f'pref64 = ( {{ prefix = "{text}"; allow-ipv4 = [ "192.0.2.0/24", "203.0.113.0/24" ]; }} );'])
    for image, address4 in zip(IMAGES[text], ("192.0.2.33", "203.0.113.77")):
        out6, out4 = udp(HOST, image, 1500, 53, b"out"), udp(HOST4, address4, 1500, 53, b"out")
        in4, in6 = udp(address4, HOST4, 53, 1500, b"in"), udp(image, HOST, 53, 1500, b"in")
        file.case("ADR-2.2-03 ADR-2.3-01", f"{address4} is {image}",
                  (v6(HOST, image, UDP, out6), own(v4(HOST4, address4, UDP, out4, ttl=63))),
                  (v4(address4, HOST4, UDP, in4), v6(image, HOST, UDP, in6, hops=63)))
    return file


FIN, RST = 1, 4
FREE4 = "192.31.196.18"  # of the pool, and nobody's
HANDSHAKE = ((v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN)),
              own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN), ttl=63))),
             (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, SYN | ACK, ack=0x11223345)),
              v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, SYN | ACK, ack=0x11223345), hops=63)),
             (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, ACK, b"", 0x11223345, 0x11223345)),
              own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, ACK, b"", 0x11223345, 0x11223345), ttl=63))))


def outward_tcp(flags, segment=b"", seq=0x11223345, ack=0x11223345, **fields):
    """The backend's part of that connection, and what becomes of it."""
    return (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, flags, segment, seq, ack, **fields)),
            own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, flags, segment, seq, ack, **fields), ttl=63)))


def inward_tcp(flags, segment=b"", seq=0x11223345, ack=0x11223345, **fields):
    return (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, flags, segment, seq, ack, **fields)),
            v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, flags, segment, seq, ack, **fields), hops=63))


def lifetimes():
    file = Vectors("lifetimes", "What time brings (RFC 6146 3.5.2.2, 4).", folder="timed")
    # RFC 6146 3.5.2.2: an ACK without data and with zero numbers to the backend; then it has the time of TCP_TRANS.
    probe = v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, ACK, seq=0, window=0))
    file.case("TCP-EST-5 TCP-TR-1 N64-3.5.2-03 N64-3.5.2-04", "the backend is asked whether it still has a connection",
              *HANDSHAKE, (7199, None), (2, probe), (238, None), inward_tcp(ACK, b"still here"), (7199, None), (2, probe))
    file.case("TCP-EST-5 TCP-TR-3", "a probe without answer makes no second probe", *HANDSHAKE, (7201, probe), (7201, None))
    file.case("TCP-EST-4", "what is sent puts it off", *HANDSHAKE, (7000, None), outward_tcp(ACK, b"data"), (7000, None))
    # An IPv4 SYN for nobody waits 6 s for the backend's, then its sender is told (RFC 6146 3.5.2.2).
    syn = v4(PEER4, FREE4, TCP, tcp(PEER4, FREE4, 50000, 9999, SYN))
    told = own(v4(FREE4, PEER4, ICMP4, icmp(FREE4, PEER4, 3, 3, 0, syn), df=True))
    file.case("TCP-CL-3 TCP-V4I-2", "a SYN for nobody is refused after six seconds",
              (syn, None), (5, None), (2, told), (60, None))
    file.case("N64-3.5.2-06", "and one that is sent again is refused once", (syn, None), (3, None), (syn, None), (4, told),
              (60, None))
    return file


def tcp_ends():
    file = Vectors("tcp", "TCP from its beginning to its end (RFC 6146 3.5.2).", folder="timed")
    file.case("TCP-EST-2 TCP-6FR-1 TCP-BFR-2", "the backend ends it first", *HANDSHAKE, outward_tcp(FIN | ACK),
              inward_tcp(ACK, ack=0x11223346),
              inward_tcp(FIN | ACK, ack=0x11223346), outward_tcp(ACK, seq=0x11223346, ack=0x11223346), (7300, None))
    file.case("TCP-EST-1 TCP-4FR-1 TCP-BFR-2", "IPv4 ends it first", *HANDSHAKE, inward_tcp(FIN | ACK),
              outward_tcp(FIN | ACK, ack=0x11223346),
              inward_tcp(ACK, seq=0x11223346, ack=0x11223346), (7300, None))
    file.case("TCP-EST-3 TCP-TR-1", "a reset by IPv4, and data after it", *HANDSHAKE, inward_tcp(RST, ack=0), (200, None),
              outward_tcp(ACK, b"after all"), (7100, None))
    file.case("TCP-EST-3 TCP-TR-3", "a reset by the backend, and nothing more", *HANDSHAKE, outward_tcp(RST, ack=0), (7300, None))
    # RFC 6146 5.2: a reset outside the window is another's. It goes on, for the backend to judge, and changes nothing: at
    # the end of its whole lifetime the connection is asked after.
    file.case("LES-N-18 N64-3.5.2-13", "a reset that nobody of the connection sent", *HANDSHAKE,
              inward_tcp(RST, seq=0x91223345, ack=0), (7199, None),
              (2, v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, ACK, seq=0, window=0))))
    file.case("TCP-TR-2", "two resets", *HANDSHAKE, inward_tcp(RST, ack=0), outward_tcp(RST, ack=0), (7300, None))
    refused = (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, RST | ACK, seq=0, ack=0x11223345)),
               v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, RST | ACK, seq=0, ack=0x11223345), hops=63))
    file.case("N64-3.5.2-12", "nobody listens", HANDSHAKE[0], refused, (300, None), HANDSHAKE[0], refused)
    inbound = (v4(PEER4, SHOP4, TCP, tcp(PEER4, SHOP4, 50001, 8080, SYN), df=True),
               v6(PEER, SHOP, TCP, tcp(PEER, SHOP, 50001, 80, SYN), hops=63))
    file.case("TCP-V4I-3", "from IPv4, and nobody answers", inbound, (100, None), inbound, (300, None), inbound)
    sent = b"\x02\x04\x05\xb4\x01\x03\x03\x07"  # MSS 1460, window scale 7
    left = b"\x02\x04\x05\xa0\x01\x03\x03\x07"  # RFC 9293 3.7.1: 1500 less the 60 of IPv6
    file.case("N64-3.5.2-15", "the MSS is what both links carry",
              (v6(HOST, PEER, TCP, tcp(HOST, PEER, 40000, 80, SYN, options=sent)),
               own(v4(HOST4, PEER4, TCP, tcp(HOST4, PEER4, 40000, 80, SYN, options=left), ttl=63))),
              (v4(PEER4, HOST4, TCP, tcp(PEER4, HOST4, 80, 40000, SYN | ACK, ack=0x11223345, options=sent)),
               v6(PEER, HOST, TCP, tcp(PEER, HOST, 80, 40000, SYN | ACK, ack=0x11223345, options=left), hops=63)),
              outward_tcp(ACK, b"data", window=1000), inward_tcp(ACK, data(1000), ack=0x11223349))
    return file


def refusals():
    file = Vectors("refusals", "What is refused, and what the sender is told (RFC 7915 4.4, 5.4).", folder="timed")

    def refused6(idents, text, source, target, protocol, payload, answer):
        packet = v6(source, target, protocol, payload)
        file.case(idents, text, (packet, answer and v6(GATEWAY6, source, ICMP6, icmp(GATEWAY6, source, *answer, packet))))

    def refused4(idents, text, target, protocol, payload, answer):
        packet = v4(PEER4, target, protocol, payload)
        file.case(idents, text,
                  (packet, answer and own(v4(target, PEER4, ICMP4, icmp(target, PEER4, *answer, packet), df=True))))

    for idents, words, address4 in (("SEC-10", "a private address", "10.0.0.1"), ("SEC-11", "the gateway", "192.31.196.1"),
                                    ("SEC-12", "metadata", "169.254.169.254"), ("SEC-10", "loopback", "127.0.0.1")):
        target = "64:ff9b::" + address4
        refused6(f"{idents} ERR-02", f"from a backend to {words}", HOST, target, UDP, udp(HOST, target, 1, 2, b"x"), (1, 1, 0))
    refused6("N64-3.4-07", "a protocol that does not pass", HOST, PEER, 132, bytes(12), (1, 4, 0))
    refused6("N64-5.4-01", "from the prefix itself", PEER, PEER, UDP, udp(PEER, PEER, 1, 2, b"x"), None)
    refused4("N64-3.4-08", "a protocol that does not pass from IPv4", FREE4, 47, bytes(12), (3, 2, 0))
    refused4("N64-3.5.1-04", "UDP for nobody", FREE4, UDP, udp(PEER4, FREE4, 53, 4000, b"x"), None)
    refused4("N64-3.5.3-05", "an echo for nobody", FREE4, ICMP4, echo(PEER4, FREE4, True, 1, b"x"), None)
    return file


def mapped_sizes():
    file = Vectors("mapped-sizes", "Packets of mapped hosts that may be too large.",
                   ["nat64: { ipv4-mtu = 1400; };"], folder="timed")
    too_big = v6(MAPPED, PEER, UDP, udp(MAPPED, PEER, 7, 9, data(1401 - 28)))
    file.case("XL-FRG64-02 EAM-03", "too large for the IPv4 link",
              (too_big, v6(GATEWAY6, MAPPED, ICMP6, icmp(GATEWAY6, MAPPED, 2, 0, 1420, too_big[:1280 - 48]))))
    segment6, segment4 = udp(MAPPED, PEER, 7, 9, data(1440)), udp(MAPPED4, PEER4, 7, 9, data(1440))
    file.case("XL-FRG64-03 EAM-03", "a fragment that does not fit is cut again",
              (pieces6(MAPPED, PEER, UDP, segment6, 0x12345678, [1440, 8]),
               pieces4(MAPPED4, PEER4, UDP, segment4, 0x5678, [1376, 64, 8], ttl=63)))
    payload = data(1472)
    file.case("XL-FRG46-04 EAM-02", "without DF it is cut for the host",
              (v4(PEER4, MAPPED4, UDP, udp(PEER4, MAPPED4, 9, 7, payload), ident=77),
               pieces6(PEER, MAPPED, UDP, udp(PEER, MAPPED, 9, 7, payload), 77, [1232, 248], hops=63)))
    whole = v4(PEER4, MAPPED4, UDP, udp(PEER4, MAPPED4, 9, 7, data(1481 - 28)), df=True)
    file.case("XL-FRG46-07 EAM-02", "with DF it is told what fits",
              (whole, own(v4(MAPPED4, PEER4, ICMP4, icmp(MAPPED4, PEER4, 3, 4, 1480, whole[:576 - 28]), df=True))))
    return file


GUEST = "2001:db8:2::9"  # without a binding of its own


def guest(protocol, make):
    """Its packet by `make` of two addresses, and what leaves."""
    return (v6(GUEST, PEER, ICMP6 if protocol == ICMP4 else protocol, make(GUEST, PEER)),
            AnyPort(v4(FREE4, PEER4, protocol, make(FREE4, PEER4), ttl=63)))


def guests():
    file = Vectors("guests", "Backends whose address and port the gateway chooses.", folder="timed")
    ask = guest(UDP, lambda source, target: udp(source, target, 5000, 4000, b"hello"))
    dns = guest(UDP, lambda source, target: udp(source, target, 5000, 53, b"hello"))
    ping = guest(ICMP4, lambda source, target: echo(source, target, True, 77, b"hello"))
    syn = guest(TCP, lambda source, target: tcp(source, target, 5000, 80, SYN))
    again = guest(TCP, lambda source, target: tcp(source, target, 5000, 80, ACK, b"data", 0x11223345, 0x11223345))
    file.case("N64-3.5.1-01", "a datagram, and one when its binding is long gone", ask, ask, (1000, None), ask)
    file.case("N64-3.5.1-01", "a question", dns, (400, None), dns)
    file.case("N64-3.5.3-02", "a ping", ping, ping, (400, None), ping)
    file.case("TCP-CL-1", "a SYN that nobody answers", syn, (200, None), syn, (500, None), syn)
    file.case("TCP-CL-7", "TCP that did not begin here", (again[0], None))
    file.case("N64-3.1-04", "a binding for each protocol", ask, ping, syn, (10000, None), ping, syn, ask)
    return file


def denied():
    file = Vectors("denied", "Destinations that the operator refuses, and one of the gateway's that he opens.",
                   ['deny-ipv4 = [ "192.52.193.0/24" ];',
                    'pref64 = ( { prefix = "64:ff9b::/96"; allow-ipv4 = [ "192.31.196.1/32" ]; } );'], folder="timed")
    packet = asked6()
    file.case("CGN-R6 ERR-02", "what is denied", (packet, v6(GATEWAY6, HOST, ICMP6, icmp(GATEWAY6, HOST, 1, 1, 0, packet))))
    target, target4 = "64:ff9b::192.31.196.1", "192.31.196.1"
    file.case("SEC-13", "the gateway itself by name",
              (v6(HOST, target, UDP, udp(HOST, target, 1500, 53, b"x")),
               own(v4(HOST4, target4, UDP, udp(HOST4, target4, 1500, 53, b"x"), ttl=63))))
    return file


def main():
    import states  # which builds on what is here
    files = [make() for make in (headers, errors46, errors64, mtu4_of_1400, mtu4_of_576, mtu6, mtu6_wide, mtu6_of_1400, fragments,
                                   bad_fragments, mapped, hairpins, lifetimes, tcp_ends, refusals,
                                   mapped_sizes, guests, denied)]
    files += [prefix(text, f"prefix-{text.split('/')[1]}") for text in IMAGES if not text.startswith("64:")]
    files.append(prefix("64:ff9b:1:fffe::/96", "prefix-local"))
    files += states.files()
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__.splitlines()[0])
    stale = []
    for file in files:
        path = os.path.join(FOLDER, file.folder, file.name + ".replay")
        if not check:
            with open(path, "w", encoding="ascii") as out:
                out.write(file.text())
        elif not os.path.exists(path) or open(path, encoding="ascii").read() != file.text():
            stale.append(path)
    sys.exit(f"not what vectors.py writes: {' '.join(stale)}" if stale else 0)


if __name__ == "__main__":
    main()
