#!/usr/bin/env python3
# A recursor with a script: upstream.py ADDRESS PORT ZONE LOG. Answers over UDP and TCP what the file ZONE says, and
# writes "TIME PROTOCOL NAME TYPE FLAGS" of each question into LOG. The file has a line for each record or habit:
#
#   OWNER TYPE TTL RDATA...   a record; names without a final dot are below the origin
#   OWNER TYPE !HABIT...      what happens when that type is asked (`*`: any type that has no line of its own)
#
# Habits: !RCODE; !silent; !silent-after=N (answers N times, then no more); !no-soa; !soa=TTL,MINIMUM; !tc (over UDP);
# !short (over UDP: TC and the first record alone); !udp-size=N (larger answers get TC); !before=KIND (another reply first:
# wrong-id, wrong-question, wrong-port, not-a-reply, garbage, loop, lies); !twice; !tcp-close; !delay=MS; !ede=CODE; !ad; !signed (an RRSIG for DO);
# !extra (records that nobody asked for); !add=OWNER (its addresses in the additional section).
import socket, struct, sys, threading, time

from message import AD, CD, DO, EDE, RA, RCODES, RD, QR, TC, TYPES, POINTER_TO_QUESTION
from message import Message, message, pack_data, pack_name, pack_opt, pack_option, pack_record

NAMES = {number: name for name, number in TYPES.items()}
CHAIN_MAX = 40
NEGATIVE = (300, 300)
UDP_MAX = 1232
WRONG_A = bytes([192, 175, 48, 66])  # in every reply that is not the right one


def absolute(name, origin):
    name = name.lower()
    return name if name.endswith(".") else origin if name == "@" else name + "." + origin


class Zone:
    def __init__(self, path):
        self.records, self.habits, self.asked = {}, {}, {}
        self.lock = threading.Lock()
        self.origin = "."
        with open(path) as lines:
            for line in lines:
                words = [] if line.startswith("#") else line.split()
                if words and words[0] == "$ORIGIN":
                    self.origin = words[1]
                elif words:
                    self.add(words)

    def add(self, words):
        owner, kind = absolute(words[0], self.origin), words[1]
        if words[2].startswith("!"):
            habits = self.habits.setdefault((owner, kind), {})
            for word in words[2:]:
                key, _, value = word[1:].partition("=")
                habits[key] = value
            return
        repeat = 1
        data = words[3:]
        if data[0] == "\\#":  # RDATA in hexadecimal digits, of any length
            self.records.setdefault((owner, kind), []).append((int(words[2]), bytes.fromhex("".join(data[1:]))))
            return
        if kind in ("CNAME", "PTR", "NS", "DNAME"):
            data = [absolute(data[0], self.origin)]
        elif kind == "MX":
            data = [data[0], absolute(data[1], self.origin)]
        elif kind == "A" and "*" in data[0]:  # 192.52.193.1*70: seventy of them
            first, _, count = data[0].partition("*")
            data, repeat = [first], int(count)
        for i in range(repeat):
            rdata = pack_data(kind, data)
            rdata = rdata if i == 0 else struct.pack("!I", struct.unpack("!I", rdata)[0] + i)
            self.records.setdefault((owner, kind), []).append((int(words[2]), rdata))

    def habit(self, name, kind):
        return self.habits.get((name, kind), self.habits.get((name, "*"), {}))

    def exists(self, name):
        return any(owner == name or owner.endswith("." + name) for owner, _ in list(self.records) + list(self.habits))

    def times(self, name, kind):
        with self.lock:
            self.asked[name, kind] = self.asked.get((name, kind), 0) + 1
            return self.asked[name, kind]

    def alias(self, name):
        """The DNAME above a name and what the name becomes by it."""
        parts = name.split(".")
        for i in range(1, len(parts) - 1):
            parent = ".".join(parts[i:])
            for ttl, rdata in self.records.get((parent, "DNAME"), []):
                target = ".".join(parts[:i]).encode("latin-1")
                prefix = b"".join(bytes([len(label)]) + label for label in target.split(b"."))
                return parent, ttl, rdata, prefix + rdata
        return None


def text_of(wire):
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at + 1 : at + 1 + wire[at]].decode("latin-1"))
        at += 1 + wire[at]
    return ".".join(labels) + "."


