#!/usr/bin/env python3
"""Sends a datagram of random bytes of each size and wants the same back: udp_ask.py DESTINATION PORT SIZE..."""
import os
import socket
import sys

PATIENCE_S = 3


def main():
    destination, port = sys.argv[1], int(sys.argv[2])
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    for size in map(int, sys.argv[3:]):
        data = os.urandom(size)
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE_S)
            client.connect((destination, port))
            client.send(data)
            try:
                got = client.recv(65536)
            except OSError as error:
                sys.exit(f"size {size}: {error}")
        if got != data:
            sys.exit(f"size {size}: {len(got)} other bytes")


main()
