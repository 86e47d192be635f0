#!/usr/bin/env python3
# A resolver with a script, for tests that count what it is asked: dns64_upstream.py ADDRESS PORT LOG DELAY-MS.
# By the first label: `no*` does not exist, `bad*` fails, all else has A 192.52.193.10 and no AAAA. TTLs are 3, or 12
# for `long*` and `no*`; questions for AAAA of `mute*` are not answered. Each question is a line in the log.
import select, socket, struct, sys, time

address, port, log, delay = sys.argv[1], int(sys.argv[2]), open(sys.argv[3], "w", buffering=1), int(sys.argv[4]) / 1000
TTL, LONG = 3, 12
SOA = b"\0" + struct.pack("!HHIH", 6, 1, TTL, 22) + b"\0\0" + struct.pack("!5I", 1, 1, 1, 1, TTL)
A = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, TTL, 4) + bytes([192, 52, 193, 10])

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((address, port))
later = []


def answer(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    at += 1
    kind = struct.unpack("!H", query[at : at + 2])[0]
    print(".".join(labels).lower(), kind, file=log)
    first = labels[0].lower()
    if first.startswith("mute") and kind == 28:
        return b""
    rcode = 3 if first.startswith("no") else 2 if first.startswith("bad") else 0
    ttl = struct.pack("!I", LONG if first.startswith(("long", "no")) else TTL)
    has_a = rcode == 0 and kind == 1
    counts = struct.pack("!4H", 1, int(has_a), int(rcode != 2 and not has_a), 0)
    flags = struct.pack("!H", 0x8180 | rcode)
    return query[:2] + flags + counts + query[12 : at + 4] + (A[:6] + ttl + A[10:] if has_a else b"" if rcode == 2 else SOA[:5] + ttl + SOA[9:-4] + ttl)


while True:
    wait = max(0, later[0][0] - time.monotonic()) if later else None
    if select.select([server], [], [], wait)[0]:
        query, client = server.recvfrom(4096)
        reply = answer(query)
        if reply:
            later.append((time.monotonic() + delay, reply, client))
    while later and later[0][0] <= time.monotonic():
        _, reply, client = later.pop(0)
        server.sendto(reply, client)
