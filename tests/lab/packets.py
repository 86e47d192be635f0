#!/usr/bin/env python3
"""Raw packets through the real daemon; prints TAP without the plan.

packets.py HEADING FIRST-NUMBER WORKERS routed|shared FILE...  what the vectors say, byte for byte
packets.py HEADING FIRST-NUMBER WORKERS routed|shared rules    ports, identifiers, identifications: the gateway's choice
packets.py HEADING FIRST-NUMBER WORKERS routed|shared supers   super-packets, against the same bytes in single segments
packets.py share FOLDER                                        writes there what the vectors are for a shared address

The interfaces stand in PACKETS_LINKS, "NAMESPACE DEVICE MAC-OF-THE-GATEWAY" for the sides pi2, r6 and r4. Between them and the
translator the gateway's kernel forwards: it takes a hop before the TUN device and one behind it. So each packet goes in
with one hop more, each that comes out is read with one hop more (IPv4 headers with their checksums), and the rest must
be equal. At a shared address the kernel does not forward what goes in from IPv4: only the second holds there.

The daemon runs on from case to case. So cases in which nothing comes out are first, before there are sessions, errors
before all, and no two cases have fragments of one identification.
"""
import ctypes
import os
import select
import socket
import struct
import sys
import time
import types

VECTORS = os.path.join(os.environ["G64_SOURCE"], "tests/replay/vectors.py")
SHARED4 = "192.31.196.1"


def load(addresses=()):
    """vectors.py, with other addresses of the pool."""
    module = types.ModuleType("vectors")
    module.__file__ = VECTORS
    with open(VECTORS, encoding="ascii") as file:
        source = file.read()
    for name, address in dict(addresses).items():
        assert source.count(f'"{name}"') == 1
        source = source.replace(f'"{name}"', f'"{address}"')
    exec(compile(source, VECTORS, "exec"), module.__dict__)
    return module


vectors = load()
CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CSUM, GSO_TCP4, GSO_TCP6, GSO_UDP = 1, 1, 4, 5  # virtio 1.2 5.1.6
ETHERNET = {4: 0x0800, 6: 0x86dd}
OURS = b"\x02\0\0\0\0\x64"  # whom a side's frames are from
NEIGHBOUR_FIRST, NEIGHBOUR_LAST = 133, 137
SENTINEL_HOST, SENTINEL_HOST4 = "2001:db8:2::22", "192.31.197.2"
SENTINEL = b"sentinel"
PUSH = 8
GRACE, WORKERS_GRACE = 0.002, 0.015  # behind the sentinel, which may pass what another worker has


class Side:
    """An interface of a neighbour of the gateway, in its namespace; `offloads`: what is sent begins with what the
    device is to do, a struct virtio_net_hdr."""

    def __init__(self, namespace, device, gateway, offloads=False):
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open("/run/netns/" + namespace, os.O_RDONLY)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        if offloads:
            self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.socket.bind((device, 0x0003))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        libc.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)
        self.gateway = bytes.fromhex(gateway.replace(":", ""))

    def frame(self, packet):
        return self.gateway + OURS + struct.pack(">H", ETHERNET[packet[0] >> 4]) + packet

    def send(self, packet):
        self.socket.send(self.frame(packet))

    def receive(self):
        """A packet for a neighbour that is not the neighbours' own talk, or None."""
        frame, (_, protocol, kind, _, _) = self.socket.recvfrom(65536)
        packet = frame[14:]
        if kind == socket.PACKET_OUTGOING or protocol not in ETHERNET.values():
            return None
        if protocol == ETHERNET[6]:
            if packet[24] == 0xff or packet[8] == 0xfe:
                return None
            if packet[6] == 58 and NEIGHBOUR_FIRST <= packet[40] <= NEIGHBOUR_LAST and packet[7] == 255:
                return None
            return packet[:40 + struct.unpack(">H", packet[4:6])[0]]
        return packet[:struct.unpack(">H", packet[2:4])[0]]


