#!/usr/bin/env python3
# Each query has one answer and no more: dns64_once.py SERVER COUNT NAME...: COUNT queries for each name over two seconds, from one
# socket, told apart by their IDs; then four seconds more are waited. Prints what came; 0: one for each.
import select, socket, struct, sys, time

server, count, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
one.connect((server, 53))
queries = []
for number, name in enumerate(names * count):
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    queries.append(struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question + struct.pack("!2H", 28, 1))
begin, sent, answers = time.monotonic(), 0, [0] * len(queries)
while time.monotonic() < begin + 6:
    while sent < len(queries) and time.monotonic() >= begin + 2 * sent / len(queries):
        one.send(queries[sent])
        sent += 1
    if select.select([one], [], [], 0.005)[0]:
        answers[struct.unpack("!H", one.recv(4096)[:2])[0]] += 1
print(f"queries {len(queries)}, with one answer {answers.count(1)}, with none {answers.count(0)}, most {max(answers)}")
sys.exit(0 if answers.count(1) == len(queries) else 1)
