#!/usr/bin/env python3
# Resolvers with a script, over UDP, TCP and TLS: dns64_resolvers.py LOG ADDRESS#PORT[,WORD...] ...
# Each answers A with its own last octet in 192.175.48.0/24, TXT with it as text, types above 65280 with 01C003, AAAA and all else with nothing. WORDs:
#   tls=CERT:KEY  over TLS only          silent  no answers by UDP       cut    all by UDP with TC
#   refuse-tcp    closes TCP at once     small   question in small letters in the reply
#   no-edns       FORMERR for OPT        wrong   before each reply some that are none; forged ones from elsewhere
#   cookie        gives a server cookie  badcookie  wants it            ad     sets AD
#   close=N       closes after N answers backwards  answers what came together in reverse    delay=MS
# Of names that begin with `swallow` AAAA gets no answer. A line of the log: milliseconds, ADDRESS, udp/tcp/tls, number of
# the connection, client's port, ID, name, type, edns or plain, client cookie and server cookie in hex or -.
import select, socket, ssl, struct, sys, threading, time

log = open(sys.argv[1], "w", buffering=1)
lock = threading.Lock()
connections = 0


def note(*words):
    with lock:
        print(int(time.monotonic() * 1000), *words, file=log)


def parse(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    kind, end = struct.unpack("!H", query[at + 1 : at + 3])[0], at + 5
    edns, cookie = len(query) > end, b""
    at = end + 11
    while edns and at + 4 <= len(query):
        code, size = struct.unpack("!HH", query[at : at + 4])
        cookie = query[at + 4 : at + 4 + size] if code == 10 else cookie
        at += 4 + size
    return ".".join(labels), kind, end, edns, cookie


class Resolver:
    def __init__(self, spec):
        words = spec.split(",")
        self.address, port = words[0].split("#")
        self.port = int(port)
        self.words = dict((word.split("=", 1) + [""])[:2] for word in words[1:])
        self.octet = int(self.address.split(".")[-1])

    def __contains__(self, word):
        return word in self.words

    def note(self, way, connection, client, query):
        name, kind, _, edns, cookie = parse(query)
        number = struct.unpack("!H", query[:2])[0]
        note(self.address, way, connection, client, number, name, kind, "edns" if edns else "plain",
             cookie[:8].hex() or "-", cookie[8:].hex() or "-")

    def answer(self, query, udp):
        name, kind, end, edns, cookie = parse(query)
        rcode, answers, more = 0, b"", 0
        if name.startswith("swallow") and kind == 28:
            return None
        question = query[12:end]
        if "small" in self:
            question = question[:-4].lower() + question[-4:]
        if "no-edns" in self and edns:
            return query[:2] + struct.pack("!5H", 0x8181, 1, 0, 0, 0) + question
        opt = b""
        if edns:
            option = b""
            if "cookie" in self or "badcookie" in self:
                option = struct.pack("!HH", 10, 16) + cookie[:8] + b"serverck"
            if "badcookie" in self and udp and cookie[8:] != b"serverck":
                rcode = 23
            opt = b"\0" + struct.pack("!HHBBHH", 41, 1232, rcode >> 4, 0, 0, len(option)) + option
        if rcode == 0 and kind == 1:
            answers, more = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([192, 175, 48, self.octet]), 1
        elif rcode == 0 and kind == 16:
            text = str(self.octet).encode()
            answers = b"\xc0\x0c" + struct.pack("!HHIHB", 16, 1, 60, len(text) + 1, len(text)) + text
            more = 1
        elif rcode == 0 and kind > 65280:
            answers, more = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, 3) + b"\x01\xc0\x03", 1
        flags = 0x8180 | rcode & 15 | (0x20 if "ad" in self else 0)
        if udp and "cut" in self:
            flags, answers, more = flags | 0x200, b"", 0
        return query[:2] + struct.pack("!5H", flags, 1, more, 0, 1 if edns else 0) + question + answers + opt

    def wrong(self, server, query, client):
        good = self.answer(query, True)
        forged = bytearray(good)
        forged[good.find(bytes([192, 175, 48, self.octet])) + 3 if b"\xc0\xaf\x30" in good else 0] ^= 0xFF
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind((self.address, 0))  # another port
        other.sendto(forged, client)
        elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        elsewhere.bind(("192.52.193.99", self.port))  # another address
        elsewhere.sendto(forged, client)
        server.sendto(bytes([forged[0] ^ 1]) + bytes(forged[1:]), client)  # another ID
        server.sendto(bytes(forged[:2]) + bytes([forged[2] & 0x7F]) + bytes(forged[3:]), client)  # no reply
        server.sendto(bytes(forged[:13]) + bytes([forged[13] ^ 1]) + bytes(forged[14:]), client)  # another name
        server.sendto(bytes(forged[:14]), client)  # no message

    def udp(self):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((self.address, self.port))
        later = []
        while True:
            wait = max(0, later[0][0] - time.monotonic()) if later else None
            if select.select([server], [], [], wait)[0]:
                query, client = server.recvfrom(4096)
                self.note("udp", 0, client[1], query)
                if "silent" in self:
                    continue
                if "wrong" in self:
                    self.wrong(server, query, client)
                reply = self.answer(query, True)
                if reply:
                    later.append((time.monotonic() + int(self.words.get("delay", "0")) / 1000, reply, client))
            while later and later[0][0] <= time.monotonic():
                _, reply, client = later.pop(0)
                server.sendto(reply, client)

    def serve(self, plain, client, context):
        global connections
        with lock:
            connections += 1
            number = connections
        way = "tls" if context else "tcp"
        try:
            peer = context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) if context else plain
            if context:
                note(self.address, "handshake", number, peer.version(), peer.selected_alpn_protocol(),
                     "resumed" if peer.session_reused else "new")
            self.talk(peer, way, number, client)
        except (OSError, ssl.SSLError) as error:
            note(self.address, "broken", number, type(error).__name__)
        finally:
            plain.close()

    def talk(self, peer, way, number, client):
        data, left = b"", int(self.words.get("close", "1000000"))
        while True:
            more = peer.recv(65536)
            if not more:
                note(self.address, "closed", number, "cleanly")
                return
            data += more
            if "backwards" in self:
                time.sleep(0.2)
                data += peer.recv(65536) if select.select([peer], [], [], 0)[0] else b""
            replies = []
            while len(data) >= 2 and len(data) >= 2 + struct.unpack("!H", data[:2])[0]:
                size = struct.unpack("!H", data[:2])[0]
                query, data = data[2 : 2 + size], data[2 + size :]
                self.note(way, number, client[1], query)
                reply = self.answer(query, False)
                if reply:
                    replies.append(struct.pack("!H", len(reply)) + reply)
            if "backwards" in self:
                replies.reverse()
            time.sleep(int(self.words.get("delay", "0")) / 1000)
            for reply in replies:
                if left == 0:
                    return
                peer.sendall(reply)
                left -= 1
            if left == 0:
                return

    def tcp(self):
        context = None
        if "tls" in self:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.words["tls"].split(":"))
            context.set_alpn_protocols(["dot"])
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((self.address, self.port))
        server.listen(64)
        while True:
            plain, client = server.accept()
            if "refuse-tcp" in self:
                plain.close()
                continue
            threading.Thread(target=self.serve, args=(plain, client, context), daemon=True).start()


for spec in sys.argv[2:]:
    resolver = Resolver(spec)
    threading.Thread(target=resolver.tcp, daemon=True).start()
    if "tls" not in resolver:
        threading.Thread(target=resolver.udp, daemon=True).start()
note("ready")
while True:
    time.sleep(60)
