#!/usr/bin/env python3
# A host that finds out its NAT64 prefixes (RFC 7050 3): rfc7050_client.py SERVER. Prints each prefix on a line, in the
# order received. It shares nothing with the product.
import ipaddress, os, socket, struct, sys

# Where the IPv4 octets stand, by the length of the prefix (RFC 6052 2.2).
PLACES = {32: (4, 5, 6, 7), 40: (5, 6, 7, 9), 48: (6, 7, 9, 10), 56: (7, 9, 10, 11), 64: (9, 10, 11, 12), 96: (12, 13, 14, 15)}
WELL_KNOWN = {bytes([192, 0, 0, 170]), bytes([192, 0, 0, 171])}


def skip_name(message, at):
    while message[at] != 0:
        if message[at] >= 0xC0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def addresses(server):
    number = os.urandom(2)
    # Flags: RD, and CD = 0, without which a DNS64 does not synthesise (RFC 7050 3).
    query = number + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + b"\x08ipv4only\x04arpa\0" + struct.pack("!2H", 28, 1)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as wire:
        wire.settimeout(5)
        wire.sendto(query, (server, 53))
        reply = wire.recv(4096)
    if reply[:2] != number or reply[3] & 15 != 0:
        sys.exit("no such reply: RCODE %d" % (reply[3] & 15))
    at = skip_name(reply, 12) + 4
    found = []
    for _ in range(struct.unpack("!H", reply[6:8])[0]):
        at = skip_name(reply, at)
        kind, _, ttl, length = struct.unpack("!HHIH", reply[at : at + 10])
        if kind == 28 and length == 16:
            found.append((reply[at + 10 : at + 26], ttl))
        at += 10 + length
    return found


def prefix_of(address):
    """The one place where a well-known address stands; RFC 7050 3: it is there just once."""
    lengths = [length for length, place in PLACES.items() if bytes(address[i] for i in place) in WELL_KNOWN]
    if len(lengths) != 1:
        sys.exit("%d places in %s" % (len(lengths), ipaddress.IPv6Address(address)))
    return ipaddress.IPv6Network((int.from_bytes(address, "big") >> 128 - lengths[0] << 128 - lengths[0], lengths[0]))


prefixes = []
for address, ttl in addresses(sys.argv[1]):
    prefix = prefix_of(address)
    if ttl < 60:
        sys.exit("a TTL of %d" % ttl)
    if prefix not in prefixes:
        prefixes.append(prefix)
for prefix in prefixes:
    print(prefix)
