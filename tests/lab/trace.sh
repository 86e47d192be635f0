#!/bin/bash
# gate64 trace: what it tells of real packets, with one worker and with two; that it leaves nothing on, and slows nothing.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
SECONDS_OF_RATE=3
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
lab_in pi2 ip -6 addr add 2001:db8:2::77/64 dev eth0 nodad preferred_lft 0 # nobody takes it unasked
lab_spawn pi2 shop socat TCP6-LISTEN:80,reuseaddr,fork EXEC:"echo shop"

configure() { # WORKERS [LIMITS]
    LAB_NAT64="workers = $1; ipv4-mtu = 1400; limits: { ${2:-} };"
    LAB_CONFIG='deny-ipv4 = [ "192.52.193.77" ]; eam = ( { ipv4 = "192.31.196.18"; ipv6 = "2001:db8:2::77"; } );'
    lab_config
}

# Runs a trace beside a command: the text is in $LAB_DIR/text, what is said beside it in $LAB_DIR/said.
tracing() { # ADDRESS COUNT CMD...
    local address=$1 count=$2
    shift 2
    trace_begin "$address" --count "$count" --for 5 || return 1
    "$@"
    wait "$TRACE"
    local status=$?
    cat "$LAB_DIR/text" "$LAB_DIR/said"
    return $status
}
trace_begin() { # ARGUMENTS...
    rm -f "$LAB_DIR/text" "$LAB_DIR/said"
    gate64 trace "$@" >"$LAB_DIR/text" 2>"$LAB_DIR/said" &
    TRACE=$!
    lab_wait 5 grep -q "^Waiting\|begin" "$LAB_DIR/said" "$LAB_DIR/text"
}
told() { # TEXT...: each stands in some line of the trace
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$LAB_DIR/text" || { echo "not told: $text"; return 1; }
    done
    awk 'length > 100 {print "too long: " $0; bad = 1} END {exit bad}' "$LAB_DIR/text"
}

