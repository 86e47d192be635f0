#!/usr/bin/env python3
# A client of DNS over TCP that does one thing each: dns64_tcp.py SERVER WHAT [ARGUMENTS]. Exit 0: as it should be.
#   pipeline COUNT NAME  a query for NAME, which is slow, and COUNT for what is known, in one write: all answered, the
#                        slow one not first
#   partial NAME         the first byte alone, the rest a second later: answered
#   halves NAME          no more is sent after the query: answered all the same, then closed
#   pieces COUNT         each answer comes with its length in one piece
#   trickle IDLE         a byte a second after a whole query: closed at the idle time
#   busy IDLE            a query each half of the idle time, for three of them: stays open
#   many COUNT MOST      COUNT connections: MOST stay open
#   flood COUNT MOST     COUNT queries by UDP at once: at most MOST answers that are whole or refusals, the rest TC or none
import select, socket, struct, sys, time

server, what = sys.argv[1], sys.argv[2]
KNOWN = "ipv4only.arpa"


def query(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 28, 1)


def framed(message):
    return struct.pack("!H", len(message)) + message


def connect(timeout=10):
    stream = socket.create_connection((server, 53), timeout=timeout)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def answers(stream, count):
    got, data = [], b""
    while len(got) < count:
        part = stream.recv(65535)
        if not part:
            break
        data += part
        while len(data) >= 2 and len(data) >= 2 + struct.unpack("!H", data[:2])[0]:
            size = struct.unpack("!H", data[:2])[0]
            got.append(data[2 : 2 + size])
            data = data[2 + size :]
    return got


def closed_after(stream, patience):
    begin = time.monotonic()
    stream.settimeout(patience)
    try:
        while stream.recv(65535):
            pass
    except (TimeoutError, ConnectionError) as error:
        return None if isinstance(error, TimeoutError) else time.monotonic() - begin
    return time.monotonic() - begin


def pipeline(count, name):
    stream = connect()
    stream.sendall(framed(query(0, name)) + b"".join(framed(query(i, KNOWN)) for i in range(1, int(count) + 1)))
    got = answers(stream, int(count) + 1)
    ids = [struct.unpack("!H", answer[:2])[0] for answer in got]
    print(f"{len(ids)} answers, the slow one at place {ids.index(0) if 0 in ids else 'none'}")
    return sorted(ids) == list(range(int(count) + 1)) and ids[0] != 0 and all(a[3] & 15 == 0 and a[7] for a in got)


def partial(name):
    stream = connect()
    message = framed(query(1, name))
    stream.sendall(message[:1])
    time.sleep(1)
    stream.sendall(message[1:])
    return len(answers(stream, 1)) == 1


def halves(name):
    stream = connect()
    stream.sendall(framed(query(1, name)))
    stream.shutdown(socket.SHUT_WR)
    got = answers(stream, 1)
    after = closed_after(stream, 5)
    print(f"{len(got)} answers, closed after {after}")
    return len(got) == 1 and after is not None and after < 1


def pieces(count):
    stream = connect()
    for i in range(int(count)):
        stream.sendall(framed(query(i, KNOWN)))
        part = stream.recv(65535)
        if len(part) < 2 or len(part) != 2 + struct.unpack("!H", part[:2])[0]:
            print(f"a piece of {len(part)} bytes")
            return False
    return True


def trickle(idle):
    stream = connect()
    stream.sendall(framed(query(1, KNOWN)))
    answers(stream, 1)
    begin = time.monotonic()
    for byte in framed(query(2, "a" * 60 + "." + KNOWN)):
        if select.select([stream], [], [], 1)[0]:
            break
        stream.sendall(bytes([byte]))
    after = time.monotonic() - begin
    print(f"closed after {after:.1f} s")
    return float(idle) - 0.5 <= after <= float(idle) + 2.5


def busy(idle):
    stream = connect()
    for i in range(7):
        stream.sendall(framed(query(i, KNOWN)))
        if len(answers(stream, 1)) != 1:
            print(f"closed before query {i}")
            return False
        time.sleep(float(idle) / 2)
    return True


def many(count, most):
    streams = []
    for _ in range(int(count)):
        streams.append(connect())
    time.sleep(0.5)
    open_ones = [s for s in streams if not select.select([s], [], [], 0)[0]]
    print(f"{len(open_ones)} of {count} open")
    return len(open_ones) == int(most)


def flood(count, most):
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    udp.connect((server, 53))
    for i in range(int(count)):
        udp.send(query(i, KNOWN))
    whole = truncated = 0
    while select.select([udp], [], [], 1)[0]:
        answer = udp.recv(4096)
        if answer[2] & 2:
            truncated += 1
        else:
            whole += 1
    print(f"{count} asked, {whole} answered, {truncated} truncated")
    return 0 < whole <= int(most) and whole + truncated < int(count)


sys.exit(0 if globals()[what](*sys.argv[3:]) else 1)
