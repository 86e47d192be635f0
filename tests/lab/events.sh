#!/bin/bash
# The event log: what is recorded, where it goes, what it costs, and who had an address and port.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap 'umount -l "$LAB_DIR/log/small" 2>/dev/null; lab_down' EXIT
LOAD=$G64_BUILD/tests/lab/connect_load
mkdir -p "$LAB_DIR/log" && chmod 755 "$LAB_DIR" "$LAB_DIR/log"
EVENTS=$LAB_DIR/log/events.json
# Before the namespaces that daemons live in, which would not see it.
mkdir "$LAB_DIR/log/small" && mount -t tmpfs -o size=64k,mode=755 tmpfs "$LAB_DIR/log/small" || { echo "Bail out! no tmpfs"; exit 1; }
SINK=$EVENTS MORE= POOLS="{ name = \"main\"; address = \"$LAB_POOL\"; }"
SHOP='{ name = "shop"; protocol = "tcp"; ipv4 = "192.31.196.17#8080"; ipv6 = "2001:db8:2::2#80"; }'
EAM='eam = ( { ipv4 = "192.31.196.32/30"; ipv6 = "2001:db8:7::/126"; } );'
lab_network || { echo "Bail out! no lab"; exit 1; }
# More backends on pi2; what names no address takes ::2.
for i in $(seq 16 39); do lab_in pi2 ip -6 addr add 2001:db8:2::$i/64 dev eth0 nodad preferred_lft 0; done
lab_spawn legacy service "$LOAD" serve $LAB_SERVICE 7780
lab_spawn legacy iperf3 iperf3 -s
lab_spawn legacy udp-echo socat -b 9000 UDP4-RECVFROM:7777,fork,reuseaddr PIPE

config() { # the file with SINK, MORE (of log), POOLS, LIMITS
    cat >"$LAB_DIR/gate64.conf" <<END
state-dir = "$LAB_DIR/state";
log: { events = "$SINK"; $MORE };
pools = ( $POOLS );
static = ( $SHOP );
$EAM
dns64: { upstream = ["192.52.193.53"]; };
nat64: { workers = 2; timeouts: { udp = 120; hold-down = 0; tcp-closing = 1; tcp-closing-full = 1; };
    limits: { new-sessions-per-second = 100000; new-sessions-per-second-per-network = 100000; ${LIMITS:-} }; };
END
}
reload() { config && gate64 reload >"$LAB_DIR/reload" 2>&1 || { cat "$LAB_DIR/reload"; return 1; }; }
rest() { sleep 0.4; } # the log is written every 0.1 s
events() { jq -c "select(.event == \"$1\")" "$EVENTS"; }
has() { # EVENT [JQ-CONDITION]
    rest
    events "$1" | jq -e -s "map(select(${2:-true})) | length > 0" || { tail -3 "$EVENTS"; return 1; }
}
udp() { lab_in "$1" socat -t 0.3 - "UDP6:[$SERVICE6]:7777${2:-}" <<<hello; }

