#!/usr/bin/env python3
# Asks each server the table's questions and prints who follows which row; tests/peers/run starts it in a network
# namespace of its own. Exit code 1 if dns64 does not follow a row.
import argparse, ipaddress, json, os, random, shutil, socket, struct, subprocess, sys, tempfile, threading, time

from message import CD, AD, CLASSES, DO, EDE, FLAGS, QR, RCODE_NAMES, RD, TYPES
from message import Message, message, pack_name, pack_opt, pack_option

HERE = os.path.dirname(os.path.abspath(__file__))
ORIGIN = ".peers.example."
NAMES = {number: name for name, number in TYPES.items()}
UPSTREAM_PORT, ANSWER_S, SILENCE_S, START_S, AGE_S = 5353, 12, 1, 20, 2
SERVERS = {  # name: command; @...@ as in the configurations
    "dns64": ["@BUILD@/dns64/dns64", "-c", "@DIR@/gate64.conf", "-f"],
    "unbound": ["unbound", "-d", "-c", "@DIR@/unbound.conf"],
    "BIND": ["named", "-g", "-c", "@DIR@/named.conf"],
    "Knot": ["kresd", "-n", "-q", "-c", "@DIR@/kresd.conf", "@DIR@"],
    "PowerDNS": ["pdns_recursor", "--config-dir=@DIR@"],
}
CONFIGURATIONS = {"dns64": "gate64.conf", "unbound": "unbound.conf", "BIND": "named.conf", "Knot": "kresd.conf", "PowerDNS": "recursor.conf"}


class Row:
    def __init__(self, row_id, text):
        self.id, self.text, self.steps = row_id, text, []


def read_table(path):
    rows = []
    with open(path) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                row_id, question, expected, text = [part.strip() for part in line.split("|")]
                if row_id == "+":
                    rows[-1].text += ", " + text
                else:
                    rows.append(Row(row_id, text))
                rows[-1].steps.append((question.split(), expected.split()))
    return rows


def absolute(name):
    return name if name.endswith(".") else name + ORIGIN


class Question:
    def __init__(self, words):
        self.name, self.kind, self.tcp, self.wait = absolute(words[0]), words[1], False, 0
        self.id = random.randrange(65536)
        flags, klass, version, size, opts, options, empty, do = RD, "IN", 0, 1232, 1, b"", False, 0
        for word in words[2:]:
            key, _, value = word.partition("=")
            if key == "tcp":
                self.tcp = True
            elif key == "do":
                do = DO
            elif key == "cd":
                flags |= CD
            elif key == "ad":
                flags |= AD
            elif key == "qr":
                flags |= QR
            elif key == "rd":
                flags &= ~RD
            elif key == "class":
                klass = value
            elif key == "opcode":
                flags |= int(value) << 11
            elif key == "edns":
                opts, version = (0, 0) if value == "none" else (1, int(value))
            elif key == "size":
                size = int(value)
            elif key == "opts":
                opts = int(value)
            elif key == "option":
                code, _, digits = value.partition(":")
                options += pack_option(int(code), bytes.fromhex(digits))
            elif key == "options":
                options += pack_option(65001, b"") * int(value)
            elif key == "empty":
                empty = True
            elif key == "wait":
                self.wait = float(value)
            else:
                raise ValueError("no such word: " + word)
        self.wire = b"" if empty else pack_name(self.name) + struct.pack("!2H", TYPES[self.kind], CLASSES[klass])
        self.bytes = message(self.id, flags, self.wire, ([], [], [pack_opt(size, version << 16 | do, options)] * opts))


def receive_exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("closed")
        data += more
    return data


def ask(question, server, patience):
    """(answer's bytes or None, seconds that it took)"""
    begin = time.monotonic()
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if question.tcp else socket.SOCK_DGRAM) as connection:
            connection.settimeout(patience)
            connection.connect((server, 53))
            connection.sendall((struct.pack("!H", len(question.bytes)) if question.tcp else b"") + question.bytes)
            while time.monotonic() - begin < patience:
                data = receive_exactly(connection, struct.unpack("!H", receive_exactly(connection, 2))[0]) if question.tcp else connection.recv(65535)
                if data[:2] == question.bytes[:2]:
                    return data, time.monotonic() - begin
    except OSError:
        pass
    return None, time.monotonic() - begin


def canonical(kind, data):
    if kind == "AAAA":
        return str(ipaddress.IPv6Address(data))
    if kind in ("CNAME", "PTR"):
        return absolute(data).lower()
    if kind == "MX":
        preference, _, name = data.partition(",")
        return preference + "," + absolute(name).lower()
    return data


def timeless(answer):
    """What two answers to one question have in common: all but ID and TTLs."""
    return answer.flags, answer.question, [[(r.owner.lower(), r.kind, r.klass, r.data) for r in s] for s in answer.sections], answer.options