def add_hops(packet, hops):
    """The same packet with so many more left; an IPv4 header that did not sum up does not afterwards (RFC 1624)."""
    at = 7 if packet[0] >> 4 == 6 else 8
    changed = bytearray(packet)
    changed[at] = (packet[at] + hops) & 0xff
    if at == 8:
        old, new = struct.unpack(">H", packet[8:10])[0], struct.unpack(">H", changed[8:10])[0]
        total = (~struct.unpack(">H", packet[10:12])[0] & 0xffff) + (~old & 0xffff) + new
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        changed[10:12] = struct.pack(">H", ~total & 0xffff)
    return bytes(changed)


class Wire:
    """The three sides of the gateway."""

    def __init__(self, workers, shared):
        links = os.environ["PACKETS_LINKS"].split()
        self.sides = [Side(*links[i:i + 3]) for i in range(0, len(links), 3)]
        self.from6, _, self.from4 = self.sides
        self.hops4 = 0 if shared else 1
        self.none_grace = GRACE if workers == 1 else WORKERS_GRACE
        self.number = 0

    def put(self, packet):
        if packet[0] >> 4 == 6:
            self.from6.send(add_hops(packet, 1))
        else:
            self.from4.send(add_hops(packet, self.hops4))

    def catch(self, seconds, until=lambda packets: False):
        """All that comes out in that time, or until it is enough."""
        packets, end = [], time.monotonic() + seconds
        while not until(packets) and (left := end - time.monotonic()) > 0:
            for ready in select.select([side.socket for side in self.sides], [], [], left)[0]:
                side = next(side for side in self.sides if side.socket == ready)
                packet = side.receive()
                if packet is not None:
                    packets.append(add_hops(packet, 1))
        return packets

    def step(self, given, count):
        """What comes out of these: until a packet through a stateless mapping has followed them, and a while longer."""
        self.number += 1
        mark = SENTINEL + struct.pack(">I", self.number)
        for packet in given:
            self.put(packet)
        if given[-1][0] >> 4 == 6:
            after = vectors.v6(SENTINEL_HOST, vectors.PEER, 17, vectors.udp(SENTINEL_HOST, vectors.PEER, 9, 9, mark))
        else:
            after = vectors.v4(vectors.PEER4, SENTINEL_HOST4, 17, vectors.udp(vectors.PEER4, SENTINEL_HOST4, 9, 9, mark))
        self.put_sentinel(after)
        packets = self.catch(2, lambda packets: any(packet.endswith(mark) for packet in packets))
        packets += self.catch(GRACE if count > 0 and len(packets) > count else self.none_grace)
        if len(packets) <= count:
            packets += self.catch(0.5, lambda late: len(packets) + len(late) > count)
        return [packet for packet in packets if mark not in packet]

    def put_sentinel(self, packet):
        (self.from6 if packet[0] >> 4 == 6 else self.from4).send(packet)


def parse(text):
    """[(name, [(in, out)])] with each packet a list of numbers, None for any."""
    cases, packet, word = [], None, None
    for line in text.splitlines():
        if line.startswith(" "):
            packet += line.strip()
            continue
        if packet is not None:
            finish(cases, word, packet)
            packet = None
        word, _, rest = line.partition(" ")
        if word == "case":
            cases.append((rest, []))
        elif word in ("in", "out"):
            packet = rest
    if packet is not None:
        finish(cases, word, packet)
    return cases


def finish(cases, word, digits):
    packet = [None if digits[i] == "." else int(digits[i:i + 2], 16) for i in range(0, len(digits), 2)]
    steps = cases[-1][1]
    if word == "in" and (not steps or steps[-1][1]):
        steps.append(([], []))
    steps[-1][word == "out"].append(packet)


def conforms(got, wanted):
    if len(got) != len(wanted) or any(want not in (None, have) for have, want in zip(got, wanted)):
        return False
    return got[0] >> 4 == 6 or vectors.checksum(got[:(got[0] & 15) * 4]) == 0


