#!/bin/bash
# Where the sessions lie while nobody translates: a tmpfs, /dev/shm, a snapshot on disk; and that they are found again
# with other workers, another max-sessions, after a reboot, after a kill while they were being saved.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
command -v strace >/dev/null || t_skip_all "no strace"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
source=${G64_SOURCE:-$PWD}
nat64d=$G64_BUILD/nat64d/nat64d
shm=/dev/shm/gate64-nat64d
boot=/proc/sys/kernel/random/boot_id
udp=40 tcp=20 flows=60
mount -t tmpfs -o size=1g tmpfs /dev/shm # of this test's mount namespace only

config() { # NAT64
    LAB_NAT64=$1
    lab_config
    sed -i '/^static/d' "$LAB_DIR/gate64.conf"
}
start() { # OPTION...
    lab_spawn gw nat64d ${WRAP:-} "$nat64d" -c "$LAB_DIR/gate64.conf" -f "$@"
    NAT64D_PID=$LAB_PID
    lab_wait 20 lab_translates || { tail -5 "$LAB_DIR/nat64d.log"; return 1; }
}
keeper() { cat "$LAB_DIR/state/nat64d/lock"; }
stop() { # SIGNAL: of the process, which may be below a wrapper
    local pid=$NAT64D_PID
    kill "-${1:-TERM}" "$(keeper)"
    wait "$pid" 2>/dev/null
    return 0
}
gone() { lab_in gw "$nat64d" -c "$LAB_DIR/gate64.conf" -f --host-down; } # as after a reboot: no device, no state
# The flows in the table without what changes by itself, and how many.
sessions() {
    gate64 --json sessions --limit 100000 | python3 -c '
import json, sys
for line in sys.stdin:
    record = json.loads(line)
    print(*[record[key] for key in ("protocol", "state", "src6", "src6_port", "src4", "src4_port", "dst4", "dst4_port")])' | sort
}
number_of_sessions() { sessions | wc -l; }
shortest() { gate64 --json sessions --limit 100000 | sed -n 's/.*"expires_s": *\([0-9]*\).*/\1/p' | sort -n | head -1; }
open_flows() {
    coproc FLOWS { lab_in pi2 python3 "$source/tests/lab/flows.py" "$SERVICE6" $udp $tcp 2>"$LAB_DIR/flows.log"; }
    hear
}
hear() { # every flow is answered
    local count
    read -r -t 60 count <&"${FLOWS[0]}" || { echo "no flow at all"; cat "$LAB_DIR/flows.log"; return 1; }
    [ "$count" = $flows ] || { echo "$count of $flows flows"; return 1; }
}
go_on() { echo >&"${FLOWS[1]}" && hear; }
same() { # the same sessions, and each flow goes on
    sessions >"$LAB_DIR/after"
    diff "$LAB_DIR/before" "$LAB_DIR/after" && go_on
}

begins() { # 60 flows
    lab_state && config "workers = 1;" && start --keep && open_flows && sessions >"$LAB_DIR/before" &&
        [ "$(wc -l <"$LAB_DIR/before")" = $flows ]
}
restarted() { # NAT64
    stop
    config "$1"
    start --keep
}
workers() {
    restarted "workers = 2;" && same && gate64 --json status nat64d | grep -q '"workers": *2' &&
        restarted "workers = 1;" && same && gate64 --json status nat64d | grep -q '"workers": *1'
}
other_size() { # MAX-SESSIONS...
    local size
    for size in "$@"; do restarted "workers = 1; max-sessions = $size;" && same || { echo "max-sessions $size"; return 1; }; done
}
too_small() { # none that is open is dropped, and none is added
    restarted "workers = 1; max-sessions = 32;" && same || { cat "$LAB_DIR/nat64d.log"; return 1; }
    ! lab_in pi2 curl -sS -m 3 -o /dev/null "http://[$SERVICE6]/" && [ "$(counter drop_table_full)" -ge 1 ] && same
}
end_flows() {
    eval "exec ${FLOWS[1]}>&-"
    wait "$FLOWS_PID"
    stop
    gone
}

