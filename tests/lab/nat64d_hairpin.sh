#!/bin/bash
# Two backends through a pool address: refused under the default filtering, passed under endpoint-independent.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 1;"
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }

# A socket of pi2 that talks to the service (so that it has a binding) and writes down what else arrives.
cat >"$LAB_DIR/listener.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 5555))
s.settimeout(8)
s.sendto(b"open", (sys.argv[1], 7777))
try:
    while True:
        data, peer = s.recvfrom(2000)
        print(peer[0], data.decode(), flush=True)
        if data == b"hello":
            s.sendto(b"answer", peer)
except socket.timeout:
    pass
END
binding() { # pi2's address and port in the pool
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/nat64d/control" "http://gate64/v1/bindings?protocol=udp&backend=2001:db8:2::2" |
        sed -n 's/.*"src6_port":5555,"src4":"\([0-9.]*\)","src4_port":\([0-9]*\).*/\1 \2/p'
}
call() { # pi3 says hello to pi2's pool address; prints what comes back
    set -- $(binding)
    [ $# = 2 ] || { echo "no binding"; return 1; }
    printf hello | lab_in pi3 socat -t 2 - "UDP6:[64:ff9b::$1]:$2"
}
try() { # prints what both sides saw
    rm -f "$LAB_DIR/listener.log"
    lab_spawn pi2 listener python3 "$LAB_DIR/listener.py" $SERVICE6
    lab_wait 5 grep -q open "$LAB_DIR/listener.log" || return 1
    call >"$LAB_DIR/call"
    lab_end "$LAB_PID"
    cat "$LAB_DIR/listener.log" "$LAB_DIR/call"
}
refused() { try; ! grep -q hello "$LAB_DIR/listener.log" && [ "$(counter drop_filtered)" -ge 1 ]; }
passed() { # N64-3.8-02: seen from the external address of the sender
    try
    grep -q '^64:ff9b::c01f:c41[0-3] hello' "$LAB_DIR/listener.log" && grep -q answer "$LAB_DIR/call"
}
unbound() { # (a ping would meet its own binding, whose identifier it carries, if the address is its own)
    local before=$(counter drop_no_binding)
    echo x | lab_in pi2 socat -t 0.2 - "UDP6:[64:ff9b::c01f:c413]:9"
    [ "$(counter drop_no_binding)" -gt "$before" ]
}
restart() { # WORKERS
    lab_end "$NAT64D_PID"
    LAB_NAT64="workers = $1; "'filtering: { tcp = "endpoint-independent"; udp = "endpoint-independent"; icmp = "endpoint-independent"; };'
    lab_config && lab_nat64d
}
t_plan 7
t "N64-3.8-05 hairpin UDP is refused under the default filtering" refused
t "N64-3.8-06 a pool address without binding is not sent out" unbound
t "nat64d starts again with endpoint-independent filtering" restart 1
t "N64-3.8-01 hairpin UDP passes under endpoint-independent filtering, both ways" passed
t "nat64d starts again with two workers" restart 2
t "N64-3.8-01 and between two workers" passed
t "HAIRPINS are counted" test "$(counter hairpins)" -ge 2
exit $t_failed
