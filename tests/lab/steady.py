# A steady client that loses nothing, or says what: steady.py KIND ADDRESS PORT [SOURCE-PORT]
#   udp    a numbered datagram every 20 ms, echoed within 2 s
#   tcp    one connection, a numbered line every 20 ms, echoed within 2 s
#   http   a connection of its own for each request, every 100 ms, answered within 2 s
# Until SIGTERM; prints what was sent and lost; exit status 1 if anything was lost.
import select
import signal
import socket
import sys
import time

kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
source = int(sys.argv[4]) if len(sys.argv) > 4 else 0
going = True
WAIT = 2.0


def stop(*_):
    global going
    going = False


def connect(form):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, form)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if source:
        s.bind(("", source))
    s.settimeout(WAIT)
    s.connect((address, port))
    return s


def echo(s, stream):
    sent, waiting, lost, buffered = 0, {}, 0, b""
    last = 0.0
    while going or waiting:
        now = time.monotonic()
        if going and now - last >= 0.02:
            sent += 1
            waiting[sent] = last = now
            s.send(b"%d\n" % sent)
        if select.select([s], [], [], 0.02)[0]:
            data = s.recv(65536)
            if not data:
                return sent, lost + len(waiting), "closed by the other side"
            buffered = buffered + data if stream else data
            *lines, buffered = buffered.split(b"\n") if stream else (data.strip(), b"")
            for line in lines:
                waiting.pop(int(line), None)
        for number in [n for n, at in waiting.items() if now - at > WAIT]:
            del waiting[number]
            lost += 1
    return sent, lost, ""


def http():
    sent = lost = 0
    what = ""
    while going:
        sent += 1
        try:
            s = connect(socket.SOCK_STREAM)
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if not s.recv(12).startswith(b"HTTP/1.1 200"):
                raise OSError("no answer")
            while s.recv(65536):
                pass
            s.close()
        except OSError as e:
            lost += 1
            what = str(e)
        time.sleep(0.1)
    return sent, lost, what


signal.signal(signal.SIGTERM, stop)
try:
    if kind == "http":
        result = http()
    else:
        result = echo(connect(socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM), kind == "tcp")
except OSError as e:
    result = (0, 1, str(e))
# One write, line end and all: others write into the same file.
sys.stdout.write("%s to %s#%d from port %d: %d sent, %d lost %s\n" % (kind, address, port, source, *result))
sys.exit(1 if result[1] or not result[0] else 0)