in_shm() { # SETTINGS: the fallback, also after a kill; nothing is left after a stop
    config "workers = 1;"
    start --keep && grep -q "the sessions are kept in $shm" "$LAB_DIR/nat64d.log" &&
        [ "$(stat -c '%a %u' $shm $shm/state | tr '\n' ' ')" = "700 0 600 0 " ] && [ ! -e "$LAB_DIR/state/nat64d/state" ] || return 1
    lab_in pi2 ping -c 1 -W 2 $SERVICE6 && sessions >"$LAB_DIR/before" || return 1
    stop KILL
    start && sessions | diff "$LAB_DIR/before" - || return 1
    stop
    [ ! -e $shm ]
}
no_tmpfs() {
    umount "$LAB_DIR/state"
    [ "$(stat -f -c %T "$LAB_DIR/state")" != tmpfs ] || mount --bind /var "$LAB_DIR/state"
    in_shm
}
small_tmpfs() { mount -t tmpfs -o size=1m,mode=755 tmpfs "$LAB_DIR/state" && in_shm; }
not_ours() { # MODE OWNER: refused, and left as it is
    mkdir $shm && chmod "$1" $shm && echo foreign >$shm/state && chown -R "$2" $shm || return 1
    lab_in gw timeout 20 "$nat64d" -c "$LAB_DIR/gate64.conf" -f --keep >"$LAB_DIR/said" 2>&1
    local status=$?
    cat "$LAB_DIR/said"
    [ $status = 1 ] && grep -q "$shm is not a folder of ours alone" "$LAB_DIR/said" && [ "$(cat $shm/state)" = foreign ] &&
        [ "$(stat -c '%a %u' $shm)" = "$1 $2" ] || return 1
    rm -r $shm
}
a_link() {
    mkdir "$LAB_DIR/elsewhere" && chmod 700 "$LAB_DIR/elsewhere" && ln -s "$LAB_DIR/elsewhere" $shm || return 1
    ! lab_in gw timeout 20 "$nat64d" -c "$LAB_DIR/gate64.conf" -f --keep 2>"$LAB_DIR/said" &&
        grep -q "is not a folder of ours alone" "$LAB_DIR/said" && [ -z "$(ls "$LAB_DIR/elsewhere")" ] && rm $shm
}

