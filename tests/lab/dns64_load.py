#!/usr/bin/env python3
# Asks dns64 at a steady rate over UDP and on one TCP connection until a file appears, then waits for what is
# under way: dns64_load.py SERVER NAME RATE STOP-FILE. Prints what was asked, answered and wrong; 0: all well.
import os, select, socket, struct, sys, time

server, name, rate, stop = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
LONGEST_S = 120
PATIENCE_S = 8
WANTED = bytes.fromhex("0064ff9b0000000000000000c034c10a")

question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def query(number):
    return struct.pack("!6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + question + struct.pack("!2H", 28, 1)


class Side:
    def __init__(self, kind):
        self.kind, self.number, self.waiting, self.slowest = kind, 0, {}, 0.0
        self.asked = self.answered = self.wrong = 0

    def ask(self, send):
        self.number = (self.number + 1) & 0xFFFF
        self.waiting[self.number] = time.monotonic()
        self.asked += 1
        send(query(self.number))

    def take(self, reply):
        began = self.waiting.pop(struct.unpack("!H", reply[:2])[0], None)
        if began is None:
            return
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answered += 1
        self.wrong += WANTED not in reply or reply[3] & 15 != 0


udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
udp.connect((server, 53))
tcp = socket.create_connection((server, 53))
tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
by_udp, by_tcp = Side("udp"), Side("tcp")
stream, closed = b"", False
begin = time.monotonic()
turns, ended = 0, None
while True:
    now = time.monotonic()
    if ended is None and (os.path.exists(stop) or now - begin > LONGEST_S):
        ended = now
    if ended is not None and (not by_udp.waiting and not by_tcp.waiting or now - ended > PATIENCE_S):
        break
    while ended is None and turns < (now - begin) * rate:
        by_udp.ask(udp.send)
        if turns % 20 == 0 and not closed:
            by_tcp.ask(lambda bytes: tcp.sendall(struct.pack("!H", len(bytes)) + bytes))
        turns += 1
    for at in select.select([udp] + ([] if closed else [tcp]), [], [], 0.002)[0]:
        if at is udp:
            by_udp.take(udp.recv(65535))
            continue
        part = tcp.recv(65535)
        closed = not part
        stream += part
        while len(stream) >= 2 and len(stream) >= 2 + struct.unpack("!H", stream[:2])[0]:
            size = struct.unpack("!H", stream[:2])[0]
            by_tcp.take(stream[2 : 2 + size])
            stream = stream[2 + size :]
for side in by_udp, by_tcp:
    print(
        f"{side.kind}: asked {side.asked}, answered {side.answered}, wrong {side.wrong}, "
        f"slowest {side.slowest * 1000:.0f} ms"
    )
print("tcp:", "closed by the server" if closed else "open to the end")
good = all(s.asked == s.answered and s.asked > 0 and s.wrong == 0 for s in (by_udp, by_tcp))
sys.exit(0 if good and not closed else 1)
