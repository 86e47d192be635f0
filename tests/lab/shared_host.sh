#!/bin/bash
# A shared address while nat64d hangs, dies and comes back: what is the host's own, or a container's behind it, loses
# nothing, and nobody outside sees a reset or an unreachable for our ports. LAB_FULL=yes: five rounds of each, and under
# each of five firewalls; else one round under the worst.
#
#   box (container, 192.168.3.2) --- gw (192.31.196.1, nat64d) --- r4 --- legacy
LAB_SHARED=yes
LAB_NAT64="workers = 2;"
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
LAB_NAMES="$LAB_NAMES box"
trap 'supervisor_end; lab_down' EXIT
rounds=1
[ -z "${LAB_FULL:-}" ] || rounds=5
steady=${G64_SOURCE:-$PWD}/tests/lab/steady.py
nat64d=$G64_BUILD/nat64d/nat64d

# Starts nat64d whenever there is none, as a service manager does; --keep, so that a start finds the host set up.
supervise() {
    while :; do
        ip netns exec "$LAB-gw" "$nat64d" -c "$LAB_DIR/gate64.conf" -f --keep >>"$LAB_DIR/nat64d.log" 2>&1
        sleep 0.05
    done
}
supervisor_end() {
    [ -n "${SUPERVISOR:-}" ] || return 0
    kill "$SUPERVISOR" 2>/dev/null
    wait "$SUPERVISOR" 2>/dev/null
    kill "$(keeper)" 2>/dev/null
    lab_wait 10 lab_gone "$(keeper)"
    SUPERVISOR=
}
lab_gone() { ! kill -0 "${1:-0}" 2>/dev/null; }
keeper() { cat "$LAB_DIR/state/nat64d/lock" 2>/dev/null; }
translator() { pgrep -P "$(keeper)" -f -- --translator; }

network() {
    lab_network && lab_link box eth0 gw box || return 1
    lab_in gw ip addr add 192.168.3.1/24 dev box
    lab_in box ip addr add 192.168.3.2/24 dev eth0
    lab_in box ip route add default via 192.168.3.1
    lab_in gw sysctl -qw net.ipv4.ip_forward=1
    lab_in gw iptables -t nat -A POSTROUTING -s 192.168.3.0/24 -o wan -j MASQUERADE
    lab_services && lab_config
}

# Clients: NAME OF NAMESPACE, then what steady.py takes.
clients() {
    : >"$LAB_DIR/clients"
    client gw http 192.52.193.10 80               # the gateway's own requests
    client legacy tcp $LAB_GW4 50500              # a listener of its own inside our range
    client gw tcp 192.52.193.10 7778 50600        # a connection of its own from inside our range
    client legacy http $LAB_GW4 8088              # its own service
    client box tcp 192.52.193.10 7778 50700       # a container with source ports in our range
    client box udp 192.52.193.10 7777 50701
    ping_from gw 192.52.193.10
    ping_from legacy $LAB_GW4
}
client() { # NAMESPACE ARGUMENTS...
    ip netns exec "$LAB-$1" python3 "$steady" "${@:2}" >>"$LAB_DIR/clients.out" 2>&1 &
    echo $! >>"$LAB_DIR/clients"
}
ping_from() { # NAMESPACE ADDRESS: every 100 ms; none may be missing
    ip netns exec "$LAB-$1" ping -i 0.1 -W 2 "$2" >"$LAB_DIR/ping-$1" 2>&1 &
    PINGS="${PINGS:-} $!"
}
clients_end() { # 0: nothing was lost
    local pid r=0
    for pid in $(cat "$LAB_DIR/clients"); do
        kill -TERM "$pid"
    done
    for pid in $(cat "$LAB_DIR/clients"); do
        wait "$pid"
    done
    cat "$LAB_DIR/clients.out"
    [ "$(grep -c ', 0 lost' "$LAB_DIR/clients.out")" = 6 ] || r=1
    return $r
}

# What a stranger sends to our ports: SYNs and datagrams to ports without a binding.
stranger() {
    while :; do
        for port in 49500 55555 60001; do
            timeout 1 ip netns exec "$LAB-legacy" bash -c "echo x >/dev/udp/$LAB_GW4/$port; : </dev/tcp/$LAB_GW4/$port" 2>/dev/null
        done
    done
}

# A backend's connection and datagrams live on: later, perhaps, but with nothing missing in the stream.
backend() {
    ip netns exec "$LAB-pi2" bash -c 'exec 3<>/dev/tcp/'$SERVICE6'/7778; for i in $(seq 1 100000); do echo "$i" >&3; read -r -t 30 back <&3 || break
        [ "$back" = "$i" ] || break; echo "$i" >'"$LAB_DIR/backend"'; sleep 0.05; done; echo broken >>'"$LAB_DIR/backend" 2>/dev/null &
    BACKEND=$!
}
backend_goes_on() {
    local before
    before=$(head -1 "$LAB_DIR/backend")
    lab_wait 60 backend_moved "$before" # TCP waits longer each time
}
backend_moved() { [ "$(head -1 "$LAB_DIR/backend")" -gt "$1" ] && ! grep -q broken "$LAB_DIR/backend"; }

