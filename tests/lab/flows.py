"""Flows that stay open: flows.py ADDRESS UDP TCP opens so many of each to the echo services (7777, 7778) and then, at the
start and for every line on standard input, sends a line on each and waits for it to come back. Prints how many did."""
import select
import socket
import sys

address, udp, tcp = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
WAIT_S, TRIES, AT_ONCE = 2, 4, 50


def opened(kind, port):
    one = socket.socket(socket.AF_INET6, kind)
    one.settimeout(10)
    one.connect((address, port))
    return one


def echo(flows, text):
    """A datagram may be lost, so it is sent again; a connection loses nothing."""
    waiting = {flow.fileno(): flow for flow in flows}
    for attempt in range(TRIES):
        for flow in waiting.values():
            if attempt == 0 or flow.type == socket.SOCK_DGRAM:
                flow.send(text)
        while waiting:
            ready, _, _ = select.select(list(waiting.values()), [], [], WAIT_S)
            if not ready:
                break
            for flow in ready:
                if flow.recv(100) == text:
                    del waiting[flow.fileno()]
    return len(flows) - len(waiting)


flows = [opened(socket.SOCK_DGRAM, 7777) for _ in range(udp)] + [opened(socket.SOCK_STREAM, 7778) for _ in range(tcp)]
number = 0
while True:
    text = b"line %d\n" % number
    print(sum(echo(flows[i : i + AT_ONCE], text) for i in range(0, len(flows), AT_ONCE)), flush=True)
    number += 1
    if not sys.stdin.readline():
        break
