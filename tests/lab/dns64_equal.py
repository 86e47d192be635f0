#!/usr/bin/env python3
# Equal questions at once, each from a socket of its own: dns64_equal.py SERVER NAME COUNT. Prints how many were
# answered with a synthetic address; 0: all.
import select, socket, struct, sys, time

server, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
WANTED = bytes.fromhex("0064ff9b0000000000000000c034c10a")
question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack("!2H", 28, 1)
waiting = {}
for number in range(count):
    one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    one.connect((server, 53))
    one.send(struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question)
    waiting[one] = number
right, until = 0, time.monotonic() + 4
poll = select.poll()
by_fd = {one.fileno(): one for one in waiting}
for one in waiting:
    poll.register(one, select.POLLIN)
while waiting and time.monotonic() < until:
    for fd, _ in poll.poll(100):
        one = by_fd[fd]
        reply = one.recv(4096)
        right += struct.unpack("!H", reply[:2])[0] == waiting.pop(one) and WANTED in reply
        poll.unregister(one)
print(f"asked {count}, answered rightly {right}")
sys.exit(0 if right == count else 1)
