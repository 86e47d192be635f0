#!/usr/bin/env python3
"""Numbered datagrams of several flows at once: whether each flow's arrive in the order in which they were sent.

order.py serve ADDRESS PORT                   answers each with the same number
order.py send ADDRESS PORT FLOWS SECONDS      prints "sent N back N late N"; exit 1 if many were late or few came back
A number is late when it, or a larger one, was seen before. Both ends look: what the server saw late it says in its answers.
"""
import selectors
import socket
import struct
import sys
import time

RECORD = struct.Struct("!QQ")  # number, how many the server saw late
BURST = 16
# One in so many may be late: the kernel turns a burst round when it moves a flow to another queue of the device, or a
# thread to another processor between two packets.
LATE_ONE_IN = 1000


def serve(address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind((address, port))
    last, late = {}, {}
    while True:
        data, peer = sock.recvfrom(2048)
        number = RECORD.unpack_from(data)[0]
        if number <= last.get(peer, 0):
            late[peer] = late.get(peer, 0) + 1
        last[peer] = max(number, last.get(peer, 0))
        sock.sendto(RECORD.pack(number, late.get(peer, 0)) + data[RECORD.size:], peer)


class Flow:
    def __init__(self, address, port, size):
        self.sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.setblocking(False)
        self.sock.connect((address, port))
        self.filling = bytes(size)
        self.sent = self.back = self.last = self.late = self.late_there = 0

    def send(self):
        for _ in range(BURST):
            self.sent += 1
            try:
                self.sock.send(RECORD.pack(self.sent, 0) + self.filling)
            except BlockingIOError:
                return

    def receive(self):
        while True:
            try:
                number, self.late_there = RECORD.unpack_from(self.sock.recv(2048))
            except BlockingIOError:
                return
            self.back += 1
            self.late += number <= self.last
            self.last = max(number, self.last)


def send(address, port, flows, seconds):
    all_flows = [Flow(address, port, size=20 + 150 * i % 1100) for i in range(flows)]
    selector = selectors.DefaultSelector()
    for flow in all_flows:
        selector.register(flow.sock, selectors.EVENT_READ, flow)
    end = time.monotonic() + seconds
    while time.monotonic() < end + 1:
        if time.monotonic() < end:
            for flow in all_flows:
                flow.send()
        for key, _ in selector.select(0.01):
            key.data.receive()
    sent, back = sum(flow.sent for flow in all_flows), sum(flow.back for flow in all_flows)
    late = sum(flow.late + flow.late_there for flow in all_flows)
    print("sent", sent, "back", back, "late", late)
    return 0 if late * LATE_ONE_IN <= back and back > sent // 4 and sent > 5000 else 1


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
sys.exit(send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
