#!/bin/bash
# Limits of a backend and of a network are exact with two workers, and stay so when processes are killed; what is over
# them is refused by ICMPv6 1/3 and counted under its own name.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LOAD=$G64_BUILD/tests/lab/connect_load
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
BACKENDS=
for i in $(seq 16 31); do
    lab_in pi2 ip -6 addr add 2001:db8:2::$i/64 dev eth0 nodad
    BACKENDS="$BACKENDS 2001:db8:2::$i"
done
ONE=2001:db8:2::16 FOUR="2001:db8:2::16 2001:db8:2::17 2001:db8:2::18 2001:db8:2::19"
lab_spawn legacy service "$LOAD" serve $LAB_SERVICE 7780
lab_spawn legacy sink socat -u UDP4-RECV:7790 OPEN:/dev/null

start() { # LIMITS [HOLD-DOWN]: a translator without sessions that has them
    [ -n "${NAT64D_PID:-}" ] && lab_end "$NAT64D_PID"
    LAB_NAT64="workers = 2; limits: { $1 };
        timeouts: { tcp-closing = 3; tcp-closing-full = 3; hold-down = ${2:-0}; };
        icmp-errors: { per-second = 100000; per-second-per-network = 100000; };"
    lab_config
    lab_nat64d || { cat "$LAB_DIR/nat64d.log"; return 1; }
}
sessions() { gate64 sessions --json | wc -l; }
no_sessions() { [ "$(sessions)" = 0 ]; }

# Holders: 300 attempts of each backend, those that were served stay open.
open_holders() { # NAME RATE
    rm -f "$LAB_DIR/$1.stop"
    lab_spawn pi2 "$1" "$LOAD" tcp $SERVICE6 7780 300 "$2" 8000 "$LAB_DIR/$1.stop" $BACKENDS
    HOLDERS=$LAB_PID
}
settled() { lab_wait 40 grep -q "^all served" "$LAB_DIR/$1.log"; }
each() { # NAME TEXT: of all 16
    sed 's/^/# /' "$LAB_DIR/$1.log" | tail -3
    [ "$(grep -c "^source .* $2$" "$LAB_DIR/$1.log")" = 16 ]
}
close_holders() { # NAME PID: none was lost
    touch "$LAB_DIR/$1.stop"
    wait "$2"
    tail -1 "$LAB_DIR/$1.log"
    grep -q "^lost 0$" "$LAB_DIR/$1.log"
}
poll_start() {
    rm -f "$LAB_DIR/poll.stop"
    lab_spawn gw poll python3 "$G64_SOURCE/tests/lab/poll_sessions.py" "$LAB_DIR/state/nat64d/control" "$LAB_DIR/poll.stop"
    POLL=$LAB_PID
}
poll_end() { # each of 16 backends was seen with at most 100 and has 100 now
    touch "$LAB_DIR/poll.stop"
    wait "$POLL"
    cat "$LAB_DIR/poll.log"
    grep -q "^most 16 100 100$" "$LAB_DIR/poll.log" && grep -q "^now 16 100 100$" "$LAB_DIR/poll.log"
}
hundred() { # NAME RATE: tries, and is polled meanwhile
    local before=$(counter drop_limit_sessions)
    poll_start
    open_holders "$1" "$2"
    settled "$1" || return 1
    poll_end && each "$1" "served 100 refused 200 late 0 other 0" || return 1
    echo "refused $(($(counter drop_limit_sessions) - before))"
    [ $(($(counter drop_limit_sessions) - before)) -ge 3200 ]
}
hundred_first() { hundred first 1500 && FIRST=$HOLDERS; }
no_more() { # NAME: all have 100 already
    poll_start
    open_holders "$1" 2000
    settled "$1" && poll_end && each "$1" "served 0 refused 300 late 0 other 0" && close_holders "$1" "$HOLDERS"
}
again() {
    close_holders first "$FIRST" && lab_wait 20 no_sessions || { sessions; return 1; }
    hundred second 1500 && SECOND=$HOLDERS
}
translator_pid() { pgrep -P "$NAT64D_PID" -f -- --translator | head -1; }
translator_killed() {
    local old
    old=$(translator_pid) && kill -9 "$old" || return 1
    sleep 0.2
    lab_wait 10 lab_translates || return 1
    no_more third
}
killed_while_opening() {
    close_holders second "$SECOND" && lab_wait 20 no_sessions || return 1
    poll_start
    open_holders fourth 1000
    sleep 1
    kill -9 "$(translator_pid)"
    sleep 1.2
    kill -9 "$(translator_pid)"
    settled fourth || return 1
    FOURTH=$HOLDERS
    poll_end && each fourth "served 100 refused 200 late 0 other 0"
}
both_killed() {
    kill -9 "$NAT64D_PID"
    wait "$NAT64D_PID" 2>/dev/null
    lab_nat64d || { cat "$LAB_DIR/nat64d.log"; return 1; }
    no_more fifth && close_holders fourth "$FOURTH"
}