connection() {
    tracing 2001:db8:2::2 4 lab_in pi2 curl -sS -m 5 http://[$SERVICE6]/from
    told "tcp SYN, 80 bytes" "to 192.52.193.10#80, by prefix 64:ff9b::/96" "source       2001:db8:2::2 is a backend, by 2001:db8:2::/64" \
        "binding      made: 2001:db8:2::2#" "(pool main)" "session      made, v6-init; ends in 240 s" "tcp SYN ACK, 60 bytes" \
        "session      found, was v6-init, becomes established" "outgoing     64:ff9b::c034:c10a#80 to 2001:db8:2::2#" \
        "sent         to IPv4, 60 bytes" "sent         to IPv6, 80 bytes" && grep -q "^4 packets" "$LAB_DIR/said"
}
json() { # the same as JSON
    trace_begin --json 2001:db8:2::/64 --count 2 --for 5
    lab_in pi2 curl -sS -m 5 http://[$SERVICE6]/from
    wait "$TRACE"
    cat "$LAB_DIR/text"
    python3 -c '
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert [e["event"] for e in events] == ["begin", "packet", "packet", "end"], events
syn, answer = events[1:3]
assert (syn["from"], syn["protocol"], syn["flags"], syn["destination_port"], syn["verdict"]) == ("ipv6", "tcp", "SYN", 80, "sent")
steps = {(s["step"], s["result"]): s for s in syn["steps"]}
assert steps["tuple", "yes"]["by"] == "64:ff9b::/96" and steps["binding", "made"]["pool"] == "main"
assert steps["session", "made"]["state"] == "v6-init" and steps["source", "yes"]["by"] == "2001:db8:2::/64"
after = [s for s in answer["steps"] if s["step"] == "session"][0]
assert (after["state_before"], after["state"]) == ("v6-init", "established")
assert answer["destination_port"] == steps["binding", "made"]["destination_port"]' "$LAB_DIR/text"
}
denied() {
    tracing 2001:db8:2::2 1 lab_in pi2 ping -c 1 -W 1 64:ff9b::192.52.193.77
    told "destination  no: 192.52.193.77 is in deny-ipv4, by 192.52.193.77/32" "dropped      IPv4 destination is not global or is denied" \
        "advice       Nobody may go there" "answered     ICMPv6 1/1 administratively prohibited" || return 1
    tracing 2001:db8:2::2 1 lab_in pi2 ping -c 1 -W 1 64:ff9b::10.1.2.3
    told "no: 10.1.2.3 is private use, and allow-ipv4 of the prefix does not open it"
}
stranger() {
    tracing 2001:db8:66::2 1 lab_in out ping -c 1 -W 1 $SERVICE6
    told "2001:db8:66::2 refused: IPv6 source is not in backends" "drop_source_not_backend" "advice       The sender may not use this gateway"
}
too_big() {
    lab_in pi2 ip -6 route flush cache
    tracing 2001:db8:2::2 1 lab_in pi2 ping -c 1 -W 1 -M do -s 1452 $SERVICE6
    told "mtu          1480 bytes do not fit a link of 1400, and may not be cut" "answered     ICMPv6 2/0 packet too big, MTU 1420"
}
hairpin() {
    tracing 2001:db8:3:0:1::2 1 lab_in pi3 socat -t 3 - "TCP6:[64:ff9b::c01f:c411]:8080,connect-timeout=3"
    told "destination  192.31.196.17 is an address of the pool" "hairpin      for a backend: in again from the IPv4 side" \
        "binding      2001:db8:2::2#80 appears as 192.31.196.17#8080 (static shop)" "filter       lets " "sent         to IPv6, 80 bytes"
}
fragment() {
    tracing 2001:db8:2::2 4 lab_in pi2 ping -c 1 -W 1 -s 3000 $SERVICE6
    told "fragment     from byte 0 of datagram" "waits        for the rest of its datagram" \
        "waited       put together from the fragments of its datagram" "icmp echo request code 0, "
}
unsolicited() {
    tracing 192.31.196.17#4444 1 lab_in legacy socat -t 1 - TCP4:192.31.196.17:4444,connect-timeout=1
    told "binding      none for 192.31.196.17#4444" "dropped      SYN from IPv4 kept" "advice       An IPv4 host connects to a port" || return 1
    echo one | tracing 192.52.193.10 1 lab_in legacy socat -u - UDP4:192.31.196.17:4445
    told "from 192.52.193.10#" "dropped      no binding for this address and port" "advice       Nobody behind the gateway uses this"
}
mapped() {
    tracing 2001:db8:2::77 2 lab_in pi2 ping -c 1 -W 1 -I 2001:db8:2::77 $SERVICE6
    told "mapping      2001:db8:2::77 is mapped to 192.31.196.18" "mapping      192.31.196.18 is mapped to 2001:db8:2::77" "icmp echo reply"
}
limit() {
    configure "$1" 'sessions-per-backend = 1;'
    gate64 reload && tracing 2001:db8:2::2 8 sh -c "
        ip netns exec $LAB-pi2 ping -c 1 -W 1 $SERVICE6; ip netns exec $LAB-pi2 ping -c 1 -W 1 64:ff9b::192.52.193.53"
    told "session      refused: backend or network has as many sessions as it may" "drop_limit_sessions" \
        "advice       nat64.limits.sessions-per-backend" "answered     ICMPv6 1/3 address unreachable"
    local status=$?
    configure "$1"
    gate64 reload && return $status
}
four() { # traces at once, each waiting
    local i
    PIDS=()
    for i in 1 2 3 4; do
        lab_spawn gw "four$i" env --default-signal=INT "$G64_BUILD/gate64/gate64" -c "$LAB_DIR/gate64.conf" trace 2001:db8:2::2 --for 60
        PIDS+=($LAB_PID)
    done
    for i in 1 2 3 4; do
        lab_wait 5 grep -q Waiting "$LAB_DIR/four$i.log" || { cat "$LAB_DIR/four$i.log"; return 1; }
    done
}
interrupt() {
    kill -INT "${PIDS[@]}"
    wait "${PIDS[@]}"
    rm -f "$LAB_DIR"/four?.log
    sleep 0.3
}
interrupted() { # leaves nothing on: a fifth is refused while four are on, and four find room again
    four || return 1
    gate64 trace 2001:db8:2::2 --for 60 2>&1 | tee /dev/stderr | grep -q "four traces are on already" || return 1
    interrupt
    four || return 1
    interrupt
}
told_of_reload() {
    trace_begin 2001:db8:2::2 --count 2 --for 10
    gate64 reload
    lab_in pi2 ping -c 1 -W 1 $SERVICE6
    wait "$TRACE"
    cat "$LAB_DIR/said"
    grep -q "The configuration was reloaded" "$LAB_DIR/said" && grep -q "^2 packets" "$LAB_DIR/said"
}
told_of_restart() { # the translator dies; the trace goes on with the next one
    trace_begin 2001:db8:2::2 --count 2 --for 20
    kill -9 "$(lab_translator)"
    lab_wait 10 grep -q "the trace goes on" "$LAB_DIR/said"
    sleep 0.3
    lab_in pi2 ping -c 1 -W 1 $SERVICE6
    wait "$TRACE"
    cat "$LAB_DIR/said"
    grep -q "nat64d has ended its translator" "$LAB_DIR/said" && grep -q "^2 packets" "$LAB_DIR/said"
}
rate() { lab_in pi2 iperf3 -c $SERVICE6 -t $SECONDS_OF_RATE -f m | awk '/receiver/ {print $7}'; }
best() { sort -n | tail -1; } # what else the machine does only lowers a rate
full_rate() { # in turn, without and with a trace of the same backend
    local pid without with
    : >"$LAB_DIR/without"
    : >"$LAB_DIR/with"
    for _ in 1 2 3; do
        rate >>"$LAB_DIR/without"
        gate64 trace --json 2001:db8:2::2 --count 100000 --for $((SECONDS_OF_RATE + 2)) >"$LAB_DIR/text" &
        pid=$!
        rate >>"$LAB_DIR/with"
        wait "$pid"
        tail -1 "$LAB_DIR/text"
    done
    without=$(best <"$LAB_DIR/without") with=$(best <"$LAB_DIR/with")
    echo "without a trace $without Mbit/s, with one $with Mbit/s"
    echo "# workers $1: without a trace $without Mbit/s, with one of 100000 packets $with Mbit/s" >>"$LAB_DIR/rates"
    [ "$(wc -l <"$LAB_DIR/text")" -gt 1000 ] && awk -v a="$with" -v b="$without" 'BEGIN {exit !(a > b / 4)}' # one that waited for its reader would stand still
}

t_plan 26
for workers in 1 2; do
    configure $workers
    [ -n "${NAT64D_PID:-}" ] && lab_end "$NAT64D_PID"
    lab_nat64d || { echo "Bail out! nat64d does not start"; exit 1; }
    t "N64-3.4-01 trace, $workers workers: a connection" connection
    t "trace, $workers workers: as JSON" json
    t "trace, $workers workers: destinations that are denied" denied
    t "trace, $workers workers: a source that is no backend" stranger
    t "trace, $workers workers: a packet that is too big" too_big
    t "trace, $workers workers: a hairpin" hairpin
    t "trace, $workers workers: fragments" fragment
    t "trace, $workers workers: unsolicited packets from IPv4" unsolicited
    t "trace, $workers workers: a mapped host" mapped
    t "trace, $workers workers: a limit that is used up" limit $workers
    t "trace, $workers workers: four at once, and interrupted ones leave nothing on" interrupted
    t "trace, $workers workers: a reload and another translator are told" eval "told_of_reload && told_of_restart"
    t "trace, $workers workers: full rate with a trace on" full_rate $workers
    tail -1 "$LAB_DIR/rates"
done
exit $t_failed
