#!/bin/bash
# The translator among the host's other routes, and the order of what goes through its workers.
LAB_NAT64="workers = 4;"
LAB_STATIC='{ name = "numbers"; protocol = "udp"; ipv4 = "192.31.196.17#9191"; ipv6 = "2001:db8:2::2#9191"; }'
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
ORDER=$G64_SOURCE/tests/lab/order.py
NEAR6=64:ff9b::c034:c163 # 192.52.193.99, which nobody has
NEAR4=192.31.196.19      # of the pool
trap lab_down EXIT
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }

untouched() { # CMD...: does it, and of its five packets the translator sees none; a stray one of another may come
    local before after
    before=$(($(counter packets_from_ipv6) + $(counter packets_from_ipv4)))
    "$@" || return 1
    after=$(($(counter packets_from_ipv6) + $(counter packets_from_ipv4)))
    echo "packets of the translator: $((after - before))"
    [ $((after - before)) -lt 5 ]
}
longer6() { # a host of IPv6 under the prefix
    lab_in r6 ip -6 addr add $NEAR6/128 dev lo nodad
    ! lab_in pi2 ping -c 1 -W 1 $NEAR6 || return 1
    lab_in gw ip -6 route add $NEAR6/128 via 2001:db8:3::2
    untouched lab_in pi2 ping -c 5 -i 0.2 -W 2 $NEAR6 && point_ping pi2
}
longer4() { # a host of IPv4 that has an address out of the pool's range
    lab_in pi2 ip addr add $NEAR4/32 dev eth0
    lab_in pi2 ip route add $LAB_GW4 dev eth0
    lab_in pi2 ip route add default via $LAB_GW4
    lab_in gw ip route add $NEAR4/32 dev pi2
    untouched lab_in legacy ping -c 5 -i 0.2 -W 2 $NEAR4
    local r=$?
    lab_in gw ip route del $NEAR4/32 dev pi2 # the translator may have given it to pi2
    [ $r = 0 ] && point_ping pi2
}
others_refused() { # without a mapping there is only TCP, UDP and ICMP
    local before=$(counter drop_unknown_protocol)
    lab_in pi2 python3 - "$SERVICE6" <<'PY' && [ "$(counter drop_unknown_protocol)" -gt "$before" ]
import socket, sys
for protocol in (132, 47, 50):
    socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol).sendto(b"hello, raw world", (sys.argv[1], 0))
PY
}
lab_spawn legacy order4 python3 "$ORDER" serve $LAB_SERVICE 9292
lab_spawn pi2 order6 python3 "$ORDER" serve 2001:db8:2::2 9191
outward() { lab_in pi2 python3 "$ORDER" send $SERVICE6 9292 "$1" 4; }
inward() { lab_in legacy python3 "$ORDER" send 192.31.196.17 9191 "$1" 4; }
between() { lab_in pi3 python3 "$ORDER" send 64:ff9b::c01f:c411 9191 "$1" 4; } # a hairpin
handed_over() { [ "$(counter handovers)" -gt 1000 ]; }

t_plan 8
t "XL-1-05 what the host routes by a longer prefix stays IPv6" longer6
t "XL-1-05 and what it routes by a longer one than the pool's IPv4" longer4
t "XL-1-06 other protocols do not pass without a mapping" others_refused
t "XL-1-04 numbered datagrams of one flow arrive in order both ways" outward 1
t "XL-1-04 and of eight flows at once" outward 8
t "XL-1-04 to a static binding, from eight senders" inward 8
t "XL-1-04 from a backend to a backend" between 8
t "XL-1-04 through several workers, that is" handed_over
exit $t_failed
