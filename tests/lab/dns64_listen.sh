#!/bin/bash
# What clients of dns64 may do, by UDP and TCP, and who they are.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
file=$LAB_DIR/gate64.conf
write() { # LISTEN-AND-MORE
    printf 'state-dir = "%s";\nbackends = ["2001:db8:2::/64", "2001:db8:3::/48"];\n' "$LAB_DIR/state" >"$file"
    printf 'dns64: { workers = 2; upstream = ["192.52.193.53#5300"]; tcp: { idle-s = 3; }; %s };\n' "$1" >>"$file"
}
write ''
lab_spawn legacy upstream python3 "$G64_SOURCE/tests/lab/dns64_upstream.py" 192.52.193.53 5300 "$LAB_DIR/questions" 600
lab_wait 5 test -e "$LAB_DIR/questions"
# An address that is no host's first choice to answer from.
lab_in gw ip -6 addr add 2001:db8:2::99/64 dev pi2 nodad preferred_lft 0
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

tcp() { lab_in "${client:-pi2}" python3 "$G64_SOURCE/tests/lab/dns64_tcp.py" "${server:-2001:db8:2::1}" "$@"; }
again() { # LISTEN-AND-MORE: another dns64
    lab_end "$DNS64_PID"
    write "$1"
    lab_dns64
}
asked() { lab_in pi2 dig +time=2 +tries=1 "$@" ipv4only.arpa AAAA | grep -q '64:ff9b::c000:aa'; }
from_asked() { asked @2001:db8:2::99 && asked @2001:db8:2::1; }
by_default() { # no IPv4 socket of dns64's
    lab_in gw ss -Hlntu 'sport = :53' | tee /dev/stderr | awk '$5 !~ /^\[::\]:53$/ {bad = 1} END {exit bad || NR == 0}'
}
refused() {
    lab_in out dig +time=3 +tries=1 @2001:db8:2::1 ipv4only.arpa AAAA | tee "$LAB_DIR/answer"
    grep -q 'status: REFUSED' "$LAB_DIR/answer" && grep -q 'EDE: 18' "$LAB_DIR/answer"
}
refused_tcp() { lab_in out dig +tcp +time=3 +tries=1 @2001:db8:2::1 ipv4only.arpa AAAA | tee /dev/stderr | grep -q 'status: REFUSED'; }
refusals_limited() { client=out tcp flood 2000 400; } # a hundred a second and thread
one_listener() { again 'listen = ["2001:db8:2::99#53", "192.31.196.1#53"];' && asked @2001:db8:2::99; }
told_there() { lab_in out dig +time=1 +tries=3 @2001:db8:2::99 ipv4only.arpa AAAA | tee /dev/stderr | grep -q 'status: REFUSED'; }
silent() { # by the IPv4 default route's interface
    lab_in r4 dig +time=1 +tries=2 @192.31.196.1 ipv4only.arpa AAAA | tee "$LAB_DIR/answer"
    grep -qE 'timed out|no servers' "$LAB_DIR/answer" && ! grep -q 'status:' "$LAB_DIR/answer"
}
silent_tcp() {
    lab_in r4 dig +tcp +time=2 +tries=1 @192.31.196.1 ipv4only.arpa AAAA | tee "$LAB_DIR/answer"
    ! grep -q 'status:' "$LAB_DIR/answer"
}
too_long() { # for the link: 60 addresses are 1700 bytes
    local i
    for i in $(seq 60); do echo "2001:db8:7::$i many.example"; done >"$LAB_DIR/hosts"
    again "edns-size = 4096; local = [\"$LAB_DIR/hosts\"];"
    lab_in pi2 dig +time=2 +tries=1 +ignore +bufsize=4096 @2001:db8:2::1 many.example AAAA | tee "$LAB_DIR/answer"
    grep -q 'flags:.* tc' "$LAB_DIR/answer" && grep -q 'EDNS: version' "$LAB_DIR/answer" || return 1
    [ "$(lab_in pi2 dig +time=2 +tries=1 +bufsize=4096 +short @2001:db8:2::1 many.example AAAA | wc -l)" = 60 ]
}
limited() { again 'rate-limit = 20;' && sleep 1 && tcp flood 300 60; }
whole_by_tcp() { tcp pieces 100; }
cookie() { # one answer by UDP gives it, then a hundred
    local i
    sleep 2
    lab_in pi2 dig +time=2 +tries=1 +cookie=0102030405060708 @2001:db8:2::1 ipv4only.arpa AAAA | tee "$LAB_DIR/answer"
    local value
    value=$(awk '/COOKIE:/ {print $3}' "$LAB_DIR/answer")
    for i in $(seq 100); do echo "+notcp +ignore +cookie=$value ipv4only.arpa AAAA"; done >"$LAB_DIR/batch"
    [ "$(lab_in pi2 dig +time=2 +tries=1 @2001:db8:2::1 -f "$LAB_DIR/batch" | grep -c 'AAAA.64:ff9b::c000:aa')" = 100 ]
}

t_plan 20
t "UDP-01 an answer leaves from the address that was asked" from_asked
t "SEC-02 no IPv4 socket by default" by_default
t "SEC-01 a client that is no backend is refused, with the reason" refused
t "SEC-01 by TCP too" refused_tcp
t "SEC-01 and not more often than a hundred times a second" refusals_limited
t "TCP-7766-02 two hundred queries in one write are all answered, the slow one does not hold them up" tcp pipeline 200 slow.tcp.example
t "TCP-7766-03 a query in two parts is answered" tcp partial one.tcp.example
t "TCP-7766-02 who sends no more still gets its answer" tcp halves two.tcp.example
t "TCP-7766-05 each answer in one piece" tcp pieces 100
t "TCP-7766-03 a byte a second does not keep a connection open" tcp trickle 3
t "TCP-7766-04 whole queries do" tcp busy 3
t "TCP-7766-04 fifty connections for a network" tcp many 60 50
t "UDP-01 bound to one address" one_listener
t "SEC-01 a client that is no backend is told on it too" told_there
t "SEC-01 no word to the Internet's side" silent
t "SEC-01 by TCP neither" silent_tcp
t "EDN-06 an answer too long for the link is cut by TC, not into fragments" too_long
t "SEC-03 a limit of answers for each client network" limited
t "SEC-03 not by TCP" whole_by_tcp
t "SEC-03 nor with a cookie" cookie
exit $t_failed