refuses() { # COUNTER SERVED-MIN SERVED-MAX udp|tcp PORT COUNT RATE SOURCE...: the rest by ICMPv6 1/3
    local name=$1 min=$2 max=$3 protocol=$4 port=$5 count=$6 rate=$7 served refused other
    shift 7
    lab_in pi2 "$LOAD" $protocol $SERVICE6 $port $count $rate 1500 - "$@" >"$LAB_DIR/refuses" 2>&1
    cat "$LAB_DIR/refuses"
    echo "$name $(counter $name)"
    served=$(sed -n 's/^all served \([0-9]*\) .*/\1/p' "$LAB_DIR/refuses")
    refused=$(sed -n 's/^all .* refused \([0-9]*\) .*/\1/p' "$LAB_DIR/refuses")
    other=$(sed -n 's/^all .* other \([0-9]*\);.*/\1/p' "$LAB_DIR/refuses")
    [ "$port" = 7790 ] && served=$(sed -n 's/^all .* late \([0-9]*\) .*/\1/p' "$LAB_DIR/refuses") # nobody answers there
    [ "$served" -ge $min ] && [ "$served" -le $max ] && [ "$other" = 0 ] &&
        [ $((served + refused)) = $((count * $#)) ] && [ "$(counter $name)" -ge "$refused" ]
}
ports_backend() { start "ports-per-backend = 50;" && refuses drop_limit_ports 50 50 udp 7780 200 1000 $ONE; }
ports_backend_tcp() { refuses drop_limit_ports 50 50 tcp 7780 200 1000 $ONE; }
ports_network() { start "ports-per-network = 121;" && refuses drop_limit_ports 121 121 udp 7780 100 2000 $FOUR; }
sessions_network() { start "sessions-per-network = 131;" && refuses drop_limit_sessions 131 131 udp 7780 100 2000 $FOUR; }
rate_backend() { start "new-sessions-per-second = 50;" && refuses drop_limit_rate 50 60 udp 7780 200 5000 $ONE; }
rate_network() {
    start "new-sessions-per-second-per-network = 70;" && refuses drop_limit_rate 70 90 udp 7780 100 5000 $FOUR
}
no_port_held() { # a backend over its limit takes no ports from others: what is refused was never used
    start "sessions-per-backend = 10;" 120 && refuses drop_limit_sessions 10 10 udp 7780 2000 4000 $ONE || return 1
    gate64 pool --json | sed -n 's/.*"held":\([0-9]*\).*/held \1/p' | tee "$LAB_DIR/held"
    ! grep -qv "held 0" "$LAB_DIR/held"
}
unanswered() { start "unanswered-per-network = 21;" && refuses drop_limit_unanswered 21 21 udp 7790 30 1000 $FOUR; }

t_plan 13
start "sessions-per-backend = 100;" || { echo "Bail out! no nat64d"; exit 1; }
t "16 backends that try 300 each have 100 each, never 101" hundred_first
t "all closed: 100 each again" again
t "the translator killed: 100 each, and not one more" translator_killed
t "the translator killed twice while they open: 100 each" killed_while_opening
t "both processes killed: 100 each, and not one more" both_killed
t "ports-per-backend: UDP" ports_backend
t "ports-per-backend: TCP has its own count" ports_backend_tcp
t "ports-per-network" ports_network
t "sessions-per-network" sessions_network
t "new-sessions-per-second" rate_backend
t "a flow that is refused holds no port down" no_port_held
t "new-sessions-per-second-per-network" rate_network
t "unanswered-per-network" unanswered
exit $t_failed
