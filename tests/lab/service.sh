#!/bin/bash
# Start and stop: what is left behind, a second start, -T, bad files.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no network"; exit 1; }
lab_config
nat64d=$G64_BUILD/nat64d/nat64d
dns64=$G64_BUILD/dns64/dns64

state() { # links, addresses, routes, rules, neighbours; the anycast routes come with forwarding, which stays on
    lab_in gw ip -o link | sed 's/^[0-9]*: //' | cut -d' ' -f1
    lab_in gw ip addr | grep -v valid_lft
    lab_in gw ip -4 route show table all
    lab_in gw ip -6 route show table all | grep -v 'fe80\|expires\|^anycast' | sort
    lab_in gw ip rule
    lab_in gw ip neigh show proxy
}
leaves_nothing() {
    state >"$LAB_DIR/before"
    lab_nat64d && lab_dns64 || return 1
    lab_in gw ip link show nat64 && lab_in gw ip -6 route show 64:ff9b::/96 | grep -q nat64 || return 1
    kill -TERM "$NAT64D_PID" "$DNS64_PID"
    wait "$NAT64D_PID" || { echo "nat64d: status $?"; cat "$LAB_DIR/nat64d.log"; return 1; }
    wait "$DNS64_PID" || { echo "dns64: status $?"; cat "$LAB_DIR/dns64.log"; return 1; }
    state >"$LAB_DIR/after"
    diff "$LAB_DIR/before" "$LAB_DIR/after" && ! ls "$LAB_DIR"/state/*/control 2>/dev/null
}
down() { # gate64 down, which finds nat64d in PATH
    PATH=$G64_BUILD/nat64d:$PATH gate64 down
}
everything() { # of the host that nat64d may touch
    state
    lab_in gw iptables-save | grep -v '^#\|^:\|^COMMIT\|^\*'
    lab_in gw ip6tables-save | grep -v '^#\|^:\|^COMMIT\|^\*'
    lab_in gw cat /proc/sys/net/ipv4/ip_local_reserved_ports
    ls -A "$LAB_DIR/state/nat64d" /dev/shm/gate64-nat64d 2>/dev/null | grep -v '^lock$\|^$\|:$'
}
killed_and_down() { # of a shared address, which changes most
    lab_in gw sysctl -qw net.ipv4.ip_local_reserved_ports=8088,50000-50010
    everything >"$LAB_DIR/before"
    LAB_SHARED=yes LAB_ADDRESSES=$LAB_GW4 LAB_SHOP=$LAB_GW4 lab_config
    lab_nat64d || { cat "$LAB_DIR/nat64d.log"; return 1; }
    lab_in gw iptables-save | grep -q NFQUEUE && lab_in gw cat /proc/sys/net/ipv4/ip_local_reserved_ports | grep -q 49152 || return 1
    down && { echo "down beside a nat64d that runs"; return 1; }
    local translator
    translator=$(lab_translator)
    kill -9 "$NAT64D_PID" "$translator"
    lab_wait 5 lab_gone "$translator"
    everything >"$LAB_DIR/left"
    cmp -s "$LAB_DIR/before" "$LAB_DIR/left" && { echo "nothing was left to take down"; return 1; }
    down || return 1
    everything >"$LAB_DIR/after"
    lab_config
    diff "$LAB_DIR/before" "$LAB_DIR/after"
}
lab_gone() { ! kill -0 "$1" 2>/dev/null; }
twice() { # PROGRAM
    lab_spawn gw first "$1" -c "$LAB_DIR/gate64.conf" -f
    lab_wait 10 test -S "$LAB_DIR/state/$(basename "$1")/control" || return 1
    lab_in gw "$1" -c "$LAB_DIR/gate64.conf" -f >"$LAB_DIR/second" 2>&1
    local status=$?
    cat "$LAB_DIR/second"
    grep -q "runs already, as process $(cat "$LAB_DIR/state/$(basename "$1")/lock")" "$LAB_DIR/second" && [ $status = 1 ]
    status=$?
    lab_end "$LAB_PID"
    return $status
}
prints_itself() { # PROGRAM
    "$1" -T -c "$LAB_DIR/gate64.conf" >"$LAB_DIR/one" && "$1" -T -c "$LAB_DIR/one" >"$LAB_DIR/two" &&
        cmp "$LAB_DIR/one" "$LAB_DIR/two"
}
refuses() { # TEXT LINE FRAGMENT
    printf '%s\n' "$1" >"$LAB_DIR/bad.conf"
    lab_in gw "$nat64d" -c "$LAB_DIR/bad.conf" -f >"$LAB_DIR/said" 2>&1
    local status=$?
    cat "$LAB_DIR/said"
    [ $status = 1 ] && grep -q "$LAB_DIR/bad.conf:$2: .*$3.*allowed" "$LAB_DIR/said"
}
says_why() { # FILE-TEXT WHAT: nat64d does not start, and names WHAT
    echo "$1" >"$LAB_DIR/bad.conf"
    ! lab_in gw timeout 10 "$nat64d" -c "$LAB_DIR/bad.conf" -f 2>"$LAB_DIR/said" && cat "$LAB_DIR/said" && grep -q "$2" "$LAB_DIR/said"
}
no_uplink() { # the default pool is the uplink's address
    lab_in gw ip route del default
    says_why "state-dir = \"$LAB_DIR/state\";" 'no IPv4 default route'
    local r=$?
    lab_in gw ip route add default via 192.31.196.2
    return $r
}
no_user() { says_why "state-dir = \"$LAB_DIR/state\"; user = \"g64nobody\";" 'useradd --system .* g64nobody'; }
has_only() { # PID CAPABILITIES: effective and permitted are these, and it gets no new ones
    grep -E 'CapEff|CapPrm|CapBnd|NoNewPrivs|Uid' "/proc/$1/status"
    [ "$(grep -cE "(CapEff|CapPrm):.$2" "/proc/$1/status")" = 2 ] && grep -q 'NoNewPrivs:.1' "/proc/$1/status"
}
capabilities() { # bits: KILL 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10, NET_ADMIN 12; iptables is not the legacy one here
    lab_nat64d && lab_dns64 || return 1
    has_only "$NAT64D_PID" 00000000000010e0 && has_only "$(lab_translator)" 0000000000000000 &&
        has_only "$DNS64_PID" 0000000000000400 && grep -q 'CapBnd:.00000000000010e0' "/proc/$NAT64D_PID/status" &&
        [ "$(stat -c %U "/proc/$(lab_translator)")" = gate64 ]
    local r=$?
    lab_end "$NAT64D_PID"
    lab_end "$DNS64_PID"
    return $r
}
filtered() { # PID: its system calls are, those of its threads too
    grep -H 'Seccomp:' "/proc/$1"/task/*/status
    [ "$(cat "/proc/$1"/task/*/status | grep -c 'Seccomp:.2')" = "$(ls "/proc/$1/task" | wc -l)" ]
}
system_calls() {
    lab_nat64d && lab_dns64 && filtered "$(lab_translator)" && filtered "$DNS64_PID"
    local r=$?
    lab_end "$NAT64D_PID"
    lab_end "$DNS64_PID"
    return $r
}
device_removed() { # by somebody else: said, and made again
    lab_nat64d || return 1
    lab_in gw ip link del nat64
    lab_wait 10 grep -q 'nat64 cannot be read any more' "$LAB_DIR/nat64d.log" && lab_wait 10 lab_in gw ip link show nat64 &&
        lab_wait 10 lab_translates && lab_in gw ip -6 route show 64:ff9b::/96 | grep -q nat64
    local r=$?
    cat "$LAB_DIR/nat64d.log"
    lab_end "$NAT64D_PID"
    return $r
}
ready() { # Type=notify: READY=1 comes to the socket of the service manager
    python3 - "$LAB_DIR/notify" >"$LAB_DIR/notified" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(10)
text = ""
while "READY=1" not in text:  # descriptors for the store come before it
    text = s.recv(1000).decode()
print(text)
END
    local listener=$!
    lab_wait 5 test -S "$LAB_DIR/notify"
    NOTIFY_SOCKET=$LAB_DIR/notify lab_nat64d
    wait $listener
    lab_end "$NAT64D_PID"
    cat "$LAB_DIR/notified"
    grep -qx READY=1 "$LAB_DIR/notified"
}
t_plan 18
t "SIGTERM leaves no device, address, route, rule or socket" leaves_nothing
t "gate64 down after a kill of all leaves nothing, and the host its own reserved ports" killed_and_down
t "nat64d started twice says so" twice "$nat64d"
t "dns64 started twice says so" twice "$dns64"
t "nat64d -T prints what parses to the same" prints_itself "$nat64d"
t "dns64 -T prints what parses to the same" prints_itself "$dns64"
t "unknown key" refuses 'nat64: { worker = 2; };' 1 'unknown key nat64.worker'
t "key twice" refuses 'state-dir = "/a";
state-dir = "/b";' 2 'duplicate'
t "unclosed section" refuses '
nat64: { workers = 2;' 2 'never closed'
t "an integer beyond 32 bits" refuses 'nat64: {
  workers = 99999999999; };' 2 'too large'
t "overlapping pools" refuses 'pools = ( { address = "192.31.196.0/28"; },
  { address = "192.31.196.4"; } );' 2 'overlaps'
t "N64-3-01 no pools: nat64d refuses and says why" says_why 'pools = ();' 'no pools'
t "N64-3-01 no address to share: nat64d refuses and says why" no_uplink
t "a missing user: nat64d refuses and says how to make it" no_user
t "SEC-60 capabilities are what is needed" capabilities
t "SEC-60 every thread that sees packets or queries has a list of system calls" system_calls
t "a device that somebody removes is made again with a word" device_removed
t "READY=1 for the service manager" ready
exit $t_failed
