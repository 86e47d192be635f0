#!/bin/bash
# Ten thousand idle TCP connections, then garbage; who means well is answered all the while.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 12000 ] || t_skip_all "$(ulimit -n) descriptors are too few"
lab_network || { echo "Bail out! no lab"; exit 1; }
storm=$G64_BUILD/tests/lab/dns64_storm
printf 'state-dir = "%s";\nbackends = ["2001:db8:2::/64", "2001:db8:a000::/48"];\ndns64: { workers = 2; upstream = ["192.52.193.53"]; };\n' \
    "$LAB_DIR/state" >"$LAB_DIR/gate64.conf"
# pi3 is all of 2001:db8:a000::/48.
lab_in pi3 ip -6 route add local 2001:db8:a000::/48 dev lo
lab_in pi3 sysctl -qw net.ipv6.ip_nonlocal_bind=1 net.ipv4.ip_local_port_range="1024 65535"
lab_in r6 ip -6 route add 2001:db8:a000::/48 via 2001:db8:3:0:1::2
lab_in gw ip -6 route add 2001:db8:a000::/48 via 2001:db8:3::2
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
open_now() { lab_in gw ss -Htn state established 'sport = :53' | wc -l; }
full() { [ "$(open_now)" -ge 4000 ]; }
begins() { # all places are taken, and not one more
    BEFORE=$(ls "/proc/$DNS64_PID/fd" | wc -l)
    lab_spawn pi3 idle "$storm" idle 2001:db8:2::1 2001:db8:a000 300 10000 600
    IDLE_PID=$LAB_PID
    lab_wait 20 full || { open_now; cat "$LAB_DIR/idle.log"; return 1; }
}
honest() { lab_in pi2 "$storm" honest 2001:db8:2::1 1000; }
pauses() { # dns64 gets no processor for a while, so that more wait than there are places
    local i
    for i in $(seq 20); do
        kill -STOP "$DNS64_PID"; sleep 0.3
        kill -CONT "$DNS64_PID"; sleep 0.3
    done
}
honest_through_pauses() { # a client that is itself given no processor may well come too late
    pauses &
    local pauses=$! r=0
    lab_in pi2 "$storm" honest 2001:db8:2::1 8000 3 || r=1
    wait "$pauses"
    return $r
}
bounded() { # the kernel gives the lowest free number, so the highest one tells how many are open
    local most=0 now i
    for i in $(seq 20); do
        now=$(ls "/proc/$DNS64_PID/fd" | sort -n | tail -1)
        [ "$now" -gt "$most" ] && most=$now
        sleep 0.1
    done
    echo "highest descriptor: $most, before: $BEFORE"
    tail -3 "$LAB_DIR/idle.log"
    [ "$most" -gt 3000 ] && [ "$most" -le $((4096 + BEFORE + 4)) ] # one a worker is being accepted, one is of the metrics
}
made_room() { echo "closed: $(counter tcp_closed dns64)" && [ "$(counter tcp_closed dns64)" -gt 1000 ] && kill -0 "$IDLE_PID"; }
ends() { # and leaves nothing behind
    lab_end "$IDLE_PID"
    lab_wait 20 empty
}
empty() { [ "$(open_now)" = 0 ]; }
garbage() { lab_in pi2 "$storm" garbage 2001:db8:2::1 200000 "${SEED:-$$}"; }
meanwhile() { # as much as a CPU can send, until it is ended
    lab_spawn pi3 garbage "$storm" garbage 2001:db8:2::1 2000000000 1
    local pid=$LAB_PID r=0
    honest || r=1
    kill -0 "$pid" || r=1 # it was there all the time
    lab_end "$pid"
    return $r
}
ask() { lab_in pi2 "$storm" ask 2001:db8:2::1 1000; }

t_plan 9
t "TRAP-06 10000 idle connections from 300 networks take all places" begins
t "TRAP-06 and 1000 honest queries by TCP are each answered within 2 s" honest
t "TCP-7766-04 and all but 3 of 8000 while so many come at once that nobody keeps a place" honest_through_pauses
t "TRAP-06 no more connections than the limit" bounded
t "TCP-7766-04 the ones longest without a query made room" made_room
t "TRAP-06 what ends leaves nothing behind" ends
t "TRAP-04 200000 datagrams of garbage: what is no query gets no reply" garbage
t "TRAP-04 while it comes, 1000 queries by TCP are each answered within 2 s" meanwhile
t "TRAP-04 and then 1000 queries are all answered" ask
exit $t_failed
