#!/bin/bash
# Static bindings of several ports and of a whole address, and who may reach them.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 2;"
ten='{ name = "ten"; protocol = "tcp"; ipv4 = "192.31.196.17#8000-8009"; ipv6 = "2001:db8:2::2#90-99"; }'
whole='{ name = "whole"; ipv4 = "192.31.196.18"; ipv6 = "2001:db8:3:0:1::2"; }'
few='{ name = "few"; protocol = "tcp"; ipv4 = "192.31.196.17#8100"; ipv6 = "2001:db8:2::2#81"; from = ["192.175.48.0/24"]; }'
LAB_STATIC="$ten, $whole, $few"
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }

serve() { # NAME PORT WORD
    lab_spawn "$1" "serve-$2" socat TCP6-LISTEN:$2,reuseaddr,fork EXEC:"echo $3"
    lab_wait 5 lab_in "$1" sh -c "ss -ltn | grep -q ':$2 '"
}
ask() { lab_in legacy socat -t 3 -T 5 - "TCP4:$1:$2,connect-timeout=3${3:-}" </dev/null; }
range() {
    serve pi2 90 first && serve pi2 99 last && ask 192.31.196.17 8000 | grep -qx first &&
        ask 192.31.196.17 8009 | grep -qx last && ! ask 192.31.196.17 8010
}
range_out() { # from a port of the range a backend appears with the port of the range
    lab_in pi2 socat -t 3 - "TCP6:[$SERVICE6]:80,sourceport=95,reuseaddr" <<<$'GET /from HTTP/1.0\r\n\r' | tee /dev/stderr |
        grep -q '^192\.31\.196\.17 8005'
}
whole_in() {
    serve pi3 2222 pi3 && ask 192.31.196.18 2222 | grep -qx pi3 && lab_in legacy ping -c 2 -i 0.2 -W 2 192.31.196.18
}
whole_out() { # its ports are its own, and nobody else has the address
    lab_in pi3 socat -t 3 - "TCP6:[$SERVICE6]:80,sourceport=50123,reuseaddr" <<<$'GET /from HTTP/1.0\r\n\r' | tee /dev/stderr |
        grep -q '^192\.31\.196\.18 50123' || return 1
    for i in $(seq 0 7); do
        lab_in pi2 ip -6 addr add 2001:db8:2::10$i/64 dev eth0 nodad
        lab_in pi2 curl -sS -m 5 --interface 2001:db8:2::10$i http://[$SERVICE6]/from || return 1
    done | tee /dev/stderr | { ! grep -q '^192\.31\.196\.18'; }
}
from() {
    local before=$(counter drop_static_from)
    serve pi2 81 few && ! ask 192.31.196.17 8100 && [ "$(counter drop_static_from)" -gt "$before" ] &&
        ask 192.31.196.17 8100 ",bind=192.175.48.10" | grep -qx few
}
reload() { # the range shrinks and another appears; a connection through what stays lives on
    local log="$LAB_DIR/long"
    lab_spawn pi2 serve-91 socat TCP6-LISTEN:91,reuseaddr,fork PIPE
    lab_wait 5 lab_in pi2 sh -c 'ss -ltn | grep -q ":91 "'
    mkfifo "$LAB_DIR/in"
    lab_in legacy socat - TCP4:192.31.196.17:8001 <"$LAB_DIR/in" >"$log" &
    exec 7>"$LAB_DIR/in"
    echo one >&7
    lab_wait 5 grep -q one "$log" || return 1
    LAB_STATIC='{ name = "ten"; protocol = "tcp"; ipv4 = "192.31.196.17#8001-8002"; ipv6 = "2001:db8:2::2#91-92"; }, { ipv4 = "192.31.196.17#9000-9001"; ipv6 = "2001:db8:2::2#98-99"; }'
    lab_config
    gate64 reload || return 1
    echo two >&7
    lab_wait 5 grep -q two "$log" || return 1
    exec 7>&-
    ! ask 192.31.196.17 8000 && ask 192.31.196.17 9001 | grep -qx last && ! ask 192.31.196.18 2222
}
t_plan 6
t "N64-3.1-05 ten ports reach the ten of a backend" range
t "N64-3.1-05 and are its ports when it connects" range_out
t "N64-3.1-05 a whole address is a backend's: TCP and ping" whole_in
t "N64-3.1-05 nobody else appears with it" whole_out
t "from: others are refused and counted" from
t "a reload changes ranges and keeps connections" reload
exit $t_failed
