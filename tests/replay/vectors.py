#!/usr/bin/env python3
"""Writes tests/replay/nat64d/*.replay; --check: exit 1 if a file is not what would be written.

Both sides of a case are built here from the fields that RFC 7915, 6146, 7757, 4443, 792, 8200 and 791 ask for, with
checksums summed from nothing. README.md says who has which address.
"""
import os
import socket
import struct
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nat64d")
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


def tcp(source, target, sport, dport, flags, data=b"", seq=0x11223344, ack=0):
    return summed(source, target, TCP,
                  struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 0xffff, 0, 0) + data, 16)


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


def own(packet):
    return AnyIdent(packet)


class Vectors:
    """One file."""

    def __init__(self, name, about, conf=()):
        self.name = name
        self.lines = [f"# {about} Made by vectors.py."] + [f"conf {line}" for line in conf]

    def case(self, idents, text, *steps):
        """A step: (what goes in, what comes out), each a packet or a list of them; None: nothing."""
        self.lines += ["", f"case {idents} {text}"]
        for given, wanted in steps:
            for packet in given if isinstance(given, list) else [given]:
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


def main():
    files = [make() for make in (headers,)]
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__.splitlines()[0])
    stale = []
    for file in files:
        path = os.path.join(FOLDER, file.name + ".replay")
        if not check:
            with open(path, "w", encoding="ascii") as out:
                out.write(file.text())
        elif not os.path.exists(path) or open(path, encoding="ascii").read() != file.text():
            stale.append(path)
    sys.exit(f"not what vectors.py writes: {' '.join(stale)}" if stale else 0)


main()