saved="workers = 1; max-sessions = 4096; snapshot = \"$LAB_DIR/snapshot\";"
written() {
    umount "$LAB_DIR/state"
    lab_state && config "$saved" && start && open_flows && sessions >"$LAB_DIR/before" && shortest >"$LAB_DIR/shortest" || return 1
    date +%s >"$LAB_DIR/stopped"
    stop
    [ -s "$LAB_DIR/snapshot" ] && [ ! -e "$LAB_DIR/snapshot.new" ] && [ "$(stat -c %a "$LAB_DIR/snapshot")" = 600 ] &&
        [ ! -e "$LAB_DIR/state/nat64d/state" ] && rm -rf "$LAB_DIR"/state/*
}
ages() { # a time-out ran on while nobody translated
    local down=$(($(date +%s) - $(cat "$LAB_DIR/stopped"))) before=$(cat "$LAB_DIR/shortest") after=$(shortest)
    echo "shortest time left: before $before s, down $down s, after $after s"
    [ "$after" -le $((before - down + 1)) ] && [ "$after" -ge $((before - down - 3)) ]
}
read_back() {
    sleep 3
    start && grep -q "read back from the snapshot" "$LAB_DIR/nat64d.log" && ages && same
}
# Another boot: another boot ID and, in a time namespace, another CLOCK_BOOTTIME.
other_boot() {
    local status offset=${1:-}
    gate64 --json sessions | grep -q . && shortest >"$LAB_DIR/shortest" && date +%s >"$LAB_DIR/stopped" || return 1
    stop
    rm -rf "$LAB_DIR"/state/*
    echo 00000000-1111-2222-3333-444444444444 >"$LAB_DIR/boot" && mount --bind "$LAB_DIR/boot" $boot || return 1
    unshare -T true 2>/dev/null && WRAP="unshare -T --boottime $offset --fork"
    start && ages && same
    status=$?
    WRAP=
    [ $status = 0 ] || cat "$LAB_DIR/nat64d.log"
    stop
    umount $boot
    rm -rf "$LAB_DIR"/state/*
    return $status
}

# The keeper, or its copy, is killed at its Nth call of a kind while it stops.
prepare_kills() { # an old snapshot of few sessions and a new one of many
    cp "$LAB_DIR/snapshot" "$LAB_DIR/many"
    many=$flows few=1
    rm "$LAB_DIR/snapshot"
    start && lab_in pi2 ping -c 1 -W 2 $SERVICE6 && stop && cp "$LAB_DIR/snapshot" "$LAB_DIR/few"
}
stopped_by_a_kill() { # CALL N: whether something was killed
    cp "$LAB_DIR/many" "$LAB_DIR/snapshot" && start && [ "$(number_of_sessions)" = $many ] || return 2
    cp "$LAB_DIR/few" "$LAB_DIR/snapshot"
    local keeper=$(keeper)
    strace -f -qq -o "$LAB_DIR/strace" -e trace="$1" -e inject="$1:signal=SIGKILL:when=$2" -p "$keeper" 2>"$LAB_DIR/strace.said" &
    local tracer=$!
    lab_wait 5 grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$keeper/status" || return 2
    stop
    wait $tracer
    grep -q 'killed by SIGKILL' "$LAB_DIR/strace"
}
usable() { # the old one or the new one; tells which
    gone
    rm -rf "$LAB_DIR"/state/*
    start || return 1
    local number=$(number_of_sessions)
    stop KILL
    gone
    rm -rf "$LAB_DIR"/state/*
    found="$found $number"
    [ "$number" = $many ] || [ "$number" = $few ] || { echo "$number sessions"; return 1; }
}
killed_while_saving() { # CALL:MOST...: the calls of a kind one after the other, at most so many of them
    local call n most status
    # LeakSanitizer cannot work under strace: it would end a sound copy with status 1.
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
    prepare_kills || return 1
    for call in "$@"; do
        most=${call#*:} call=${call%:*} status=0
        found=
        for n in $(seq 1 $((most + 1))); do
            [ "$n" -le "$most" ] || break
            stopped_by_a_kill "$call" "$n"
            status=$?
            [ $status != 2 ] || { cat "$LAB_DIR/strace.said" "$LAB_DIR/nat64d.log"; return 1; }
            usable || { echo "after a kill at $call number $n"; cat "$LAB_DIR/nat64d.log"; return 1; }
            [ $status = 0 ] || break
        done
        echo "# $call: $((n - 1)) kills; sessions in the snapshot:$found" >>"$LAB_DIR/figures"
        # Every call happens at least once, and without a kill the new one is there.
        [ "$n" -gt 1 ] && { [ $status = 0 ] || [ "${found##* }" = $many ]; } || { echo "$call: kills $((n - 1)), found $found"; return 1; }
    done
}

lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
t_plan 14
t "60 flows are open" begins
t "one worker, two, one: every session is kept" workers
t "max-sessions is raised and lowered: every session is kept" other_size 200000 2048
t "max-sessions below the number of sessions: they stay, and none is added" too_small
end_flows
t "state-dir on a disk: the sessions are in /dev/shm" no_tmpfs
t "state-dir on a tmpfs without room: the sessions are in /dev/shm" small_tmpfs
t "a folder of another user in /dev/shm is refused and left" not_ours 700 64640
t "a folder in /dev/shm that others can enter is refused and left" not_ours 755 0
t "a link in /dev/shm is refused" a_link
t "a clean stop writes the snapshot" written
t "without state a start reads the snapshot; time ran on" read_back
t "so it does after a reboot, whose clock is ahead" other_boot 500000
t "the next stop and start" start
end_flows
t "a kill at any moment of saving leaves the old snapshot or the new one" killed_while_saving \
    openat:3 execveat:3 fallocate:3 msync:3 fsync:3 rename:3 write:3
cat "$LAB_DIR/figures"
exit $t_failed
