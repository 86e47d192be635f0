"""Sends a UDP datagram in fragments of its own making, and compares what is echoed.

fragment_send.py HOW SOURCE SOURCE-PORT DESTINATION DESTINATION-PORT [SIZE]

HOW: last-first; interleaved (two datagrams at once); duplicate; zero (no checksum, IPv4 only); overlap (nothing may
come back); late and later (the first after 1.5 and 4 s); flood (later fragments of many datagrams, nothing is waited for).
"""
import os
import random
import socket
import struct
import sys
import time

how, source, source_port, destination, destination_port = sys.argv[1:6]
source_port, destination_port = int(source_port), int(destination_port)
size = int(sys.argv[6]) if len(sys.argv) > 6 else 8000
v6 = ":" in source
family = socket.AF_INET6 if v6 else socket.AF_INET
addresses = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
unit = 1232 if v6 else 1480
raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF) or 0xFFFF


def datagram(payload):
    header = struct.pack("!HHH", source_port, destination_port, 8 + len(payload))
    pseudo = addresses + struct.pack("!II", 8 + len(payload), 17)
    check = 0 if how == "zero" else checksum(pseudo + header + b"\0\0" + payload)
    return header + struct.pack("!H", check) + payload


def fragment(ident, whole, offset, length):
    more = offset + length < len(whole)
    part = whole[offset:offset + length]
    if v6:
        header = struct.pack("!IHBB", 6 << 28, 8 + len(part), 44, 64) + addresses
        return header + struct.pack("!BBHI", 17, 0, offset | more, ident) + part
    flags = offset // 8 | (0x2000 if more else 0)
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), ident & 0xFFFF, flags, 64, 17, 0) + addresses + part


def pieces(ident, whole):
    return [fragment(ident, whole, at, min(unit, len(whole) - at)) for at in range(0, len(whole), unit)]


def send(packets):
    for packet in packets:
        raw.sendto(packet, (destination, 0))


def main():
    ident = random.randrange(1, 1 << 32)
    if how == "flood":
        whole = datagram(os.urandom(2 * unit))
        for i in range(20000):
            send([fragment(ident + i, whole, unit, unit)])
        return 0
    echo = socket.socket(family, socket.SOCK_DGRAM)
    echo.bind((source, source_port))
    echo.settimeout(1 if how == "overlap" else 3)
    payloads = [os.urandom(size) for _ in range(2 if how == "interleaved" else 1)]
    sets = [pieces(ident + i, datagram(payload)) for i, payload in enumerate(payloads)]
    if how == "overlap":
        whole = datagram(payloads[0])
        sets[0].insert(1, fragment(ident, whole, unit - 8, 16))
    if how == "duplicate":
        sets[0] = [packet for packet in sets[0][:-1] for _ in range(2)] + sets[0][-1:]
    if how in ("last-first", "interleaved", "zero"):
        sets = [packets[::-1] for packets in sets]
    if how in ("late", "later"):
        send(sets[0][1:])
        time.sleep(1.5 if how == "late" else 4)
        sets[0] = sets[0][:1]
    for group in zip(*sets):
        send(group)
    try:
        got = [echo.recv(65536) for _ in payloads]
    except socket.timeout:
        print("nothing came back")
        return 0 if how == "overlap" else 1
    return 0 if how != "overlap" and sorted(got) == sorted(payloads) else 1


sys.exit(main())
