#!/bin/bash
# nat64d takes other configurations while it translates: what is in force is the old file or the new, never a mix; a
# wrong file changes nothing; what a key does holds at once; what was open goes on.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LOAD=$G64_BUILD/tests/lab/connect_load
FILES=$G64_SOURCE/tests/lab/reload_files.py
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
file=$LAB_DIR/gate64.conf
base() { python3 "$FILES" base "$file" "$LAB_DIR/state" "$@"; }
lab_network && lab_services && base && lab_nat64d && lab_dns64 || {
    cat "$LAB_DIR"/nat64d.log "$LAB_DIR"/dns64.log
    echo "Bail out! the lab could not be raised"
    exit 1
}
lab_spawn legacy service "$LOAD" serve $LAB_SERVICE 7780
ALT_POOL='pools=( { name = "other"; address = "192.31.196.18/31"; } )'
head -c 4000000 /dev/urandom >"$LAB_DIR/www/four"
sha256sum <"$LAB_DIR/www/four" >"$LAB_DIR/four.sum"

settings() { # DAEMON: as it runs
    lab_in gw curl -s -m 10 --unix-socket "$LAB_DIR/state/$1/control" http://gate64/v1/settings |
        python3 -c 'import json, sys; sys.stdout.write(json.load(sys.stdin)["text"])'
}
wanted() { "$G64_BUILD/nat64d/nat64d" -T -c "$file" 2>/dev/null >"$LAB_DIR/wanted"; }
runs() { # DAEMON...: each goes by what is wanted
    local daemon
    for daemon in "$@"; do
        settings $daemon >"$LAB_DIR/is.$daemon" && diff "$LAB_DIR/wanted" "$LAB_DIR/is.$daemon" || return 1
    done
}
reload() { gate64 reload >"$LAB_DIR/reload" 2>&1; }
with() { # SETTINGS...: the base with these, in both daemons
    base "$@" && wanted && { reload || { cat "$LAB_DIR/reload"; return 1; }; } && { lab_wait 5 runs nat64d dns64 || runs nat64d dns64; }
}
log_lines() { wc -l <"$LAB_DIR/nat64d.log"; }
log_says() { tail -n +$(($1 + 1)) "$LAB_DIR/nat64d.log" | grep "$2"; }

one_bad() { # N LINE TEXT
    local before=$(log_lines)
    if [ $(($1 % 2)) = 0 ]; then
        kill -HUP "$NAT64D_PID"
        # What is wrong for dns64 only is wrong for both: one file.
        lab_wait 5 log_says "$before" "gate64.conf:$2: .*$3.*nothing was changed" || { log_says "$before" .; return 1; }
    else
        ! reload && grep "gate64.conf:$2: .*$3" "$LAB_DIR/reload" && grep -q "nothing was changed" "$LAB_DIR/reload" ||
            { cat "$LAB_DIR/reload"; return 1; }
        runs dns64 || return 1
    fi
    runs nat64d
}
one_good() { # N
    wanted || return 1
    if [ $(($1 % 2)) = 0 ]; then
        local before=$(log_lines)
        kill -HUP "$NAT64D_PID"
        lab_wait 5 log_says "$before" "reload: " || return 1
        lab_wait 5 runs nat64d || { log_says "$before" .; runs nat64d; return 1; }
        reload || { cat "$LAB_DIR/reload"; return 1; } # dns64 too
    else
        reload || { cat "$LAB_DIR/reload"; return 1; }
    fi
    lab_wait 5 runs nat64d dns64 || runs nat64d dns64 # a shared address brings another translator: it takes a moment
}
downloads() { # until told to end: each whole
    while [ ! -e "$LAB_DIR/stop" ]; do
        # By address: dns64 would give the prefix that the next reload takes away, and its sessions with it.
        lab_in pi2 curl -sS -m 30 --limit-rate 2M --cacert "$LAB_DIR/tls/ca.pem" \
            --resolve "api.legacy.example:443:[$SERVICE6]" https://api.legacy.example/four |
            sha256sum | cmp - "$LAB_DIR/four.sum" && echo good || echo bad
    done >"$LAB_DIR/downloads" 2>&1
}
hundred() {
    local n kind line text failed=
    wanted
    rm -f "$LAB_DIR/stop"
    lab_spawn pi2 steady python3 "$G64_SOURCE/tests/lab/udp_steady.py" $SERVICE6 7780 "$LAB_DIR/stop"
    local steady=$LAB_PID
    downloads &
    local loads=$!
    for n in $(seq 0 99); do
        read -r kind line text <<<"$(python3 "$FILES" write "$n" "$file" "$LAB_DIR/state")"
        case $kind in
        bad) one_bad "$n" "$line" "$text" || failed="$failed $n" ;;
        good) one_good "$n" || failed="$failed $n" ;;
        *) failed="$failed $n" ;;
        esac
        [ -z "$failed" ] || break
    done
    touch "$LAB_DIR/stop"
    wait $steady $loads
    grep -c good "$LAB_DIR/downloads"
    cat "$LAB_DIR/steady.log"
    [ -z "$failed" ] || { echo "reload $failed"; cat "$file"; return 1; }
}
nothing_lost() {
    cat "$LAB_DIR/steady.log" "$LAB_DIR/downloads"
    set -- $(tail -1 "$LAB_DIR/steady.log")
    [ "$2" -gt 100 ] && [ "$2" = "$4" ] && [ "$6" = 0 ] && grep -q good "$LAB_DIR/downloads" &&
        ! grep -v "^good$" "$LAB_DIR/downloads"
}
restart_only() {
    local key line
    base && wanted && reload
    for key in $(python3 "$FILES" restart-keys); do
        line=$(python3 "$FILES" restart "$key" "$file" "$LAB_DIR/state")
        # gate64 finds the daemons by state-dir: it is told where they are by the old file.
        cp "$file" "$LAB_DIR/new.conf"
        lab_in gw curl -s -m 10 --unix-socket "$LAB_DIR/state/nat64d/control" -X POST http://gate64/v1/reload |
            tee "$LAB_DIR/reload"
        grep -q "gate64.conf:$line: $key cannot change without a restart" "$LAB_DIR/reload" && runs nat64d || return 1
    done
}
neither() { # dns64 alone refuses: nat64d does not take it either; and the other way round
    with || return 1
    base 'nat64.timeouts.udp=444' 'dns64.listen=["::#5353"]' && ! reload && cat "$LAB_DIR/reload" && runs nat64d dns64 || return 1
    base 'dns64.aaaa-wait-ms=444' 'nat64.max-sessions=4444' && ! reload && cat "$LAB_DIR/reload" && runs nat64d dns64
}

