#!/bin/bash
# Pools for chosen backends, and ports by blocks: two networks with a pool each, blocks of 256, with 1 and 2 workers.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LOAD=$G64_BUILD/tests/lab/connect_load
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
for i in 3 4 5; do lab_in pi3 ip -6 addr add 2001:db8:3:0:1::$i/80 dev eth0 nodad; done
lab_spawn legacy service "$LOAD" serve $LAB_SERVICE 7780
ONE=2001:db8:3:0:1::3 TWO=2001:db8:3:0:1::4 THREE=2001:db8:3:0:1::5
EVENTS=$LAB_DIR/events/log.json

config() { # WORKERS BLOCK FOR: the file; FOR is the prefix that the second pool is for
    {
        echo "state-dir = \"$LAB_DIR/state\";"
        echo "log: { events = \"$EVENTS\"; };"
        echo "backends = [\"2001:db8:2::/64\", \"2001:db8:3::/48\"];"
        echo "pools = ( { name = \"main\"; address = \"192.31.196.16/31\"; },"
        echo "  { name = \"apart\"; address = \"192.31.196.18\"; ports = [\"1024-2047\"]; for = [\"$3\"]; } );"
        echo "static = ( { name = \"shop\"; protocol = \"tcp\"; ipv4 = \"192.31.196.18#1500\"; ipv6 = \"2001:db8:2::2#80\"; } );"
        echo "nat64: { workers = $1; limits: { backend-port-block = $2; ports-per-network = \"100%\"; };"
        echo "  timeouts: { udp = 120; hold-down = 1; tcp-closing = 1; tcp-closing-full = 1; }; };"
    } >"$LAB_DIR/gate64.conf"
}
start() { # WORKERS
    [ -n "${NAT64D_PID:-}" ] && lab_end "$NAT64D_PID"
    rm -rf "$LAB_DIR/events"
    mkdir -p "$LAB_DIR/events"
    config "$1" 256 2001:db8:3::/48
    lab_nat64d || { cat "$LAB_DIR/nat64d.log"; return 1; }
}
from() { # NAME ADDRESSES: ten new flows of a backend appear with these
    local i address=2001:db8:2::2
    [ "$1" = pi2 ] || address=2001:db8:3:0:1::2
    for i in $(seq 10); do
        lab_in "$1" curl -s -m 5 --interface $address "http://[$SERVICE6]/from" | tee /dev/stderr | grep -Eq "^($2) " || return 1
    done
}
pool_of() { gate64 pool --json | grep "\"address\":\"$1\""; }
blocks_are() { pool_of "$1" | grep -q "\"backend_blocks\":$2[,}]" || { pool_of "$1"; return 1; }; }
open_flows() { # NAME tcp|udp COUNT SOURCE...: flows that stay open
    local name=$1 protocol=$2 count=$3
    shift 3
    rm -f "$LAB_DIR/$name.stop" "$LAB_DIR/$name.log"
    lab_spawn pi3 "$name" "$LOAD" $protocol $SERVICE6 7780 "$count" 1000 3000 "$LAB_DIR/$name.stop" "$@"
    FLOWS=$LAB_PID
    lab_wait 20 grep -q "^all served" "$LAB_DIR/$name.log" || { cat "$LAB_DIR/$name.log"; return 1; }
}
served() { # NAME SOURCE NUMBER
    sed 's/^/# /' "$LAB_DIR/$1.log" | tail -4
    grep -q "^source $2 served $3 " "$LAB_DIR/$1.log"
}
close_flows() { # NAME PID: none was lost
    touch "$LAB_DIR/$1.stop"
    wait "$2"
    tail -1 "$LAB_DIR/$1.log"
    grep -q "^lost 0$" "$LAB_DIR/$1.log"
}
told() { grep -c "$1" "$EVENTS"; }
told_are() { [ "$(told "$1")" = "$2" ] || { tail -3 "$EVENTS"; return 1; }; }