class Judge:
    """Whether one answer is what is expected; `fault` is empty or says what is not."""

    def __init__(self, question, answer, seconds, first, asked):
        self.question, self.answer, self.seconds, self.first, self.asked = question, answer, seconds, first, asked
        self.records = answer.sections[0]

    def of(self, kind, section=0):
        return [record for record in self.answer.sections[section] if record.kind == TYPES[kind]]

    def fault(self, word):
        for sign in ("<=", "=", ">", ":", "<"):
            key, found, value = word.partition(sign)
            if found and key in TYPES:
                return self.data(key, sign, value)
            if found:
                return self.compare(key, sign, value)
        if word in ("opt", "no-opt"):
            return "" if bool(self.answer.opts) == (word == "opt") else "%d OPT" % len(self.answer.opts)
        if word == "case":
            return "" if self.answer.question == self.question.wire else "question " + self.answer.name
        if word == "same":
            return "" if timeless(self.answer) == timeless(self.first) else "another answer"
        if word == "one-ttl":
            return "" if len({record.ttl for record in self.records}) == 1 else "several TTLs"
        bit, wanted = FLAGS[word.lstrip("-")], not word.startswith("-")
        return "" if bool(self.answer.flags & bit) == wanted else "%s=%d" % (word.lstrip("-"), not wanted)

    def data(self, kind, sign, value):
        got = [record.data for record in self.of(kind)]
        if sign == ":":
            return "" if len(got) == int(value) else "%d %s" % (len(got), kind)
        values = [value] if kind == "MX" else value.split(",")
        wanted = [] if value == "none" else [canonical(kind, each) for each in values]
        if got == wanted or (sign == "=" and sorted(got) == sorted(wanted)):
            return ""
        return "%s %s" % (kind, ",".join(got[:3]) or "none")

    def compare(self, key, sign, value):
        if key == "chain":
            wanted = [absolute(name).lower() for name in value.split(">")]
            got = [record.data for record in self.of("CNAME")]
            return "" if got == wanted else "chain " + ">".join(got)
        if key == "owner":
            got = self.records[-1].owner.lower() if self.records else "none"
            return "" if got == absolute(value).lower() else "owner " + got
        if key == "ttl":
            got = self.records[-1].ttl if self.records else -1
            wanted = int(value)
            good = 0 <= got <= wanted and (sign == "<=" or got >= wanted - AGE_S)
            return "" if good else "TTL %d" % got
        if key in ("additional", "authority"):
            kind, _, count = value.partition(":")
            got = len(self.of(kind, 1 if key == "authority" else 2))
            return "" if got == int(count) else "%s %d %s" % (key, got, kind)
        if key == "soa-ttl":
            got = [record.ttl for record in self.of("SOA", 1)]
            return "" if len(got) == 1 and int(value) - AGE_S <= got[0] <= int(value) else "SOA TTL %s" % got
        if key in ("ede", "no-ede"):
            codes = [struct.unpack_from("!H", data)[0] for code, data in self.answer.options if code == EDE]
            return "" if (int(value) in codes) == (key == "ede") else "EDE %s" % (codes or "none")
        if key == "option":
            return "" if int(value) in [code for code, _ in self.answer.options] else "no option " + value
        if key == "no-data":
            return "" if all(value not in record.data for record in self.records) else "bad data passed"
        if key == "records":
            return "" if len(self.records) < int(value) else "%d records" % len(self.records)
        if key == "within":
            return "" if self.seconds < float(value) else "%.1f s" % self.seconds
        if key == "asked":
            kind, less, count = value.partition("<") if "<" in value else value.partition(":")
            got = self.asked(self.question.name.lower(), kind)
            return "" if (got < int(count) if less == "<" else got == int(count)) else "asked %s %d times" % (kind, got)
        raise ValueError("no such word: " + key)