def same(got, wanted, in_order):
    if len(got) != len(wanted):
        return False
    if in_order:
        return all(map(conforms, got, wanted))
    left = list(wanted)
    for packet in got:
        match = next((want for want in left if conforms(packet, want)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def shown(packet):
    return "".join(".." if byte is None else f"{byte:02x}" for byte in packet)


class Tap:
    def __init__(self, heading, number):
        self.heading, self.number, self.failed = heading, number, False

    def say(self, good, name, *why):
        print(f"{'ok' if good else 'not ok'} {self.number} - {self.heading}: {name}")
        self.number += 1
        self.failed |= not good
        for line in [] if good else why:
            print("# " + line)
        sys.stdout.flush()


def is_fragment(packet):
    if packet[0] >> 4 == 6:
        return packet[6] == vectors.FRAGMENT
    return (packet[6] & 0x3f) + packet[7] != 0


def with_identification(packet, number):
    """A fragment that goes in, or comes out to IPv6, as one of another datagram."""
    packet = list(packet)
    if packet[0] >> 4 == 6:
        packet[44:48] = struct.pack(">I", number)
    else:
        packet[4:6] = struct.pack(">H", number)
        packet[10:12] = [0, 0]
        packet[10:12] = struct.pack(">H", vectors.checksum(bytes(packet[:(packet[0] & 15) * 4])))
    return packet


def identification(packet):
    return struct.unpack(">I", bytes(packet[44:48]))[0] if packet[0] >> 4 == 6 else struct.unpack(">H", bytes(packet[4:6]))[0]


def renumbered(steps, number):
    """Fragments of a case with identifications of their own: from IPv6 other high bits, which IPv4 does not see; from
    IPv4 another number, which IPv6 sees."""
    renewed = []
    for given, wanted in steps:
        from6 = given[0][0] >> 4 == 6
        if any(not is_fragment(packet) and packet[9 if packet[0] >> 4 == 4 else 6] in (1, 58) for packet in wanted):
            return steps  # an error quotes what went in
        other = number << 16 if from6 else number
        numbers = {identification(packet) for packet in given if is_fragment(packet)}
        renewed.append(([with_identification(packet, identification(packet) ^ other) if is_fragment(packet) else packet
                         for packet in given],
                        [with_identification(packet, identification(packet) ^ other)
                         if packet[0] >> 4 == 6 and is_fragment(packet) and identification(packet) in numbers else packet
                         for packet in wanted]))
    return renewed


def hops(packet):
    return packet[7 if packet[0] >> 4 == 6 else 8]


def forwardable(steps):
    """The gateway's kernel does not forward what has one hop left: such a case has one more on both sides."""
    if not any(hops(packet) == 1 for _, wanted in steps for packet in wanted):
        return steps
    more = []
    for given, wanted in steps:
        raised = [list(packet) for packet in wanted]
        for packet in raised:
            packet[7 if packet[0] >> 4 == 6 else 8] += 1
            if packet[0] >> 4 == 4:
                packet[10:12] = [None, None]
        more.append(([list(add_hops(bytes(packet), 1)) for packet in given], raised))
    return more


def run_case(wire, tap, name, steps, in_order):
    why = []
    for number, (given, wanted) in enumerate(steps):
        got = wire.step([bytes(packet) for packet in given], len(wanted))
        if not same(got, wanted, in_order):
            why = [f"step {number + 1}"] + ["wanted " + shown(packet) for packet in wanted]
            why += ["got    " + shown(packet) for packet in got]
            break
    tap.say(not why, name, *why)


def all_errors(steps):
    return all(packet[6 if packet[0] >> 4 == 6 else 9] in (1, 58) for given, _ in steps for packet in given)


def replay(wire, tap, paths, workers):
    cases = []
    for path in paths:
        with open(path, encoding="ascii") as file:
            cases += [(f"{name} ({os.path.basename(path)})", steps) for name, steps in parse(file.read())]
    cases.sort(key=lambda case: (any(wanted for _, wanted in case[1]), not all_errors(case[1])))
    for number, (name, steps) in enumerate(cases, 1):
        # Of two workers one may pass the other; packets of one step are then in any order.
        run_case(wire, tap, name, forwardable(renumbered(steps, number)), workers == 1)


def quotes_echo(packet, at):
    """Whether an ICMP message is about an echo, itself or by what it quotes."""
    kind, six = packet[at], packet[0] >> 4 == 6
    if kind in ((128, 129) if six else (0, 8)):
        return True
    quoted = packet[at + 8:]
    if len(quoted) < 20:
        return False
    return (quoted[6] if six else quoted[9]) in (1, 58)


def sharable(steps):
    """Cases that mean the same when the gateway has its address in common with the pool: no echo, for which a shared
    address has no static binding; and from IPv4 nothing that the host sees to before or instead of us: fragments,
    options, packets to ports that are nobody's."""
    for given, wanted in steps:
        for packet in given + wanted:
            packet = bytes(byte or 0 for byte in packet)
            six = packet[0] >> 4 == 6
            if packet[6 if six else 9] in (1, 58) and quotes_echo(packet, 40 if six else 20):
                return False
        for packet in given:
            if packet[0] >> 4 == 4 and (not wanted or packet[0] != 0x45 or is_fragment(packet) or
                                        (packet[9] == 1 and packet[20] not in (3, 11, 12)) or packet[9] not in (1, 6, 17)):
                return False
    return True


def bound_port(packet):
    """(protocol, port) of the host behind the static bindings in a packet that goes in, or None."""
    six = packet[0] >> 4 == 6
    protocol, at = (packet[6], 40) if six else (packet[9], 20)
    if protocol not in (6, 17):
        return None
    if six and bytes(packet[8:24]) == vectors.address(vectors.HOST):
        return protocol, packet[at] << 8 | packet[at + 1]
    if not six and bytes(packet[16:20]) == vectors.address(SHARED4):
        return protocol, packet[at + 2] << 8 | packet[at + 3]
    return None


def share(folder):
    here = load({vectors.HOST4: SHARED4, vectors.SHOP4: SHARED4})
    bound = {(6, Supers.PORT6), (17, Supers.PORT6)}
    for make in (here.headers, here.errors46, here.errors64, here.mtu6):
        file = make()
        head, *blocks = file.text().split("\ncase ")
        kept = [block for block in blocks if sharable(parse("case " + block)[0][1])]
        for block in kept:
            bound |= {bound_port(packet) for given, _ in parse("case " + block)[0][1] for packet in given}
        with open(os.path.join(folder, file.name + ".replay"), "w", encoding="ascii") as out:
            out.write("\ncase ".join([head] + kept))
    lines = ['{ name = "shop"; protocol = "tcp"; ipv4 = "' + SHARED4 + '#8080"; ipv6 = "2001:db8:3:0:1::2#80"; }']
    for protocol, port in sorted(bound - {None, (6, 8080)}):
        word = {6: "tcp", 17: "udp"}[protocol]
        lines.append(f'{{ name = "{word}-{port}"; protocol = "{word}"; ipv4 = "{SHARED4}#{port}"; '
                     f'ipv6 = "{vectors.HOST}#{port}"; }}')
    with open(os.path.join(folder, "gate64.conf"), "w", encoding="ascii") as out:
        out.write('backends = [ "2001:db8:2::/64", "2001:db8:3::/48" ];\n'
                  'eam = ( { ipv4 = "192.31.197.0/30"; ipv6 = "2001:db8:2::20/126"; } );\n'
                  "static = (\n    " + ",\n    ".join(lines) + "\n);\n")


class Rules:
    """What the gateway chooses, and that all else is as if it had been given."""

    def __init__(self, wire, shared):
        self.wire = wire
        self.addresses = {SHARED4} if shared else {f"192.31.196.{i}" for i in (16, 18, 19)}
        self.first = 49152 if shared else 1024
        self.seen4 = set()

    def ask(self, packet, build, at):
        """The packet of IPv4 that `build` makes of the address and port that it got; the port stands at `at`."""
        got = self.wire.step([packet], 1)
        assert len(got) == 1, f"{len(got)} packets of {shown(packet)}"
        source4, port = socket.inet_ntoa(got[0][12:16]), struct.unpack(">H", got[0][at:at + 2])[0]
        assert source4 in self.addresses and port != 0, f"{source4} port {port}"
        self.seen4.add(source4)
        wanted = list(vectors.v4(source4, vectors.PEER4, got[0][9], build(source4, port), ttl=63))
        wanted[4:6] = wanted[10:12] = [None, None]
        assert conforms(got[0], wanted), f"wanted {shown(wanted)}, got {shown(got[0])}"
        return source4, port, got[0]

    def answer(self, packet, wanted):
        got = self.wire.step([packet], 1)
        assert same(got, [list(wanted)], True), f"wanted {shown(wanted)}, got {[shown(one) for one in got]}"

    def udp(self, port6, data=b"hello"):
        host, peer, peer4 = vectors.SHOP, vectors.PEER, vectors.PEER4
        source4, port, _ = self.ask(vectors.v6(host, peer, 17, vectors.udp(host, peer, port6, 53, data)),
                                    lambda s, p: vectors.udp(s, peer4, p, 53, data), 20)
        self.answer(vectors.v4(peer4, source4, 17, vectors.udp(peer4, source4, 53, port, b"an answer")),
                    vectors.v6(peer, host, 17, vectors.udp(peer, host, 53, port6, b"an answer"), hops=63))
        assert port % 2 == port6 % 2, f"{port6} became {port}"
        assert port >= self.first, f"{port6} became {port}"
        return port

    def parity(self):
        ports = [self.udp(port) for port in range(20000, 20032)]
        assert len(set(ports)) == len(ports), "one port for two flows"
        assert sum(b - a in (1, 2) for a, b in zip(ports, ports[1:])) < len(ports) // 4, f"in a row: {ports}"

    def tcp(self):
        host, peer, peer4 = vectors.SHOP, vectors.PEER, vectors.PEER4
        ports = []
        for port6 in range(30000, 30016):
            source4, port, _ = self.ask(vectors.v6(host, peer, 6, vectors.tcp(host, peer, port6, 80, vectors.SYN)),
                                        lambda s, p: vectors.tcp(s, peer4, p, 80, vectors.SYN), 20)
            both = vectors.SYN | vectors.ACK
            self.answer(vectors.v4(peer4, source4, 6, vectors.tcp(peer4, source4, 80, port, both, ack=0x11223345)),
                        vectors.v6(peer, host, 6, vectors.tcp(peer, host, 80, port6, both, ack=0x11223345), hops=63))
            assert port >= self.first, f"{port6} became {port}"
            ports.append(port)
        assert len(set(ports)) == len(ports), "one port for two flows"
        assert sum(a == b for a, b in zip(ports, range(30000, 30016))) < 4, f"the number is kept: {ports}"

    def identifier(self):
        host, peer, peer4 = vectors.SHOP, vectors.PEER, vectors.PEER4
        idents = []
        for ident6 in range(700, 716):
            source4, ident, _ = self.ask(vectors.v6(host, peer, 58, vectors.echo(host, peer, True, ident6, b"ping")),
                                         lambda s, p: vectors.echo(s, peer4, True, p, b"ping"), 24)
            self.answer(vectors.v4(peer4, source4, 1, vectors.echo(peer4, source4, False, ident, b"ping")),
                        vectors.v6(peer, host, 58, vectors.echo(peer, host, False, ident6, b"ping"), hops=63))
            idents.append(ident)
        assert len(set(idents)) == len(idents), "one identifier for two"

    def paired(self):
        assert len(self.seen4) == 1, f"{self.seen4}"

    def identification(self):
        """RFC 6864 4.3: what may be cut on its way has a number that is not soon used again."""
        host, peer = vectors.SHOP, vectors.PEER
        packet = vectors.v6(host, peer, 17, vectors.udp(host, peer, 20000, 53, b"number"))
        seen = set()
        for _ in range(40):
            got = self.wire.step([packet] * 50, 50)
            assert len(got) == 50, f"{len(got)} of 50"
            for one in got:
                number = struct.unpack(">H", one[4:6])[0]
                assert one[6] & 0x40 == 0 and number not in seen, f"identification {number}, again"
                seen.add(number)

    def whole(self):
        """Larger than IPv6 must carry: not to be cut, DF."""
        host, peer = vectors.SHOP, vectors.PEER
        packet = vectors.v6(host, peer, 17, vectors.udp(host, peer, 20000, 53, vectors.data(1300)))
        got = self.wire.step([packet], 1)
        assert len(got) == 1 and got[0][6] == 0x40 and len(got[0]) == 1328, shown(got[0])


class Supers:
    """CK-09: the gateway's devices do nothing themselves (packets.sh: no_offloads), so what leaves is in segments."""

    PORT6, PORT4 = 40000, 8001

    def __init__(self, wire, shared):
        self.wire, self.shared = wire, shared
        self.host4 = SHARED4 if shared else vectors.HOST4
        links = os.environ["PACKETS_LINKS"].split()
        self.super6, self.super4 = Side(*links[0:3], offloads=True), Side(*links[6:9], offloads=True)
        self.sequence = 0x11223345

    def ends(self, six):
        """Source and target on the side where it goes in."""
        return (vectors.HOST, vectors.PEER) if six else (vectors.PEER4, self.host4)

    def ports(self, six):
        return (self.PORT6, self.PORT4) if six else (self.PORT4, self.PORT6)

    def packet(self, six, tcp, data, at=0, flags=vectors.ACK):
        source, target = self.ends(six)
        if tcp:
            segment = vectors.tcp(source, target, *self.ports(six), flags, data, seq=self.sequence + at, ack=1)
        else:
            segment = vectors.udp(source, target, *self.ports(six), data)
        make = vectors.v6 if six else vectors.v4
        fields = {} if six else {"df": True}
        return make(source, target, 6 if tcp else 17, segment, **fields)

    def begin(self):
        """A connection, and the same ports for UDP, known to the gateway."""
        source, target = self.ends(True)
        self.wire.step([vectors.v6(source, target, 6, vectors.tcp(source, target, *self.ports(True), vectors.SYN))], 1)
        source, target = self.ends(False)
        self.wire.step([vectors.v4(source, target, 6, vectors.tcp(source, target, *self.ports(False), vectors.SYN | vectors.ACK,
                                                                  ack=0x11223345))], 1)
        self.wire.step([self.packet(True, False, b"hello")], 1)

    def whole(self, six, tcp, data, size):
        """As one super-packet; the checksum's field has the sum of the pseudo-header alone."""
        packet = bytearray(self.packet(six, tcp, data, flags=vectors.ACK | PUSH))
        header, at = 40 if six else 20, 16 if tcp else 6
        source, target = self.ends(six)
        partial = ~vectors.checksum(vectors.pseudo(source, target, 6 if tcp else 17, len(packet) - header)) & 0xffff
        packet[header + at:header + at + 2] = struct.pack(">H", partial)
        kind = (GSO_TCP6 if six else GSO_TCP4) if tcp else GSO_UDP
        start = 14 + header
        offloads = struct.pack("<BBHHHH", NEEDS_CSUM, kind, start + (20 if tcp else 8), size, start, at)
        side, hops = (self.super6, 1) if six else (self.super4, self.wire.hops4)
        side.socket.send(offloads + side.frame(add_hops(bytes(packet), hops)))
        return -(-len(data) // size)

    def singly(self, six, tcp, data, size):
        last = (len(data) - 1) // size * size
        return [self.packet(six, tcp, data[at:at + size], at, vectors.ACK | (PUSH if at == last else 0))
                for at in range(0, len(data), size)]

    def compare(self, six, tcp, size, length):
        data = vectors.data(length)
        if self.shared and tcp and not six:
            self.stream(data, size)
            return
        count = self.whole(six, tcp, data, size)
        whole = self.wire.catch(2, lambda packets: len(packets) >= count) + self.wire.catch(GRACE)
        singly = self.wire.step(self.singly(six, tcp, data, size), count)
        assert len(singly) == count, f"{len(singly)} of {count} segments"
        assert len(whole) == count, f"{len(whole)} pieces of the super-packet, {count} segments"
        numbers = []
        for number, (one, other) in enumerate(zip(whole, singly)):
            if six:
                numbers.append(struct.unpack(">H", one[4:6])[0])
                assert vectors.checksum(one[:20]) == 0, f"segment {number} does not sum up"
                # Of a last, short one the identification and DF alone may differ (RFC 7915 5.1).
                short = number == count - 1 and len(other) <= 1260 < len(singly[0])
                one, other = (packet[:4] + b"\0\0" + (b"\0" if short else packet[6:7]) + packet[7:10] + b"\0\0" + packet[12:]
                              for packet in (one, other))
            assert one == other, f"segment {number}: {shown(one)} of the super-packet, {shown(other)} alone"
        assert all((b - a) & 0xffff == 1 for a, b in zip(numbers, numbers[1:])), f"identifications {numbers}"

    def stream(self, data, size):
        """An NFQUEUE does not tell what size the segments had: the same bytes in segments of ours."""
        self.whole(False, True, data, size)
        pieces = self.wire.catch(2, lambda packets: sum(len(packet) - 60 for packet in packets) >= len(data))
        source, target = self.ends(True)
        at = 0
        for number, piece in enumerate(pieces):
            part = data[at:at + len(piece) - 60]
            flags = vectors.ACK | (PUSH if number == len(pieces) - 1 else 0)
            segment = vectors.tcp(target, source, *self.ports(False), flags, part, seq=self.sequence + at, ack=1)
            wanted = vectors.v6(target, source, 6, segment, hops=63)
            assert piece == wanted, f"piece {number}: {shown(piece)}, wanted {shown(wanted)}"
            at += len(part)
        assert at == len(data), f"{at} of {len(data)} bytes"

    def check(self, six, tcp):
        for size, length in ((1000, 10000), (1000, 9001), (1380, 13801), (500, 501)):
            self.compare(six, tcp, size, length)
            self.sequence += length


def supers(wire, tap, shared):
    of = Supers(wire, shared)
    of.begin()
    for six in (True, False):
        for tcp in (True, False):
            name = f"CK-09 LES-N-26 a super-packet of {'TCP' if tcp else 'UDP'} from IPv{6 if six else 4} is its segments"
            try:
                of.check(six, tcp)
                tap.say(True, name)
            except AssertionError as error:
                tap.say(False, name, str(error))


def rules(wire, tap, shared):
    of = Rules(wire, shared)
    for name, check in (("N64-ALC-05 N64-ALC-08 UDP-R4 a UDP port is its own, in the range, not 0, of the source's parity, not the next", of.parity),
                        ("N64-ALC-08 a TCP port is in the range, not 0, and not the source's", of.tcp),
                        ("N64-ALC-08 an identifier is its own, and the reply finds back", of.identifier),
                        ("CGN-R2 all of a backend has one address", of.paired),
                        ("XL-5.1-04 N78-10-01 identifications of 2000 packets to one peer without DF do not repeat", of.identification),
                        ("XL-5.1-07 more than 1260 bytes go with DF", of.whole)):
        try:
            check()
            tap.say(True, name)
        except AssertionError as error:
            tap.say(False, name, str(error))


def main():
    if sys.argv[1] == "share":
        share(sys.argv[2])
        return
    heading, number, workers, shared = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "shared"
    tap, wire = Tap(heading, number), Wire(workers, shared)
    if sys.argv[5:] == ["rules"]:
        rules(wire, tap, shared)
    elif sys.argv[5:] == ["supers"]:
        supers(wire, tap, shared)
    else:
        replay(wire, tap, sys.argv[5:], workers)
    sys.exit(tap.failed)


main()
