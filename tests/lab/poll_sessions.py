#!/usr/bin/env python3
"""The most sessions that any backend was seen with: poll_sessions.py SOCKET STOP-FILE; ends when STOP-FILE is there."""
import collections
import json
import os
import socket
import sys


def get(path, target):
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(path)
        link.sendall(f"GET {target} HTTP/1.0\r\n\r\n".encode())
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head:
        raise OSError(head)
    return [json.loads(line) for line in body.splitlines() if line]


def main():
    path, stop = sys.argv[1:]
    most = collections.Counter()
    looks = failures = 0
    while True:
        last = os.path.exists(stop)
        try:
            now = collections.Counter(session["src6"] for session in get(path, "/v1/sessions"))
            looks += 1
            most |= now
        except (OSError, ValueError, KeyError):  # the daemon is not there, or ended meanwhile
            failures += 1
            now = collections.Counter()
        if last:
            break
    for name, counts in (("most", most), ("now", now)):
        values = sorted(counts.values())
        print(name, len(values), values[0] if values else 0, values[-1] if values else 0)
    print("looks", looks, "failures", failures)


main()