def signature(kind, ttl):
    """Data that looks like an RRSIG, and is none."""
    return struct.pack("!H2BI2IH", kind, 13, 3, ttl, 0x7FFFFFFF, 0, 4711) + b"\x05peers\x07example\x00" + b"\x5a" * 64


class Answerer:
    def __init__(self, zone):
        self.zone = zone

    def owner(self, name, query):
        return POINTER_TO_QUESTION if name == query.name.lower() else pack_name(name)

    def set(self, name, kind, query, signed):
        found = [pack_record(self.owner(name, query), TYPES[kind], ttl, data) for ttl, data in self.zone.records.get((name, kind), [])]
        if found and signed and query.do:
            ttl = self.zone.records[name, kind][0][0]
            found.append(pack_record(self.owner(name, query), TYPES["RRSIG"], ttl, signature(TYPES[kind], ttl)))
        return found

    def follow(self, name, kind, query):
        """(records of the chain and its end, the last name)"""
        answer = []
        for _ in range(CHAIN_MAX):
            signed = "signed" in self.zone.habit(name, kind)
            if kind == "ANY":
                kinds = [k for owner, k in self.zone.records if owner == name]
                return [record for k in kinds for record in self.set(name, k, query, signed)], name
            found = self.set(name, kind, query, signed)
            if found:
                return answer + found, name
            alias = self.set(name, "CNAME", query, signed)
            above = self.zone.alias(name)
            if alias:
                answer += alias
                name = text_of(self.zone.records[name, "CNAME"][0][1])
            elif above:
                parent, ttl, rdata, target = above
                answer.append(pack_record(pack_name(parent), TYPES["DNAME"], ttl, rdata))
                answer.append(pack_record(self.owner(name, query), TYPES["CNAME"], ttl, target))
                name = text_of(target)
            else:
                return answer, name
        return answer, name

    def negative(self, name, kind, query):
        habit = self.zone.habit(name, kind)
        if "no-soa" in habit:
            return []
        ttl, minimum = map(int, habit["soa"].split(",")) if "soa" in habit else NEGATIVE
        data = pack_name("ns." + self.zone.origin) + pack_name("host." + self.zone.origin) + struct.pack("!5I", 1, 3600, 900, 86400, minimum)
        records = [pack_record(pack_name(self.zone.origin), TYPES["SOA"], ttl, data)]
        if "signed" in habit and query.do:
            records.append(pack_record(pack_name(self.zone.origin), TYPES["RRSIG"], ttl, signature(TYPES["SOA"], ttl)))
            nsec = pack_name("\0." + name) + bytes([0, 1, 0x40])  # A alone is there
            records.append(pack_record(self.owner(name, query), TYPES["NSEC"], ttl, nsec))
            records.append(pack_record(self.owner(name, query), TYPES["RRSIG"], ttl, signature(TYPES["NSEC"], ttl)))
        return records

    def reply(self, query, tcp):
        """(replies to send in order with the port to send from, milliseconds to wait); none for silence"""
        name, kind = query.name.lower(), NAMES.get(query.type, str(query.type))
        habit = self.zone.habit(name, kind)
        times = self.zone.times(name, kind)
        if "silent" in habit or (tcp and "tcp-close" in habit) or ("silent-after" in habit and times > int(habit["silent-after"])):
            return [], 0
        rcode = next((RCODES.index(word) for word in habit if word in RCODES), None)
        answer, last = [], name
        if rcode is None:
            answer, last = self.follow(name, kind, query)
            rcode = 0 if self.zone.exists(last) else RCODES.index("NXDOMAIN")
        ended = (last, kind) in self.zone.records or (kind == "ANY" and answer)
        authority = [] if ended or rcode not in (0, RCODES.index("NXDOMAIN")) else self.negative(last, kind, query)
        additional = []
        for other in habit.get("add", "").split(",") if "add" in habit else []:
            for each in ("A", "AAAA"):
                additional += self.set(absolute(other, self.zone.origin), each, query, False)
        if "extra" in habit:
            wrong = pack_record(pack_name("victim." + self.zone.origin), TYPES["A"], 3600, WRONG_A)
            answer.append(wrong)
            authority.append(pack_record(pack_name("example."), TYPES["NS"], 3600, pack_name("victim." + self.zone.origin)))
            additional.append(wrong)
        flags = QR | RA | (query.flags & (RD | CD)) | rcode
        if "ad" in habit and (query.do or query.flags & AD):
            flags |= AD
        size = max(query.opts[0].klass, 512) if query.opts else 512
        size = int(habit["udp-size"]) if "udp-size" in habit else min(size, UDP_MAX)

        def build(flags, answer, authority, additional):
            if query.opts:
                said = pack_option(EDE, struct.pack("!H", int(habit["ede"]))) if "ede" in habit else b""
                additional = additional + [pack_opt(UDP_MAX, DO if query.do else 0, said)]
            return message(query.id, flags, query.question, (answer, authority, additional))

        whole = build(flags, answer, authority, additional)
        if not tcp and "short" in habit:
            whole = build(flags | TC, answer[:1], [], [])
        elif not tcp and ("tc" in habit or len(whole) > size):
            whole = build(flags | TC, [], [], [])
        replies = [] if tcp or "before" not in habit else [self.wrong(each, query) for each in habit["before"].split(",")]
        return replies + [(whole, False)] * (1 + ("twice" in habit)), int(habit.get("delay", 0))

    def wrong(self, kind, query):
        """A reply that must not be taken for the right one, and whether it comes from another port."""
        identity, flags, question = query.id, QR | RA | RD, query.question
        if kind == "wrong-id":
            identity ^= 0x5555
        elif kind == "wrong-question":
            question = pack_name("other." + self.zone.origin) + query.question[-4:]
        elif kind == "not-a-reply":
            flags &= ~QR
        record = pack_record(POINTER_TO_QUESTION, TYPES["A"], 3600, WRONG_A)
        if kind == "loop":  # the owner is a pointer to itself
            record = struct.pack("!H", 0xC000 | 12 + len(question)) + record[2:]
        elif kind == "lies":
            record = record[:10] + struct.pack("!H", 0xFFFF) + record[12:]
        elif query.type == TYPES["AAAA"]:
            record = pack_record(POINTER_TO_QUESTION, TYPES["AAAA"], 3600, bytes.fromhex("20010db8dead") + bytes(10))
        data = message(identity, flags, question, ([record], [], []))
        return (data[:-7] if kind == "garbage" else data), kind == "wrong-port"