kinds_default() {
    udp pi2 ,sourceport=4711 | grep -q hello && lab_in pi3 ping -c 1 $SERVICE6 || return 1
    has bib-create '.nat_event == 10 and .protocol == "udp" and .src6 == "2001:db8:2::2" and .src6_port == 4711 and
        (.src4 | startswith("192.31.196.1")) and (.src4_port | type) == "number" and .pool == "main"' &&
        has bib-create '.protocol == "icmp" and .src6 == "2001:db8:3:0:1::2"'
}
no_destinations() { ! grep -E '"dst4|192.52.193|"session-' "$EVENTS"; }
only_bindings() { # ten destinations, one line
    local before=$(events bib-create | wc -l) port
    for port in $(seq 7001 7010); do
        lab_in pi2 socat -u - "UDP6:[$SERVICE6]:$port,sourceport=4712" <<<hello || return 1
    done
    rest
    [ $(($(events bib-create | wc -l) - before)) = 1 ]
}
times() { # as the clock has it, to the millisecond, UTC
    local now said
    udp pi2 ,sourceport=4713
    now=$(date +%s)
    rest
    said=$(events bib-create | jq -r 'select(.src6_port == 4713).time')
    echo "$said" | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$' || return 1
    said=$(date -d "$said" +%s)
    echo "$now $said"
    [ $((now - said)) -ge 0 ] && [ $((now - said)) -le 2 ]
}
mode() { [ "$(stat -c '%a %U %G' "$EVENTS" | tee /dev/stderr)" = "640 root gate64" ]; }
no_file_of_ours() { # what is root's alone cannot be written by the translator, and need not be
    [ "$(ps -o user= -p "$(lab_translator)")" = gate64 ] && ! grep -q "cannot open" "$LAB_DIR/nat64d.log"
}
port_of() { # SOURCE-PORT: the address and port that it appears as
    gate64 bindings --json | jq -r "select(.src6 == \"2001:db8:2::2\" and .src6_port == $1) | \"\(.src4)#\(.src4_port)\""
}
who_now() {
    udp pi2 ,sourceport=4714
    OUTSIDE=$(port_of 4714)
    gate64 who "$OUTSIDE"
    gate64 who "$OUTSIDE" | grep -E "^udp +2001:db8:2::2#4714 +20[-0-9T:.]+Z +now +dynamic" &&
        gate64 who "$OUTSIDE" --json | jq -e '.src6 == "2001:db8:2::2" and .live and .src6_port == 4714' &&
        ! gate64 who "$OUTSIDE" --protocol tcp
}
who_nobody() {
    local out
    out=$(gate64 who 192.31.196.17#7 2>&1)
    local status=$?
    echo "$out" "$status"
    [ $status = 1 ] && grep -q "nobody is known" <<<"$out" || return 1
    gate64 who 192.31.196.17
    [ $? = 2 ] || return 1
    gate64 who 192.31.196.17#7 --at yesterday
    [ $? = 2 ]
}
who_configured() {
    gate64 who 192.31.196.17#8080 | grep -E "^tcp +2001:db8:2::2#80 .* static +shop" &&
        gate64 who 192.31.196.34#5 | grep -E "^any +2001:db8:7::2#5 .* eam" &&
        gate64 who 192.31.196.34#5 --at "$(date -u +%FT%TZ)" --file "$EVENTS" | grep -E "2001:db8:7::2#5"
}
ends() { # a TCP binding ends by itself; then the log alone knows
    lab_in pi2 curl -s -m 5 -o /dev/null --local-port 4715 "http://[$SERVICE6]:7780/" || true
    rest
    local line=$(events bib-create | jq -c 'select(.protocol == "tcp" and .src6_port == 4715)')
    AT=$(date -u +%FT%TZ) GONE=$(jq -r '"\(.src4)#\(.src4_port)"' <<<"$line")
    echo "$line $GONE"
    lab_wait 15 eval "events bib-delete | jq -e -s 'map(select(.src6_port == 4715)) | length == 1'" || return 1
    has bib-delete '.src6_port == 4715 and .nat_event == 11 and .since < .time'
}
who_past() {
    gate64 who "$GONE" --at "$AT"
    gate64 who "$GONE" --at "$AT" | grep -E "^tcp +2001:db8:2::2#4715 +20[-0-9T:.]+Z +20[-0-9T:.]+Z +dynamic" || return 1
    sleep 1.1
    gate64 who "$GONE" 2>"$LAB_DIR/err"
    [ $? = 1 ] && grep "before that, 2001:db8:2::2 had it from" "$LAB_DIR/err"
}
rotation() {
    mv "$EVENTS" "$EVENTS.1"
    udp pi2 ,sourceport=4716 # while nobody has told nat64d: into the old file
    rest
    kill -HUP "$NAT64D_PID"
    lab_wait 5 test -s "$EVENTS" || return 1
    udp pi2 ,sourceport=4717
    has bib-create '.src6_port == 4717' && has static '.name == "shop"' && mode || return 1
    grep -c . "$EVENTS.1"
    grep '"src6_port":4716,' "$EVENTS.1" && ! grep '"src6_port":4717,' "$EVENTS.1" && ! grep '"src6_port":4716,' "$EVENTS"
}
who_rotated() {
    gzip -c "$EVENTS.1" >"$EVENTS.2.gz" && touch -r "$EVENTS.1" "$EVENTS.2.gz" && rm "$EVENTS.1" || return 1
    gate64 who "$GONE" --at "$AT" | grep -q "2001:db8:2::2#4715" &&
        gate64 who "$GONE" --at "$AT" --file "$EVENTS.2.gz" | grep -q "2001:db8:2::2#4715" &&
        zcat "$EVENTS.2.gz" | gate64 who "$GONE" --at "$AT" --file - | grep -q "2001:db8:2::2#4715" &&
        ! gate64 who "$GONE" --at "$AT" --file "$EVENTS"
}
killed() { # what lives on is not told of again; what was in the rings is
    local before
    udp pi2 ,sourceport=4718
    udp pi2 ,sourceport=4719 &
    kill -9 "$(lab_translator)"
    wait $!
    lab_wait 5 lab_translates && rest || return 1
    before=$(events bib-create | jq -c 'select(.src6_port == 4718)' | wc -l)
    echo "created $before"
    tail -5 "$EVENTS"
    [ "$before" = 1 ] && ! events bib-delete | grep '"src6_port":471[478],' && has start '.bindings > 1'
}
reload_ends() { # a backend that may not any more: its bindings end with the reload
    lab_in pi3 ping -c 1 $SERVICE6
    local line before=$(events bib-delete | wc -l)
    sed -i '1i backends = ["2001:db8:2::/64"];' "$LAB_DIR/gate64.conf"
    gate64 reload || return 1
    has bib-delete '.src6 == "2001:db8:3:0:1::2"' && reload
}
destinations() {
    MORE="event-destinations = true; event-addresses = true;" reload || return 1
    local before=$(events bib-create | wc -l)
    lab_in pi2 socat -t 0.3 - "UDP6:[$SERVICE6]:7777,bind=[2001:db8:2::39]:4720" <<<hello || return 1
    has session-create '.nat_event == 6 and .dst4 == "192.52.193.10" and .dst4_port == 7777 and .src6_port == 4720' || return 1
    has address-bind '.nat_event == 14 and .src6 == "2001:db8:2::39" and (.src4 | startswith("192.31.196."))' || return 1
    [ "$(events bib-create | wc -l)" = "$before" ]
}
destinations_end() { # the same backend may not any more, nor has it an address then
    lab_in pi2 ping -c 1 -I 2001:db8:2::38 $SERVICE6
    lab_wait 150 eval "events session-delete | grep -q ." || return 1
    has session-delete '.nat_event == 7 and .since < .time' && lab_wait 100 eval "events address-unbind | grep -q ." &&
        has address-unbind '.nat_event == 15' && reload
}
exhausted() { # 64 ports, more flows than that at a rate, and a limit
    SHOP= POOLS='{ name = "small"; address = "192.31.196.20"; ports = ["2048-2111"]; }' EAM= \
        LIMITS='ports-per-backend = 1000; ports-per-network = 1000;' reload || return 1
    lab_in pi2 "$LOAD" udp $SERVICE6 7780 300 150 300 - 2001:db8:2::16 2001:db8:2::17
    lab_in pi2 "$LOAD" udp $SERVICE6 7780 3 10 300 - 2001:db8:2::20 # it has no address yet
    has ports-exhausted '.nat_event == 12 and .protocol == "udp" and .src4 == "192.31.196.20"' &&
        has addresses-exhausted '.nat_event == 3 and .pool == "small"' || return 1
    # Some four seconds at 10 a second and worker.
    local told=$(events ports-exhausted | wc -l) refused=$(counter drop_no_port)
    echo "told $told of $refused, suppressed $(counter events_suppressed)"
    [ "$refused" -gt 400 ] && [ "$told" -ge 10 ] && [ "$told" -le 70 ] && has ports-exhausted '.suppressed > 0'
}
threshold() { has threshold '.nat_event == 18 and .threshold_event == 1 and .percent >= 75 and .pool == "small"'; }
quota() {
    LIMITS='ports-per-backend = 10;' reload || return 1
    lab_in pi2 "$LOAD" udp $SERVICE6 7780 40 100 300 - 2001:db8:2::18
    has quota-exceeded '.nat_event == 13 and .quota_event == 3 and .limit == "ports" and .src6 == "2001:db8:2::18"' &&
        has threshold '.threshold_event == 2 and .pool == "small"' || has quota-exceeded '.limit == "ports"'
}

# What the sink costs: the same load with one that works and with one that takes nothing.
rate() { # FIRST-SOURCE: Mbit/s beside 72,000 flows of six backends
    seq -f "2001:db8:2::%g" $1 $(($1 + 5)) |
        while read -r source; do lab_in pi2 "$LOAD" udp $SERVICE6 7780 12000 12000 300 - $source; done >"$LAB_DIR/flows" 2>&1 &
    local flows=$!
    lab_in pi2 iperf3 -c $SERVICE6 -t 6 -J >"$LAB_DIR/iperf.json"
    wait $flows
    jq '.end.sum_received.bits_per_second / 1e6 | floor' "$LAB_DIR/iperf.json"
}
fresh() { # with SINK
    lab_end "$NAT64D_PID"
    config && lab_nat64d
}
stalled() {
    local good=0 bad=0 more
    mkfifo -m 640 "$LAB_DIR/log/fifo"
    for _ in 1 2; do
        fresh && more=$(rate 16) && [ "$(counter events_lost)" = 0 ] || return 1
        [ "$more" -le "$good" ] || good=$more
        SINK=$LAB_DIR/log/fifo fresh && more=$(rate 16) || return 1
        [ "$more" -le "$bad" ] || bad=$more
        grep "^all" "$LAB_DIR/flows"
    done
    LOST=$(counter events_lost)
    echo "Mbit/s with a sink that works $good, with one that stands still $bad" | tee "$LAB_DIR/stalled"
    echo "records $(counter events_recorded), lost $LOST" | tee -a "$LAB_DIR/stalled"
    [ "$LOST" -gt 1000 ] && [ "$bad" -ge $((good / 4)) ] # a worker that waited would stand still
}
all_told() { # what the log says was lost is what the daemon counted, the last packets' records with it
    SAID=$(grep '"event":"lost"' "$LAB_DIR/log/read" | jq -s 'map(.count) | add')
    LOST=$(counter events_lost)
    echo "said $SAID, counted $LOST"
    [ "$SAID" = "$LOST" ]
}
takes_again() { # one line with the count, and one in the log itself
    grep -c "cannot write to .*/fifo: nobody reads" "$LAB_DIR/nat64d.log"
    cat "$LAB_DIR/log/fifo" >"$LAB_DIR/log/read" &
    echo $! >>"$LAB_DIR/pids"
    lab_wait 20 grep -q '"event":"lost"' "$LAB_DIR/log/read" || return 1
    rest
    grep "events:" "$LAB_DIR/nat64d.log"
    lab_wait 10 all_told && grep -q "records of the event log were lost" "$LAB_DIR/nat64d.log" &&
        grep -q "takes the event log again" "$LAB_DIR/nat64d.log"
}
metrics() {
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/nat64d/control" http://gate64/metrics >"$LAB_DIR/metrics"
    grep -E "^nat64d_(events|pool|sessions_max)" "$LAB_DIR/metrics"
    grep -Eq '^nat64d_pool_ports\{pool="main"\} 258048$' "$LAB_DIR/metrics" &&
        grep -Eq '^nat64d_pool_udp\{pool="main"\} [1-9]' "$LAB_DIR/metrics" &&
        grep -Eq '^nat64d_sessions_max [1-9]' "$LAB_DIR/metrics" &&
        grep -Eq "^nat64d_events_lost_total $LOST\$" "$LAB_DIR/metrics" &&
        grep -Eq '^nat64d_events_recorded_total [1-9]' "$LAB_DIR/metrics"
}
small_has() { [ "$(jq -s 'map(select(.event == "bib-create")) | length' "$LAB_DIR/log/small/events")" = "$1" ]; }
full_disk() {
    SINK=$LAB_DIR/log/small/events fresh && rest || return 1
    local before=$(counter bindings_created)
    lab_in pi2 "$LOAD" udp $SERVICE6 7780 1000 2000 300 - 2001:db8:2::28
    sleep 2
    grep "cannot write to .*/small/events: No space left" "$LAB_DIR/nat64d.log" && udp pi2 | grep -q hello || return 1
    mount -o remount,size=4m "$LAB_DIR/log/small"
    lab_wait 5 grep -q "small/events takes the event log again" "$LAB_DIR/nat64d.log" || return 1
    # Whole lines, and none is missing.
    echo "made $(($(counter bindings_created) - before))"
    lab_wait 5 small_has $(($(counter bindings_created) - before)) || { jq -c .event "$LAB_DIR/log/small/events" | sort | uniq -c; return 1; }
    cp "$LAB_DIR/log/small/events" "$LAB_DIR/log/small.json"
}
cannot_open() { # translated all the same; it is tried again
    SINK=$LAB_DIR/nowhere/events reload && grep "events: cannot open .*/nowhere/events: No such file" "$LAB_DIR/nat64d.log" &&
        udp pi2 ,sourceport=4721 | grep -q hello || return 1
    mkdir "$LAB_DIR/nowhere"
    lab_wait 20 grep -q '"src6_port":4721,' "$LAB_DIR/nowhere/events"
}
whole() { # each line of each file is one that a program can read
    local file
    sed -i '$d' "$LAB_DIR/log/read" # a file that is taken away may get the last line in part, and the next one all of it
    for file in "$EVENTS" "$LAB_DIR"/log/read "$LAB_DIR"/log/small.json "$LAB_DIR/nowhere/events"; do jq -e . "$file" >/dev/null || return 1; done
}
stop_line() { lab_end "$NAT64D_PID" && tail -1 "$LAB_DIR/nowhere/events" | grep '"event":"stop"'; }
who_stopped() { # it does not run: of now nobody can tell, of the past the log
    gate64 who "$GONE"
    [ $? = 3 ] || return 1
    gate64 who "$GONE" --at "$AT" --file "$EVENTS.2.gz" | grep -q "2001:db8:2::2#4715"
}

config
lab_nat64d || { cat "$LAB_DIR/nat64d.log"; echo "Bail out! nat64d did not start"; exit 1; }
t_plan 28
t "LOG-8158-01 LOG-6888-01 bindings are recorded as they are made" kinds_default
t "CGN-R12 no record has a destination" no_destinations
t "LOG-8158-04 without destinations there are no sessions" only_bindings
t "LOG-6302-01 SEC-64 times are UTC, with milliseconds, as the clock says" times
t "SEC-63 the file is for root and the group" mode
t "SEC-63 the translator writes what it may not open" no_file_of_ours
t "LOG-6888-01 gate64 who: now" who_now
t "LOG-6888-01 gate64 who: nobody, and wrong questions" who_nobody
t "LOG-6888-01 gate64 who: static bindings and mappings" who_configured
t "LOG-8158-01 the end of a binding is recorded, with its beginning" ends
t "LOG-6888-01 gate64 who: in the past" who_past
t "LOG-OURS-01 LES-N-24 the log is rotated and opened anew" rotation
t "LOG-6888-01 gate64 who: from rotated and packed files" who_rotated
t "LOG-OURS-01 a killed translator loses no record and repeats no beginning" killed
t "LOG-8158-01 what a reload ends is recorded" reload_ends
t "LOG-8158-01 LOG-8158-04 sessions with destinations, and addresses of backends, where wanted" destinations
t "LOG-8158-01 the ends of sessions and of addresses" destinations_end
t "LOG-8158-01 LOG-8158-05 exhaustion names address and protocol, at a limited rate" exhausted
t "LOG-8158-01 a pool passes its marks" threshold
t "LOG-8158-01 LOG-8158-06 a backend meets its limit" quota
t "LOG-OURS-01 a sink that stands still costs records, not packets" stalled
sed 's/^/# /' "$LAB_DIR/stalled" 2>/dev/null
t "LOG-OURS-01 SEC-24 what was lost is counted and told once" takes_again
t "SEC-24 the use of pools, their size and lost records are in the metrics" metrics
t "LOG-OURS-01 a full disk costs nothing while there is room in the rings" full_disk
t "LOG-OURS-01 a file that cannot be opened is tried again" cannot_open
t "LES-N-24 every line is whole" whole
t "LOG-8158-01 the end of the translator is recorded" stop_line
t "LOG-6888-01 gate64 who: without nat64d" who_stopped
exit $t_failed
