# DNS messages for the scoreboard: what the asker and the upstream both read and write. Shares nothing with the product.
import ipaddress, struct

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "DNAME": 39,
    "OPT": 41, "DS": 43, "RRSIG": 46, "NSEC": 47, "HTTPS": 65, "TSIG": 250, "AXFR": 252, "ANY": 255,
}
CLASSES = {"IN": 1, "CH": 3, "NONE": 254, "ANY": 255}
RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]
BADVERS, BADCOOKIE = 16, 23
RCODE_NAMES = {i: name for i, name in enumerate(RCODES)} | {BADVERS: "BADVERS", BADCOOKIE: "BADCOOKIE"}
QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
FLAGS = {"qr": QR, "aa": AA, "tc": TC, "rd": RD, "ra": RA, "ad": AD, "cd": CD}
DO = 0x8000
COOKIE, EDE = 10, 15
POINTER_TO_QUESTION = b"\xc0\x0c"


def pack_name(name):
    """The wire form of a name in text; a dot ends each label."""
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in labels) + b"\0"


def read_name(data, at):
    """(name in text, where it ends)"""
    labels, end, hops = [], None, 0
    while True:
        length = data[at]
        if length >= 0xC0:
            end = at + 2 if end is None else end
            at = (length & 0x3F) << 8 | data[at + 1]
            hops += 1
            if hops > 127:
                raise ValueError("pointers without end")
            continue
        if length == 0:
            return ".".join(labels) + ".", at + 1 if end is None else end
        labels.append(data[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length


def pack_data(kind, words):
    """RDATA of a record in text."""
    if kind == "A":
        return ipaddress.IPv4Address(words[0]).packed
    if kind == "AAAA":
        return ipaddress.IPv6Address(words[0]).packed
    if kind in ("CNAME", "PTR", "NS", "DNAME"):
        return pack_name(words[0])
    if kind == "MX":
        return struct.pack("!H", int(words[0])) + pack_name(words[1])
    if kind == "SRV":
        return struct.pack("!3H", *map(int, words[:3])) + pack_name(words[3])
    if kind == "TXT":
        return b"".join(bytes([len(word)]) + word.encode() for word in words)
    return bytes.fromhex("".join(words))


def text_data(kind, data, at, length):
    """The text of a record's RDATA: addresses and names readable, all else as hexadecimal digits."""
    rdata = data[at : at + length]
    if kind == TYPES["A"] and length == 4:
        return str(ipaddress.IPv4Address(rdata))
    if kind == TYPES["AAAA"] and length == 16:
        return str(ipaddress.IPv6Address(rdata))
    if kind in (TYPES["CNAME"], TYPES["PTR"], TYPES["NS"], TYPES["DNAME"]):
        return read_name(data, at)[0].lower()
    if kind == TYPES["MX"]:
        return "%d,%s" % (struct.unpack_from("!H", rdata)[0], read_name(data, at + 2)[0].lower())
    return rdata.hex()


class Record:
    def __init__(self, owner, kind, klass, ttl, data, length):
        self.owner, self.kind, self.klass, self.ttl, self.data, self.length = owner, kind, klass, ttl, data, length


class Message:
    """A message taken apart; raises ValueError, IndexError or struct.error if it cannot be."""

    def __init__(self, data):
        self.id, self.flags, counts = struct.unpack_from("!H", data)[0], struct.unpack_from("!H", data, 2)[0], struct.unpack_from("!4H", data, 4)
        self.question, self.name, self.type, self.klass = b"", ".", None, None
        at = 12
        for _ in range(counts[0]):
            begin = at
            self.name, at = read_name(data, at)
            self.type, self.klass = struct.unpack_from("!2H", data, at)
            at += 4
            self.question = data[begin:at]
        self.sections = []
        self.opts, self.options = [], []
        for count in counts[1:]:
            section = []
            for _ in range(count):
                owner, at = read_name(data, at)
                kind, klass, ttl, length = struct.unpack_from("!2HIH", data, at)
                at += 10
                if at + length > len(data):
                    raise ValueError("RDATA past the end")
                record = Record(owner, kind, klass, ttl, text_data(kind, data, at, length), length)
                if kind == TYPES["OPT"]:
                    self.opts.append(record)
                    self.options += list(read_options(data[at : at + length]))
                else:
                    section.append(record)
                at += length
            self.sections.append(section)
        if at != len(data):
            raise ValueError("bytes after the end")

    @property
    def rcode(self):
        return self.flags & 15 | (self.opts[0].ttl >> 24 << 4 if self.opts else 0)

    @property
    def do(self):
        return bool(self.opts and self.opts[0].ttl & DO)


def read_options(data):
    at = 0
    while at < len(data):
        code, length = struct.unpack_from("!2H", data, at)
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + length


def pack_opt(size, ttl, options=b""):
    return b"\0" + struct.pack("!2HIH", TYPES["OPT"], size, ttl, len(options)) + options


def pack_option(code, data):
    return struct.pack("!2H", code, len(data)) + data


def pack_record(owner, kind, ttl, rdata):
    return owner + struct.pack("!2HIH", kind, CLASSES["IN"], ttl & 0xFFFFFFFF, len(rdata)) + rdata


def message(identity, flags, question, sections=((), (), ())):
    """A whole message of wire parts; `question` is in wire form, or empty."""
    counts = [1 if question else 0] + [len(section) for section in sections]
    return struct.pack("!2H4H", identity, flags, *counts) + question + b"".join(part for section in sections for part in section)