class Log:
    def __init__(self, path):
        self.file = open(path, "w", buffering=1)

    def note(self, query, protocol):
        kind = NAMES.get(query.type, str(query.type))
        flags = "".join(letter for letter, bit in (("r", RD), ("a", AD), ("c", CD)) if query.flags & bit) + ("d" if query.do else "")
        print("%.3f %s %s %s %s" % (time.time(), protocol, query.name.lower(), kind, flags or "-"), file=self.file)


def parsed(data):
    try:
        return Message(data)
    except (ValueError, IndexError, struct.error):
        return None


def serve_udp(udp, other, answerer, log):
    def send(replies, client):
        for data, from_other_port in replies:
            (other if from_other_port else udp).sendto(data, client)

    while True:
        data, client = udp.recvfrom(65535)
        query = parsed(data)
        if query is None or query.flags & QR:
            continue
        log.note(query, "udp")
        replies, delay = answerer.reply(query, False)
        if delay:
            threading.Timer(delay / 1000, send, (replies, client)).start()
        else:
            send(replies, client)


def serve_connection(connection, answerer, log):
    reader = connection.makefile("rb")
    with connection:
        while len(header := reader.read(2)) == 2:
            query = parsed(reader.read(struct.unpack("!H", header)[0]))
            if query is None:
                return
            log.note(query, "tcp")
            replies, delay = answerer.reply(query, True)
            if not replies:
                return
            time.sleep(delay / 1000)
            for data, _ in replies:
                connection.sendall(struct.pack("!H", len(data)) + data)


def main():
    address, port, zone, log = sys.argv[1], int(sys.argv[2]), Zone(sys.argv[3]), Log(sys.argv[4])
    answerer = Answerer(zone)
    udp, other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, port))
    other.bind((address, 0))
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind((address, port))
    tcp.listen(64)
    threading.Thread(target=serve_udp, args=(udp, other, answerer, log), daemon=True).start()
    while True:
        connection, _ = tcp.accept()
        threading.Thread(target=serve_connection, args=(connection, answerer, log), daemon=True).start()


main()
