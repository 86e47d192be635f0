"""Opens many UDP sessions: sessions.py PREFIX FIRST-IPV4 SOCKETS DESTINATIONS sends a datagram from each of so many sockets
to port 9 of each of so many addresses, which are told by the last 32 bits of PREFIX."""
import ipaddress
import resource
import socket
import sys

prefix, first = sys.argv[1], int(ipaddress.IPv4Address(sys.argv[2]))
sockets, destinations = int(sys.argv[3]), int(sys.argv[4])
SPARE = 64
resource.setrlimit(resource.RLIMIT_NOFILE, (sockets + SPARE, sockets + SPARE))
base = int(ipaddress.IPv6Address(prefix))
names = [(str(ipaddress.IPv6Address(base + first + i)), 9) for i in range(destinations)]
opened = []
for i in range(sockets):
    one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    one.bind(("::", 10000 + i))  # the same ports each time, so that another run fills in what was lost
    opened.append(one)
for name in names:
    for one in opened:
        one.sendto(b"x", name)