class Server:
    def __init__(self, name, number, directory):
        self.name, self.address, self.upstream = name, "127.0.0.%d" % (11 + number), "127.0.0.%d" % (41 + number)
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        os.chmod(self.directory, 0o777)
        self.log_path = os.path.join(self.directory, "questions.log")
        self.results, self.processes = [], []

    def fill(self, text):
        for key, value in (("ADDRESS", self.address), ("UPSTREAM", self.upstream), ("PORT", str(UPSTREAM_PORT)), ("DIR", self.directory),
                           ("BUILD", os.environ["G64_BUILD"])):
            text = text.replace("@%s@" % key, value)
        return text

    def spawn(self, command, log):
        with open(os.path.join(self.directory, log), "wb") as out:
            self.processes.append(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL))

    def start(self):
        """Whether it answers within START_S."""
        subprocess.run(["ip", "address", "add", self.address + "/32", "dev", "lo"], check=True)  # BIND listens on these only
        name = CONFIGURATIONS[self.name]
        with open(os.path.join(HERE, name)) as source, open(os.path.join(self.directory, name), "w") as target:
            target.write(self.fill(source.read()))
        self.spawn([sys.executable, os.path.join(HERE, "upstream.py"), self.upstream, str(UPSTREAM_PORT), os.path.join(HERE, "zone"), self.log_path], "upstream.log")
        self.spawn([self.fill(word) for word in SERVERS[self.name]], "server.log")
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            time.sleep(0.2)
            try:
                with socket.create_connection((self.address, 53), 1), socket.create_connection((self.upstream, UPSTREAM_PORT), 1):
                    return True
            except OSError:
                pass
        return False

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def asked_since(self, offset):
        def count(name, kind):
            with open(self.log_path) as log:
                log.seek(offset)
                seen = [line.split()[2:4] for line in log]
            return sum(1 for each in seen if each[0] == name and kind in ("*", each[1]))

        return count

    def judge(self, row):
        """Empty if the row is followed, else what is wrong."""
        first, offset = None, os.path.getsize(self.log_path)
        for words, expected in row.steps:
            question = Question(words)
            time.sleep(question.wait)
            data, seconds = ask(question, self.address, SILENCE_S if expected[0] == "silence" else ANSWER_S)
            if data is None:
                if expected[0] != "silence":
                    return "no answer"
                continue
            try:
                answer = Message(data)
            except (ValueError, IndexError, struct.error) as fault:
                return "not to be read: %s" % fault
            rcode = RCODE_NAMES.get(answer.rcode, str(answer.rcode))
            if rcode not in expected[0].split("/"):
                return rcode
            judge = Judge(question, answer, seconds, first, self.asked_since(offset))
            for word in expected[1:]:
                fault = judge.fault(word)
                if fault:
                    return fault
            first = first or answer
        return ""

    def run(self, rows):
        for row in rows:
            self.results.append(self.judge(row))


def print_table(servers, rows, why):
    print("%-15s %s %s" % ("ROW", "".join("%-9s" % server.name for server in servers), "WHAT IT SHOWS"))
    for i, row in enumerate(rows):
        print("%-15s %s %s" % (row.id, "".join("%-9s" % ("-" if server.results[i] else "yes") for server in servers), row.text))
        if why:
            for server in servers:
                if server.results[i]:
                    print("%15s %s: %s" % ("", server.name, server.results[i]))
    print("%-15s %s of %d rows" % ("followed", "".join("%-9d" % server.results.count("") for server in servers), len(rows)))


def print_json(servers, rows):
    print(json.dumps([{"id": row.id, "shows": row.text, "followed": {server.name: not server.results[i] for server in servers},
                       "why-not": {server.name: server.results[i] for server in servers if server.results[i]}} for i, row in enumerate(rows)], indent=1))


def print_tap(server, rows):
    print("1..%d" % len(rows))
    for i, row in enumerate(rows):
        print("%s %d - %s %s" % ("not ok" if server.results[i] else "ok", i + 1, row.id, row.text))
        if server.results[i]:
            print("# " + server.results[i])


def main():
    parser = argparse.ArgumentParser(prog="tests/peers/run", description="who follows which row of tests/peers/questions")
    parser.add_argument("--only", action="append", choices=SERVERS, help="this server alone; may be given several times")
    parser.add_argument("--rows", help="the rows alone whose ID begins with this")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tap", action="store_true", help="as a test of the first server")
    parser.add_argument("--why", action="store_true", help="what was wrong with an answer")
    parser.add_argument("--keep", help="a folder for the servers' files and logs")
    options = parser.parse_args()
    rows = [row for row in read_table(os.path.join(HERE, "questions")) if row.id.startswith(options.rows or "")]
    directory = options.keep or tempfile.mkdtemp(prefix="g64-peers-")
    os.makedirs(directory, exist_ok=True)
    os.chmod(directory, 0o755)
    servers = [Server(name, number, directory) for number, name in enumerate(SERVERS) if name in (options.only or SERVERS)]
    try:
        silent = [server.name for server in servers if not server.start()]
        if silent:
            for server in servers:
                if server.name in silent:
                    with open(os.path.join(server.directory, "server.log"), errors="replace") as log:
                        sys.stderr.write(log.read()[-2000:])
            sys.exit("peers: no answer from " + ", ".join(silent))
        threads = [threading.Thread(target=server.run, args=(rows,)) for server in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for server in servers:
            server.stop()
        if not options.keep:
            shutil.rmtree(directory)
    if options.tap:
        print_tap(servers[0], rows)
    elif options.json:
        print_json(servers, rows)
    else:
        print_table(servers, rows, options.why)
    sys.exit(any(fault for server in servers if server.name == "dns64" for fault in server.results))


main()
