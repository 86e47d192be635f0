#!/bin/bash
# The operator's command line against both daemons.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
lab_config

exits() { # STATUS FRAGMENT ARGUMENTS...
    local status=$1 fragment=$2 got
    shift 2
    gate64 "$@" >"$LAB_DIR/said" 2>&1
    got=$?
    cat "$LAB_DIR/said"
    [ $got = "$status" ] && grep -qE -- "$fragment" "$LAB_DIR/said"
}
json_lines() { # COMMAND KEY
    gate64 --json "$1" >"$LAB_DIR/json" || return 1
    cat "$LAB_DIR/json"
    python3 -c "
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
assert records and all(sys.argv[2] in record for record in records)" "$LAB_DIR/json" "$2"
}
up() { lab_nat64d && lab_dns64 && lab_in pi2 ping -c 1 $SERVICE6 && lab_in pi2 curl -sS http://api.legacy.example/from; }

t_plan 11
t "without daemons: exit 3 and the command that starts them" exits 3 'systemctl start nat64d|nat64d -c' sessions
t "an unknown command: exit 2" exits 2 'usage' nonsense
t "both daemons start" up
t "status" exits 0 'nat64d' status
t "sessions" exits 0 '192.52.193.10' sessions
t "bindings shows the static one" exits 0 'shop' bindings
t "pool" exits 0 '192.31.196.16' pool
t "CGN-R10 counters" exits 0 'packets_from_ipv6' counters
t "sessions as JSON" json_lines sessions src6_port
t "pool as JSON" json_lines pool blocks_total
t "CGN-R10 counters as JSON" json_lines counters value
exit $t_failed
