#!/bin/bash
# 50,000 new flows a second from random addresses of a /64 that is routed to us. Meanwhile a backend of another network
# keeps its 500 Mbit/s and its 200 connections; afterwards ports are left, no memory was asked for, and the
# counters say why the rest was refused. LAB_FULL=yes: 20 s, else 5 s; under sanitizers (LAB_BIG) slower.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LOAD=$G64_BUILD/tests/lab/connect_load
FLOOD=$G64_BUILD/tests/lab/flow_flood
# Percent of the flood that must be sent, and of the backend's rate that must be kept: in the check other work goes on.
SECONDS_OF_FLOOD=5 SENT=40 KEPT=50
[ "${LAB_FULL:-}" = yes ] && SECONDS_OF_FLOOD=20 SENT=95 KEPT=90
RATE=50000 MBITS=500
[ -n "${LAB_BIG:-}" ] && RATE=15000 MBITS=50
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
# The flood's network lies behind `out`: no neighbour of r6, which would look for each address.
lab_in r6 ip -6 route add 2001:db8:77::/64 via 2001:db8:66::2
lab_in gw ip -6 route add 2001:db8:77::/64 via 2001:db8:3::2
lab_in out ip -6 route add blackhole 2001:db8:77::/64
cat >"$LAB_DIR/gate64.conf" <<END
state-dir = "$LAB_DIR/state";
backends = ["2001:db8:2::/64", "2001:db8:77::/64"];
pools = ( { name = "main"; address = "$LAB_POOL"; } );
nat64: { workers = 2; };
END
lab_spawn legacy service "$LOAD" serve $LAB_SERVICE 7780
lab_spawn legacy sink socat -u UDP4-RECV:7790 OPEN:/dev/null
lab_spawn legacy iperf3 iperf3 -s
lab_nat64d || { cat "$LAB_DIR/nat64d.log"; echo "Bail out! no nat64d"; exit 1; }

figure() { echo "# $*" >>"$LAB_DIR/figures"; } # shown at the end
memory() { ps -o vsz=,rss= -p "$(lab_translator)"; } # KiB: mapped, and touched
mbits() { # SECONDS NAME: what arrives of $MBITS Mbit/s
    lab_in pi2 iperf3 -c $SERVICE6 -b ${MBITS}M -t "$1" -J >"$LAB_DIR/$2.json" || { cat "$LAB_DIR/$2.json"; return 1; }
    python3 -c 'import json, sys
print(int(json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"] / 1e6))' "$LAB_DIR/$2.json"
}
before() { # the backend's connections and its rate, and the memory of a table that has been used
    lab_spawn pi2 held "$LOAD" tcp $SERVICE6 7780 200 400 3000 "$LAB_DIR/stop" 2001:db8:2::2
    HOLDER=$LAB_PID
    lab_wait 10 grep -q "^all served 200 " "$LAB_DIR/held.log" || { cat "$LAB_DIR/held.log"; return 1; }
    ALONE=$(mbits 3 alone) && figure "alone: $ALONE Mbit/s" && [ $((ALONE * 10)) -ge $((MBITS * 9)) ]
}
kept() { # of what it has alone
    local flood at
    MEMORY=($(memory))
    lab_spawn out flood "$FLOOD" 2001:db8:77:: $SERVICE6 7790 $RATE $((SECONDS_OF_FLOOD + 2))
    flood=$LAB_PID
    sleep 1
    at=$(mbits "$SECONDS_OF_FLOOD" flooded) || return 1
    wait "$flood" || return 1
    figure "in the flood: $at of $ALONE Mbit/s; $(cat "$LAB_DIR/flood.log")"
    [ $((at * 100)) -ge $((ALONE * KEPT)) ]
}
came() { # the flood itself: sent, and seen by the translator
    local sent=$(sed -n 's/^sent \([0-9]*\) .*/\1/p' "$LAB_DIR/flood.log")
    local seen=$(($(counter sessions_created) + $(counter drop_limit_rate)))
    echo "sent $sent, seen $seen"
    [ "$sent" -ge $((RATE * (SECONDS_OF_FLOOD + 2) * SENT / 100)) ] && [ "$seen" -ge $((sent * 3 / 4)) ] # a busy kernel drops some before
}
lives_on() {
    touch "$LAB_DIR/stop"
    wait "$HOLDER"
    cat "$LAB_DIR/held.log"
    grep -q "^lost 0$" "$LAB_DIR/held.log"
}
ports_left() { # of each transport
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/nat64d/control" http://gate64/v1/pool | tee "$LAB_DIR/pool"
    python3 -c 'import json, sys
for key in "tcp", "udp":
    all = used = 0
    for line in open(sys.argv[1]):
        record = json.loads(line)
        all += record["ports"]
        used += record[key] + record["held"]
    print(key, used, "of", all)
    assert all > 0 and used * 2 <= all' "$LAB_DIR/pool" >"$LAB_DIR/ports" || { cat "$LAB_DIR/ports"; return 1; }
    figure "ports in use:" $(cat "$LAB_DIR/ports")
}
flat() { # the tables have their size from the start; what of them is touched has a bound, too
    local now=($(memory))
    figure "memory: ${MEMORY[0]} KiB mapped and ${MEMORY[1]} resident, then ${now[0]} and ${now[1]}"
    [ $((now[0] - MEMORY[0])) -lt 1024 ] && [ $((now[1] - MEMORY[1])) -lt 65536 ]
}
says_why() { # the flood's network only: nobody else was refused
    local name refused
    for name in limit_rate limit_unanswered limit_sessions limit_ports limit_records table_full no_port handover_full; do
        figure "drop_$name $(counter drop_$name)"
    done
    figure "sessions_created $(counter sessions_created)"
    figure "errors: $(counter icmp_errors_sent) sent, $(counter icmp_errors_suppressed) suppressed"
    refused=$(($(counter drop_limit_rate) + $(counter drop_limit_unanswered)))
    [ "$refused" -gt "$(counter sessions_created)" ] && [ "$(counter drop_no_port)" = 0 ] && [ "$(counter drop_table_full)" = 0 ]
}
others() { # the other network begins flows as before
    lab_in pi2 "$LOAD" tcp $SERVICE6 7780 300 500 3000 - 2001:db8:2::2 | tee /dev/stderr | grep -q "^all served 300 "
}
t_plan 8
t "200 connections and $MBITS Mbit/s of a backend before" before
t "N64-5.3-01 SEC-20 a backend keeps $KEPT % of its rate in a flood of $RATE flows a second" kept
t "that was the flood" came
t "N64-5.3-01 SEC-20 and its 200 connections live on" lives_on
t "N64-5.3-01 SEC-20 at least half of the ports are free for others" ports_left
t "N64-5.3-01 and others begin flows as before" others
t "N64-5.3-01 the memory is flat" flat
t "SEC-21 the counters say why the flood's source was refused" says_why
cat "$LAB_DIR/figures"
exit $t_failed
