#!/bin/bash
# Sequence numbers of TCP: real connections always fit, blind segments never count.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 2;"
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }

cat >"$LAB_DIR/forge.py" <<'END'
# forge.py DESTINATION PORT FLAGS COUNT: so many segments from the service's port 80, with random numbers
import os, random, socket, struct, sys
source, destination, port, flags, count = "192.52.193.10", sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
s.bind((source, 0))
def total(data):
    sum_ = 0
    for i in range(0, len(data), 2):
        sum_ += data[i] << 8 | data[i + 1]
    while sum_ >> 16:
        sum_ = (sum_ & 0xffff) + (sum_ >> 16)
    return ~sum_ & 0xffff
random.seed(1)
for i in range(count):
    head = struct.pack("!HHIIBBHHH", 80, port, random.getrandbits(32), random.getrandbits(32), 0x50, flags, 1000, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!HH", 6, len(head))
    s.sendto(head[:16] + struct.pack("!H", total(pseudo + head)) + head[18:], (destination, 0))
END
session() { # "STATE ADDRESS PORT" of the connection from port 50999
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/nat64d/control" "http://gate64/v1/sessions?protocol=tcp" |
        python3 -c 'import json, sys
for line in sys.stdin:
    try: r = json.loads(line.strip().rstrip(",").strip("[]"))
    except ValueError: continue
    if r.get("src6_port") == 50999: print(r["state"], r["src4"], r["src4_port"])'
}
hold() { # a connection that stays open
    mkfifo "$LAB_DIR/in"
    lab_in pi2 socat -t 30 - "TCP6:[$SERVICE6]:80,sourceport=50999,reuseaddr,connect-timeout=5" <"$LAB_DIR/in" >"$LAB_DIR/held" &
    exec 7>"$LAB_DIR/in"
    lab_wait 5 eval 'session | grep -q ^established'
}
blind() { # FLAGS: they reach the backend, which ignores them
    local before=$(counter tcp_out_of_window)
    set -- "$1" $(session)
    [ "$2" = established ] || return 1
    lab_in legacy python3 "$LAB_DIR/forge.py" "$3" "$4" "$1" 200
    lab_wait 5 eval '[ $(counter tcp_out_of_window) -ge $(('$before' + 190)) ]' && session | tee /dev/stderr | grep -q "^established"
}
lives() { # the connection itself still works
    printf 'GET /from HTTP/1.0\r\n\r\n' >&7
    lab_wait 5 grep -q '^192\.31\.196\.' "$LAB_DIR/held"
    exec 7>&-
}
bulk() { # up and down, many at once, through a router that loses
    local before=$(counter tcp_out_of_window)
    lab_in r4 iptables -A FORWARD -m statistic --mode random --probability 0.005 -j DROP || return 1
    head -c 20000000 /dev/urandom >"$LAB_DIR/www/twenty"
    for i in 1 2 3 4 5 6; do
        lab_in pi2 curl -sS -m 60 -o "$LAB_DIR/down$i" "http://[$SERVICE6]/twenty" &
        lab_in pi2 curl -sS -m 60 -T "$LAB_DIR/www/twenty" -H Host:api.legacy.example "http://[$SERVICE6]/put/up$i" &
    done
    wait $(jobs -p | tail -12)
    lab_in r4 iptables -nvL FORWARD
    lab_in r4 iptables -F FORWARD
    for i in 1 2 3 4 5 6; do
        cmp "$LAB_DIR/www/twenty" "$LAB_DIR/down$i" && cmp "$LAB_DIR/www/twenty" "$LAB_DIR/www/put/up$i" || return 1
    done
    echo "out of window: $(($(counter tcp_out_of_window) - before))"
    [ "$(counter tcp_out_of_window)" = "$before" ] && echo fine
}
slow() { # a reader that stops: the window closes, is probed, and opens
    local before=$(counter tcp_out_of_window)
    lab_in pi2 python3 -c '
import socket, sys, time
s = socket.create_connection((sys.argv[1], 80))
s.sendall(b"GET /twenty HTTP/1.0\r\n\r\n")
time.sleep(4)
n = 0
while True:
    data = s.recv(65536)
    if not data: break
    n += len(data)
print(n)
sys.exit(n < 20000000)' $SERVICE6 && [ "$(counter tcp_out_of_window)" = "$before" ]
}
restarted() { # numbers outlive the translator
    local pid=$(lab_translator)
    kill -9 "$pid"
    lab_wait 10 eval '[ "$(lab_translator)" != "'$pid'" ] && lab_translates' && blind 4
}
t_plan 7
t "N64-3.5.2-13 connections under loss always fit" bulk
t "N64-3.5.2-13 a closed window fits" slow
t "a connection is there" hold
t "N64-3.5.2-13 200 blind RSTs change nothing" blind 4
t "N64-3.5.2-13 200 blind FINs change nothing" blind 17
t "N64-3.5.2-13 nor after a crash" restarted
t "the connection lives" lives
exit $t_failed
