#!/usr/bin/env python3
"""One UDP flow that talks all the while: udp_steady.py DESTINATION PORT STOP-FILE; what was sent and came back."""
import os
import select
import socket
import sys
import time


def main():
    destination, port, stop = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    link = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    link.connect((destination, port))
    answered, sent, refused, longest, ends = set(), 0, 0, 0.0, None
    due = last = time.monotonic()
    while ends is None or time.monotonic() < ends and len(answered) < sent:
        now = time.monotonic()
        if ends is None and os.path.exists(stop):
            ends = now + 2  # for the answers that are on their way
        try:
            if ends is None and now >= due:
                due += 0.02
                link.send(sent.to_bytes(8, "big") * 8)
                sent += 1
            if select.select([link], [], [], max(0.0, min(0.02, due - now)))[0]:
                answered.add(int.from_bytes(link.recv(100)[:8], "big"))
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
        except OSError as error:
            refused += 1
            print("refused:", error, flush=True)
    print("sent", sent, "answered", len(answered), "refused", refused, "longest gap", round(longest * 1000), "ms",
          "lost", sorted(set(range(sent)) - answered)[:20])


main()
