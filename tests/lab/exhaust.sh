#!/bin/bash
# More connections than one shared address has ports: 1000 a second from four backends in two networks. What fits is
# served, what does not is refused by an ICMPv6 error, and what was open stays so. LAB_FULL=yes: 60 s with the ports
# and lifetimes of the defaults; else 15 s over a quarter of the ports, which fills them in the same way.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LOAD=$G64_BUILD/tests/lab/connect_load
SECONDS_OF_LOAD=15 WANTED=6000 POOLS='pools = ( { name = "uplink"; address = "uplink"; shared = true; ports = ["49152-53247"]; } );'
TIMEOUTS="timeouts: { tcp-closing-full = 6; };"
if [ "${LAB_FULL:-}" = yes ]; then
    SECONDS_OF_LOAD=60 WANTED=28000 POOLS= TIMEOUTS=
fi
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
A2=2001:db8:2::2 B2=2001:db8:2::3 A3=2001:db8:3:0:1::2 B3=2001:db8:3:0:1::3
lab_in pi2 ip -6 addr add $B2/64 dev eth0 nodad
lab_in pi3 ip -6 addr add $B3/80 dev eth0 nodad

config() { # [ERRORS]: those a second, in all and to a network
    local errors=
    [ -n "${1:-}" ] && errors="icmp-errors: { per-second = $1; per-second-per-network = $1; };"
    cat >"$LAB_DIR/gate64.conf" <<END
state-dir = "$LAB_DIR/state";
backends = ["2001:db8:2::/64", "2001:db8:3:0:1::/80"];
$POOLS
nat64: { workers = 2; $TIMEOUTS $errors };
END
}
config ${LAB_ERRORS-}
lab_spawn legacy service "$LOAD" serve $LAB_SERVICE 7780
lab_nat64d || {
    grep -q "neither\|NFQUEUE" "$LAB_DIR/nat64d.log" && t_skip_all "no NFQUEUE here: $(tail -1 "$LAB_DIR/nat64d.log")"
    cat "$LAB_DIR/nat64d.log"
    echo "Bail out! no nat64d"
    exit 1
}

open_before() { # 50 that talk all the while
    lab_spawn pi2 held "$LOAD" tcp $SERVICE6 7780 25 100 3000 "$LAB_DIR/stop" $A2 $B2
    HOLDER=$LAB_PID
    lab_wait 10 grep -q "^all served" "$LAB_DIR/held.log" && grep -q "^all served 50 " "$LAB_DIR/held.log"
}
all() { # WORD: summed over both clients
    grep -h ^all "$LAB_DIR"/load[23].log | sed -n "s/.* $1 \([0-9]*\)[ ;].*/\1/p" | awk '{ n += $1 } END { print n + 0 }'
}
slowest() { # refused|served: in ms
    sed -n "s/^all.*$1 after \([0-9]*\) ms.*/\1/p" "$LAB_DIR"/load[23].log | sort -n | tail -1
}
load() { # SECONDS
    local second third status=0
    lab_spawn pi2 load2 "$LOAD" tcp $SERVICE6 7780 $(($1 * 250)) 500 4000 - $A2 $B2
    second=$LAB_PID
    lab_spawn pi3 load3 "$LOAD" tcp $SERVICE6 7780 $(($1 * 250)) 500 4000 - $A3 $B3
    third=$LAB_PID
    sleep $(($1 - 1))
    gate64 pool >"$LAB_DIR/pool.full"
    wait $second || status=1
    wait $third || status=1
    echo "served $(all served), refused $(all refused), late $(all late), other $(all other)"
    echo "refused after $(slowest refused) ms, served after $(slowest served) ms at most"
    return $status
}
counts() {
    local name
    for name in drop_no_port drop_limit_ports drop_limit_sessions drop_limit_rate drop_limit_records drop_table_full \
        icmp_errors_sent icmp_errors_suppressed; do
        echo "$name $(counter $name)"
    done
}
exhausts() {
    local before=$(($(counter drop_no_port) + $(counter drop_limit_ports))) after status=0
    load $SECONDS_OF_LOAD || return 1
    counts
    after=$(($(counter drop_no_port) + $(counter drop_limit_ports) - before))
    [ "$(all served)" -ge $WANTED ] || { echo "wanted $WANTED served"; status=1; }
    [ "$(all refused)" -gt 100 ] || { echo "nobody was refused"; status=1; }
    # An error that is sent is heard: none waits.
    [ "$(all late)" = 0 ] && [ "$(all other)" = 0 ] || { echo "some were neither served nor refused"; status=1; }
    # An error that meets a socket in use is lost: TCP asks again after a second.
    [ "$(slowest refused)" -lt 1500 ] || { echo "refused late"; status=1; }
    [ "$after" -ge "$(all refused)" ] || { echo "counted $after"; status=1; }
    return $status
}
told() {
    cat "$LAB_DIR/pool.full"
    grep "pool" "$LAB_DIR/nat64d.log"
    grep -q "in use" "$LAB_DIR/nat64d.log" && grep -Eq "(9[0-9]|100) ?%" "$LAB_DIR/pool.full"
}
untouched() {
    touch "$LAB_DIR/stop"
    wait "$HOLDER"
    cat "$LAB_DIR/held.log"
    grep -q "^lost 0$" "$LAB_DIR/held.log"
}
t_plan 4
t "50 connections are open before" open_before
t "1000 connections a second for $SECONDS_OF_LOAD s: at least $WANTED served, the others refused at once" exhausts
sed -n 's/^all/#/p' "$LAB_DIR"/load[23].log
t "gate64 pool and the log tell why" told
t "the 50 are untouched" untouched
[ -n "${LAB_SHOW:-}" ] && cat "$LAB_DIR/nat64d.log" "$LAB_DIR/pool.full"
exit $t_failed