# What keys do.
session_of() { # PORT: the seconds that sessions to it have left
    gate64 sessions --json | sed -n "s/.*\"dst4_port\":$1,\"expires_s\":\([0-9]*\).*/\1/p" | tail -1
}
timeouts() {
    with 'nat64.timeouts.udp=3000' || return 1
    lab_in pi2 socat -t 1 - "UDP6:[$SERVICE6]:7777" <<<hello | grep -q hello || return 1
    local left=$(session_of 7777)
    echo "udp $left"
    [ "$left" -gt 2900 ] || return 1
    with 'nat64.timeouts.udp=120' || return 1 # of what is open as well
    left=$(session_of 7777)
    echo "udp $left"
    [ "$left" -gt 100 ] && [ "$left" -le 120 ] || return 1
    with 'nat64.timeouts.udp=900' || return 1 # a longer one, too
    left=$(session_of 7777)
    echo "udp $left"
    [ "$left" -gt 800 ]
}
from_pool() { # ADDRESSES as a pattern: what a new flow appears with
    lab_in pi2 curl -s -m 5 "http://[$SERVICE6]/from" | tee /dev/stderr | grep -Eq "^($1) "
}
route() { lab_in gw ip route show "$1" dev nat64 | grep -q .; }
drains() {
    with 'nat64.timeouts.tcp-closing=1' 'nat64.timeouts.tcp-closing-full=1' 'static=()' || return 1
    rm -f "$LAB_DIR/held.stop"
    lab_spawn pi2 held "$LOAD" tcp $SERVICE6 7780 5 100 3000 "$LAB_DIR/held.stop" 2001:db8:2::2
    local holder=$LAB_PID
    lab_wait 5 grep -q "^all served 5 " "$LAB_DIR/held.log" && from_pool '192.31.196.1[67]' || return 1
    with 'nat64.timeouts.tcp-closing=1' 'nat64.timeouts.tcp-closing-full=1' 'static=()' "$ALT_POOL" || return 1
    from_pool '192.31.196.1[89]' && route 192.31.196.16/31 && route 192.31.196.18/31 || return 1
    gate64 pool
    gate64 pool | grep "192.31.196.1[67] .*drains" || return 1
    sleep 2
    from_pool '192.31.196.1[89]' && route 192.31.196.16/31 || return 1
    touch "$LAB_DIR/held.stop"
    wait "$holder"
    cat "$LAB_DIR/held.log"
    grep -q "^lost 0$" "$LAB_DIR/held.log"
}
emptied() { # the last session ends: route and pool go
    with "deny-ipv4=[\"$LAB_SERVICE\"]" 'static=()' "$ALT_POOL" || return 1 # UDP sessions would stay for minutes
    drained() { ! route 192.31.196.16/31 && ! gate64 pool | grep -q drains; }
    lab_wait 5 drained && with 'static=()' "$ALT_POOL" && from_pool '192.31.196.1[89]' && grep "have no binding left" "$LAB_DIR/nat64d.log"
}
pool_added() {
    with && from_pool '192.31.196.1[67]' || return 1
    with 'pools=( { name = "main"; address = "192.31.196.16/31"; }, { name = "more"; address = "192.31.196.18/31"; } )' &&
        route 192.31.196.18/31 && gate64 pool | grep -q "^more "
}
shop() { lab_in legacy socat -t 1 - "TCP4:192.31.196.17:8088,connect-timeout=1" <<<hello 2>&1 | grep -q hello; }
static_comes_and_goes() {
    lab_spawn pi2 shop socat TCP6-LISTEN:8089,fork,reuseaddr PIPE
    with && ! shop || return 1
    with 'static=( { name = "shop2"; protocol = "tcp"; ipv4 = "192.31.196.17#8088"; ipv6 = "2001:db8:2::2#8089"; } )' &&
        shop || return 1
    gate64 bindings | grep shop2 || return 1
    with && ! shop && ! gate64 bindings | grep shop2 || return 1
    ! gate64 sessions --json | grep '"src4_port":8088'
}
refused_at_once() { # NAME DESTINATION: prohibited
    local began=$(date +%s%N)
    lab_in "$1" curl -sv -m 5 -o /dev/null "http://[$2]/" 2>&1 | tee /dev/stderr | grep -q "Permission denied" || return 1
    [ $((($(date +%s%N) - began) / 1000000)) -lt 1000 ]
}
backends_narrowed() {
    with || return 1
    rm -f "$LAB_DIR/held.stop"
    lab_spawn pi3 held3 "$LOAD" tcp $SERVICE6 7780 3 100 3000 "$LAB_DIR/held.stop" 2001:db8:3:0:1::2
    lab_wait 5 grep -q "^all served 3 " "$LAB_DIR/held3.log" || return 1
    gate64 sessions | grep -q 2001:db8:3:0:1::2 || return 1
    with 'backends=["2001:db8:2::/64"]' || return 1
    ! gate64 sessions | grep 2001:db8:3:0:1::2 && refused_at_once pi3 $SERVICE6 && from_pool '192.*' || return 1
    touch "$LAB_DIR/held.stop"
    with && lab_in pi3 curl -s -m 5 "http://[$SERVICE6]/from"
}
denied() {
    with && from_pool '192.*' || return 1
    with "deny-ipv4=[\"$LAB_SERVICE\"]" && refused_at_once pi2 $SERVICE6 && [ -z "$(session_of 80)" ] || return 1
    with && from_pool '192.*'
}
prefixes() {
    local other=2001:db8:64::c034:c10a
    with && ! lab_in pi2 curl -s -m 1 -o /dev/null "http://[$other]/" || return 1
    with 'pref64=( { prefix = "64:ff9b::/96"; }, { prefix = "2001:db8:64::/96"; } )' || return 1
    lab_in pi2 curl -s -m 3 "http://[$other]/from" | grep 192 && lab_in gw ip -6 route show 2001:db8:64::/96 | grep nat64 || return 1
    rm -f "$LAB_DIR/held.stop" # a flow under the prefix that stays
    lab_spawn pi2 held4 "$LOAD" tcp $SERVICE6 7780 3 100 3000 "$LAB_DIR/held.stop" 2001:db8:2::2
    local holder=$LAB_PID
    lab_wait 5 grep -q "^all served 3 " "$LAB_DIR/held4.log" || return 1
    with && ! lab_in pi2 curl -s -m 1 -o /dev/null "http://[$other]/" || return 1
    ! lab_in gw ip -6 route show 2001:db8:64::/96 | grep nat64 && from_pool '192.*' || return 1
    touch "$LAB_DIR/held.stop"
    wait "$holder"
    grep "^lost 0$" "$LAB_DIR/held4.log"
}
all_tcp() { # PATIENCE-MS: what becomes of 40
    lab_in pi2 "$LOAD" tcp $SERVICE6 7780 40 1000 "$1" - 2001:db8:2::2 2>&1 | tee /dev/stderr | grep -q "^all $2"
}
limits_and_errors() {
    with 'nat64.timeouts.tcp-closing=1' 'nat64.timeouts.tcp-closing-full=1' && sleep 2 || return 1
    local many='nat64.icmp-errors.per-second=10000 nat64.icmp-errors.per-second-per-network=10000'
    lab_in gw true
    all_tcp 2000 "served 40 refused 0" || return 1
    with $many 'nat64.limits.sessions-per-backend=7' 'nat64.timeouts.tcp-closing=100' || return 1
    lab_wait 15 few_sessions || true
    all_tcp 900 "served [0-7] refused" || return 1
    with 'nat64.icmp-errors.send=false' 'nat64.limits.sessions-per-backend=1' 'nat64.timeouts.tcp-closing=100' || return 1
    all_tcp 900 "served [01] refused 0 late"
}
few_sessions() { [ "$(gate64 sessions --json | grep -c '"tcp"')" -le 3 ]; }
path_mtu() {
    with && lab_in pi2 ping -c 1 -W 2 -M do -s 1300 $SERVICE6 || return 1
    with 'nat64.ipv4-mtu=1000' || return 1
    lab_in pi2 ping -c 1 -W 2 -M do -s 1300 $SERVICE6 2>&1 | tee /dev/stderr | grep -q "mtu[= ]1280\|too long"
}
log_level() {
    with 'log.level="debug"' && with 'log.level="error"' || return 1
    local before=$(log_lines)
    with 'log.level="error"' 'nat64.timeouts.udp=555'
    log_says "$before" "reload"
    with && with 'nat64.timeouts.udp=556' && log_says "$before" "reload: .*udp"
}
no_uplink() { # refused after the file was parsed: nothing is changed, and the keeper goes on
    with || return 1
    lab_in gw ip route del default
    base 'pools=( { name = "uplink"; address = "uplink"; shared = true; } )' 'static=()'
    ! reload && grep "no IPv4 default route" "$LAB_DIR/reload" && runs nat64d dns64
    local status=$?
    kill -HUP "$NAT64D_PID"
    sleep 0.5
    lab_in gw ip route add default via 192.31.196.2
    kill -0 "$NAT64D_PID" && with && from_pool '192.*' && return $status
}
to_shared() { # and back: another translator, and an answer to who asked
    with 'pools=( { name = "uplink"; address = "uplink"; shared = true; } )' 'static=()' && cat "$LAB_DIR/reload" || return 1
    grep -q "^nat64d .*changed" "$LAB_DIR/reload" || return 1
    lab_wait 5 lab_translates && from_pool 192.31.196.1 && with && cat "$LAB_DIR/reload"
    lab_wait 5 lab_translates && from_pool '192.31.196.1[67]'
}
at_once() { # requests and signals at the same time: each is answered, within the time that one takes
    local i pids= began=$(date +%s) failed=0
    with || return 1
    for i in $(seq 1 20); do
        base "nat64.timeouts.udp=$((600 + i))"
        kill -HUP "$NAT64D_PID"
        gate64 reload nat64d >"$LAB_DIR/at-once.$i" 2>&1 &
        pids="$pids $!"
        gate64 reload nat64d >"$LAB_DIR/at-once2.$i" 2>&1
        kill -HUP "$NAT64D_PID"
    done
    wait $pids
    echo "took $(($(date +%s) - began)) s"
    tail -n 3 "$LAB_DIR"/at-once*.20
    grep -l "does not answer\|timed out" "$LAB_DIR"/at-once* && return 1
    wanted && reload && runs nat64d && [ $(($(date +%s) - began)) -lt 20 ]
}
stays_up() { ! grep -i "ended by itself\|is started again\|signal" "$LAB_DIR/nat64d.log"; }

t_plan 20
t "each key of the schema is in this test" python3 "$FILES" keys "$G64_BUILD/nat64d/nat64d"
t "100 reloads, every third wrong: the old file or the new, in both daemons" hundred
t "a steady UDP flow and HTTPS downloads lost nothing" nothing_lost
t "keys that need a restart are refused by name and line" restart_only
t "gate64 reload: both daemons or neither" neither
t "N64-4-05 timeouts, of open sessions too" timeouts
t "a pool is taken out: sessions live on, new flows go elsewhere" drains
t "it is empty: pool and route go" emptied
t "a pool is added: routed and used" pool_added
t "a static binding comes and goes" static_comes_and_goes
t "backends are narrowed: refused, and their sessions end" backends_narrowed
t "deny-ipv4" denied
t "pref64 is added and removed" prefixes
t "limits, and no ICMP errors" limits_and_errors
t "the MTU" path_mtu
t "the log level" log_level
t "no address for \"uplink\": nothing is changed" no_uplink
t "to a shared address and back" to_shared
t "signals and requests at once" at_once
t "the translator was never lost" stays_up
[ -n "${LAB_SHOW:-}" ] && cat "$LAB_DIR/nat64d.log"
exit $t_failed