capture() { # resets and unreachables about our ports, as seen outside
    lab_spawn r4 capture tcpdump -l -n -i gw -U "src host $LAB_GW4 and ((tcp[tcpflags] & tcp-rst != 0 and src portrange 49152-65535) or icmp[icmptype] == icmp-unreach)"
    CAPTURE=$LAB_PID
    lab_wait 10 grep -q 'listening on' "$LAB_DIR/capture.log"
}
# RFC 6146 3.5.2.2: a SYN that nobody wanted is answered by a port unreachable after 6 s; nothing else may be there.
nothing_captured() {
    sleep 0.2
    grep ' > ' "$LAB_DIR/capture.log" | grep -v 'tcp port .* unreachable'
    [ "$(grep ' > ' "$LAB_DIR/capture.log" | grep -vc 'tcp port .* unreachable')" = 0 ]
}

ready() { # all of it works before it begins
    lab_wait 30 lab_translates && lab_wait 30 lab_in pi2 curl -sf -m 5 -o /dev/null "http://[$SERVICE6]/"
}
stopped() { # PIDS...: hung for 5 s
    kill -STOP "$@" && sleep 5
    kill -CONT "$@"
}
killed() { kill -9 "$@"; }
both() { echo "$(keeper) $(translator)"; }
disturb() {
    local i
    for i in $(seq $rounds); do
        stopped $(translator) && ready && backend_goes_on || { echo "translator stopped, round $i"; return 1; }
        stopped $(both) && ready && backend_goes_on || { echo "both stopped, round $i"; return 1; }
        killed $(translator) && ready && backend_goes_on || { echo "translator killed, round $i"; return 1; }
        killed $(both) && ready && backend_goes_on || { echo "both killed, round $i"; return 1; }
    done
}

run_under() { # RP_FILTER FIREWALL...: each a shell command for gw
    local rp_filter=$1 r=0 command host
    shift
    lab_in gw sysctl -qw net.ipv4.conf.all.rp_filter="$rp_filter"
    lab_in gw iptables -P FORWARD ACCEPT
    lab_in gw iptables -F FORWARD
    # What the container needs under a policy of DROP; nat64d's own rules come in front by themselves.
    lab_in gw iptables -A FORWARD -i box -j ACCEPT
    lab_in gw iptables -A FORWARD -o box -m conntrack --ctstate ESTABLISHED -j ACCEPT
    for command in "$@"; do
        lab_in gw sh -c "$command" || return 1
    done
    : >"$LAB_DIR/clients.out"
    : >"$LAB_DIR/nat64d.log"
    supervise &
    SUPERVISOR=$!
    ready || { cat "$LAB_DIR/nat64d.log"; return 1; }
    capture
    clients
    backend
    stranger &
    local stranger=$!
    lab_wait 10 test -s "$LAB_DIR/backend"
    disturb >"$LAB_DIR/disturbed" || r=1
    kill $stranger $BACKEND
    clients_end || r=1
    kill -INT $PINGS # it tells its sum
    wait $PINGS
    PINGS=
    for host in gw legacy; do
        tail -2 "$LAB_DIR/ping-$host"
        grep -q ' 0% packet loss' "$LAB_DIR/ping-$host" || r=1
    done
    nothing_captured || r=1
    lab_end $CAPTURE
    supervisor_end
    [ $r = 0 ] || tail -12 "$LAB_DIR/nat64d.log"
    cat "$LAB_DIR/disturbed"
    return $r
}
invalid="iptables -I FORWARD 1 -m conntrack --ctstate INVALID -j DROP"
drop="iptables -P FORWARD DROP"

mkdir -p "$LAB_DIR"
network || { echo "Bail out! no network"; exit 1; }
lab_state
lab_spawn gw own-listener socat TCP4-LISTEN:50500,fork,reuseaddr PIPE
lab_spawn gw own-service python3 -c 'import socket
s = socket.create_server(("", 8088), backlog=100)
while True:
    c, _ = s.accept()
    c.recv(4096)
    c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    c.close()'
if [ -n "${LAB_FULL:-}" ]; then
    t_plan 5
    t "rp_filter 0: the host's own traffic never depends on nat64d" run_under 0
    t "rp_filter 1: the host's own traffic never depends on nat64d" run_under 1
    t "rp_filter 2: the host's own traffic never depends on nat64d" run_under 2
    t "FORWARD policy DROP: the host's own traffic never depends on nat64d" run_under 1 "$drop"
    t "INVALID dropped: the host's own traffic never depends on nat64d" run_under 1 "$drop" "$invalid"
else
    t_plan 1
    t "the host's own traffic never depends on nat64d; strict firewall" run_under 1 "$drop" "$invalid"
fi
exit $t_failed