apart() { from pi3 192.31.196.18 && from pi2 '192.31.196.1[67]'; }
shown() {
    gate64 pool
    gate64 pool | grep "^apart .*for 2001:db8:3::/48" && [ "$(gate64 pool | grep -c "^main .* for ")" = 0 ] &&
        "$G64_BUILD/nat64d/nat64d" -T -c "$LAB_DIR/gate64.conf" | grep 'for = \["2001:db8:3::/48"\]'
}
one_block() {
    open_flows first udp 200 $ONE && FIRST=$FLOWS && served first $ONE 200 || return 1
    lab_wait 10 told_are block-allocated.*2001:db8:3:0:1::3 1 || { cat "$EVENTS"; return 1; }
    told_are 'bib-.*2001:db8:3:0:1::3' 0 && told_are block-freed.*2001:db8:3:0:1::3 0
}
# The pool has 1024 ports: half of them are two blocks.
limited() { open_flows second tcp 600 $TWO && SECOND=$FLOWS && served second $TWO "51[12]" && blocks_are 192.31.196.18 3; }
# 4 blocks: one of the first backend, two of the second, the last one of the third; nothing of the other pool.
exhausted() {
    open_flows third tcp 300 $THREE && THIRD=$FLOWS && served third $THREE "25[56]" && blocks_are 192.31.196.18 4 || return 1
    gate64 bindings --json | grep '"src6":"2001:db8:3:0:1::' | grep -v '"src4":"192.31.196.18"' | grep . && return 1
    # The other network has its own pool; the service that is published on this one is there.
    from pi2 '192.31.196.1[67]' || return 1
    lab_in legacy curl -sSf -m 5 -o /dev/null http://192.31.196.18:1500/
}
# TCP ends at once: the blocks of the one that only made such flows went back, each told once.
freed() {
    local given=$(told 'block-allocated.*2001:db8:2::2')
    [ "$given" -ge 1 ] && lab_wait 15 told_are 'block-freed.*2001:db8:2::2' "$given" && blocks_are 192.31.196.16 0 &&
        blocks_are 192.31.196.17 0
}
shop() { lab_spawn pi2 shop python3 -m http.server -b 2001:db8:2::2 80; lab_wait 10 lab_in pi2 curl -s -o /dev/null "http://[2001:db8:2::2]/"; }
translator_killed() {
    local old=$(lab_translator)
    kill -9 "$old"
    lab_wait 10 test "$(lab_translator)" != "$old" && lab_wait 20 lab_translates && blocks_are 192.31.196.18 4
}
reloaded() { # BLOCK FOR
    config "$WORKERS" "$1" "$2"
    gate64 reload
}
sizes() { # off, another size, and back: the open flows are spoken to all the while
    local size
    for size in 0 64 1024 256; do
        reloaded $size 2001:db8:3::/48 || return 1
        sleep 1.2
    done
    blocks_are 192.31.196.18 4
}
moved() { # the networks change places: new flows go elsewhere, old ones go on
    reloaded 256 2001:db8:2::/64 && from pi3 '192.31.196.1[67]' && sleep 1.2 && blocks_are 192.31.196.18 4
}
all_live() {
    close_flows first "$FIRST"
    local good=$?
    close_flows third "$THIRD" && close_flows second "$SECOND" && return $good
}
t_plan 20
shop
for WORKERS in 1 2; do
    t "CGN-SUB each network appears with the addresses of its pool, $WORKERS workers" eval "start $WORKERS && apart"
    t "CGN-SUB the pool tells whom it is for, $WORKERS workers" shown
    t "PBA-01 CGN-R13..15 200 flows make one record, $WORKERS workers" one_block
    t "PBA-01 blocks that nothing is left of go back, $WORKERS workers" freed
    t "SEC-20 CGN-SUB a backend gets no more blocks than half of the pool, $WORKERS workers" limited
    t "LES-N-15 SEC-20 N64-5.3-01 a pool without free blocks takes nothing of another, $WORKERS workers" exhausted
    t "PBA-01 HA-01 a translator that is killed finds the blocks again, $WORKERS workers" translator_killed
    t "PBA-01 reloads to no blocks and other sizes leave what is there, $WORKERS workers" sizes
    t "CGN-SUB a reload that moves a network moves its new flows, $WORKERS workers" moved
    t "PBA-01 CGN-SUB no flow was lost in all that, $WORKERS workers" all_live
done
