"""A UDP echo at 1 kHz, for tests/bench/gap: echo.py serve ADDRESS PORT, or echo.py ask ADDRESS PORT FILE until end of
input; FILE gets a line for each answer: when the kernel had it (ns since 1970), and its number."""
import os
import select
import socket
import struct
import sys
import threading
import time

PERIOD_NS = 1_000_000
SO_TIMESTAMPNS = 35


def urgent():
    """The clients' own waiting for a CPU is not what is measured."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except OSError:
        print("echo: no real-time priority; continuing without", file=sys.stderr)


def serve(address, port):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))
    while True:
        server.sendto(*server.recvfrom(2048))


def send(client, stop):
    number = 0
    due_ns = time.monotonic_ns()
    while not stop.is_set():
        try:
            client.send(struct.pack("!Q", number))
        except OSError:
            pass  # a full queue loses the datagram, as it would any
        number += 1
        due_ns += PERIOD_NS
        time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)


def ask(address, port, file):
    client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    client.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    client.connect((address, port))
    stop = threading.Event()
    threading.Thread(target=send, args=(client, stop)).start()
    with open(file, "w", encoding="ascii") as log:
        while not select.select([sys.stdin], [], [], 0)[0]:
            if not select.select([client], [], [], 0.1)[0]:
                continue
            data, ancillary, _, _ = client.recvmsg(64, 64)
            seconds, ns = struct.unpack("qq", ancillary[0][2])
            log.write(f"{seconds * 1_000_000_000 + ns} {struct.unpack('!Q', data)[0]}\n")
    stop.set()


urgent()
if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    ask(sys.argv[2], int(sys.argv[3]), sys.argv[4])
