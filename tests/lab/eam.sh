#!/bin/bash
# Explicit address mappings: beside a pool, and alone.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 2;"
LAB_CONFIG='eam = ( { ipv4 = "192.31.196.18"; ipv6 = "2001:db8:3:0:1::2"; }, { ipv4 = "192.31.197.0/30"; ipv6 = "2001:db8:2::20/126"; } );'
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }
lab_in pi2 ip -6 addr add 2001:db8:2::21/64 dev eth0 nodad
lab_in r4 ip route add 192.31.197.0/24 via $LAB_GW4
lab_in legacy ip route add 192.31.197.0/24 via 192.52.193.1

cat >"$LAB_DIR/raw.py" <<'END'
# raw.py PROTOCOL ADDRESS [SOURCE]: sends, and prints what comes back
import socket, sys
six = ":" in sys.argv[2]
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, int(sys.argv[1]))
if len(sys.argv) > 3:
    s.bind((sys.argv[3], 0))
s.settimeout(3)
s.sendto(b"hello, raw world", (sys.argv[2], 0))
print(s.recvfrom(2000))
END
cat >"$LAB_DIR/echo.py" <<'END'
# echo.py PROTOCOL: answers one raw packet of IPv4
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, int(sys.argv[1]))
s.settimeout(10)
data, peer = s.recvfrom(2000)
print(peer, flush=True)
s.sendto(data[20:], peer)
END
serve() { # NAME PORT WORD
    lab_spawn "$1" "serve-$2" socat TCP6-LISTEN:$2,reuseaddr,fork EXEC:"echo $3"
    lab_wait 5 lab_in "$1" sh -c "ss -ltn | grep -q ':$2 '"
}
own_port() { # NAME SOURCE ADDRESS: seen with its address, and the port that it took itself
    lab_in "$1" socat -t 3 - "TCP6:[$SERVICE6]:80,bind=[$2]:50123,reuseaddr,connect-timeout=5" <<<$'GET /from HTTP/1.0\r\n\r' | tee /dev/stderr |
        grep -q "^$3 50123"
}
out() { own_port pi3 2001:db8:3:0:1::2 192.31.196.18 && own_port pi2 2001:db8:2::21 192.31.197.1; }
beside() { # who has no mapping has the pool, without the mapped address
    for i in $(seq 1 9); do
        lab_in pi2 ip -6 addr add 2001:db8:2::10$i/64 dev eth0 nodad
        lab_in pi2 curl -sS -m 5 --interface 2001:db8:2::10$i http://[$SERVICE6]/from || return 1
    done | tee /dev/stderr | { ! grep -q '^192\.31\.196\.18'; }
}
inward() {
    serve pi3 2222 pi3 && lab_in legacy socat -t 3 - TCP4:192.31.196.18:2222,connect-timeout=3 </dev/null | grep -qx pi3 &&
        lab_in legacy ping -c 2 -i 0.2 -W 2 192.31.196.18 && lab_in legacy ping -c 2 -i 0.2 -W 2 192.31.197.1
}
other() { # PROTOCOL
    lab_spawn legacy "echo-$1" python3 "$LAB_DIR/echo.py" "$1"
    sleep 0.5
    lab_in pi3 python3 "$LAB_DIR/raw.py" "$1" $SERVICE6 | tee /dev/stderr | grep -q "hello, raw world.*64:ff9b::c034:c10a" &&
        grep -q "192.31.196.18" "$LAB_DIR/echo-$1.log"
}
others() { other 132 && other 47 && other 50; }
fragments() { point_udp_echo pi3 3000; } # a datagram of three fragments there and back
narrow() { # bulk through pi3's 1280-byte link: the errors of r6 reach the service
    head -c 1000000 /dev/urandom >"$LAB_DIR/www/megabyte"
    lab_in pi3 curl -sS -m 20 -o "$LAB_DIR/got" http://[$SERVICE6]/megabyte && cmp "$LAB_DIR/www/megabyte" "$LAB_DIR/got" &&
        lab_in legacy ip route get 192.31.196.18 | tee /dev/stderr | grep -q 'mtu 1260'
}
hops() { # routers of either side are seen
    lab_in pi3 traceroute -6 -n -q 1 -w 1 -m 6 $SERVICE6 | tee /dev/stderr | grep -q "64:ff9b::c01f:c402" &&
        lab_in legacy traceroute -n -q 1 -w 1 -m 8 192.31.196.18 | tee /dev/stderr | grep -q "192.31.196.18"
}
hairpin() { # pooled to mapped, mapped to mapped, mapped to static
    serve pi2 80 shop && serve pi2 2223 pi2
    lab_in pi2 socat -t 3 - "TCP6:[64:ff9b::c01f:c412]:2222,connect-timeout=3" </dev/null | grep -qx pi3 &&
        lab_in pi3 socat -t 3 - "TCP6:[64:ff9b::c01f:c501]:2223,connect-timeout=3" </dev/null | grep -qx pi2 &&
        lab_in pi3 ping -c 1 -W 2 64:ff9b::c01f:c501 &&
        lab_in pi3 socat -t 3 - "TCP6:[64:ff9b::c01f:c411]:8080,connect-timeout=3" </dev/null | grep -qx shop
}
routes() {
    lab_in gw ip route show 192.31.197.0/30 | grep -q nat64 && lab_in gw ip route show 192.31.196.18 | grep -q nat64
}
config_alone() {
    {
        echo "state-dir = \"$LAB_DIR/state\"; pools = (); $LAB_CONFIG"
        echo "dns64: { upstream = [\"192.52.193.53\"]; }; nat64: { $LAB_NAT64 };"
    } >"$LAB_DIR/gate64.conf"
}
alone() { # no pool: mappings only, and no session
    lab_end "$NAT64D_PID"
    config_alone
    lab_nat64d || return 1
    out && inward && other 132 && fragments &&
        ! lab_in pi2 curl -sS -m 2 --interface 2001:db8:2::2 http://[$SERVICE6]/from &&
        [ "$(counter drop_no_mapping)" -ge 1 ] && [ "$(counter sessions_created)" = 0 ]
}
reload() { # a mapping goes, another comes
    LAB_CONFIG='eam = ( { ipv4 = "192.31.197.0/30"; ipv6 = "2001:db8:2::/126"; } );'
    config_alone
    gate64 reload && own_port pi2 2001:db8:2::2 192.31.197.2 && ! lab_in legacy ping -c 1 -W 1 192.31.196.18 &&
        ! lab_in gw ip route show 192.31.196.18 | grep -q nat64
}
without_prefix() { # both ends have a mapping; the host's own longer routes say which side the IPv4 one is on
    lab_end "$NAT64D_PID"
    LAB_CONFIG='pref64 = (); eam = ( { ipv4 = "192.31.196.18"; ipv6 = "2001:db8:3:0:1::2"; }, { ipv4 = "192.52.193.0/24"; ipv6 = "2001:db8:52::/120"; } );'
    config_alone
    lab_in gw ip route add $LAB_SERVICE/32 via 192.31.196.2
    lab_nat64d || return 1
    lab_in gw ip -6 route add 2001:db8:52::/120 dev nat64
    lab_in legacy ping -c 2 -i 0.2 -W 2 192.31.196.18 &&
        lab_in pi3 curl -sS -m 5 http://[2001:db8:52::a]/from | tee /dev/stderr | grep -q "^192.31.196.18" &&
        ! lab_in pi3 curl -sS -m 2 http://[$SERVICE6]/from && ! lab_in gw ip -6 route show 64:ff9b::/96 | grep -q .
}
t_plan 12
t "EAM-03 mapped hosts keep their ports" out
t "EAM-00 the pool serves the others, without the mapped address" beside
t "EAM-02 IPv4 reaches mapped hosts by TCP and ping" inward
t "EAM-00 SCTP, GRE and ESP pass" others
t "RFC 7915 4.1 fragments pass" fragments
t "EAM-04 Packet Too Big of the IPv6 side reaches the service" narrow
t "EAM-04 the routers of either side are seen" hops
t "EAM-05 hairpins between mapped, pooled and static" hairpin
t "routes of the mappings" routes
t "EAM-00 alone it is a stateless translator" alone
t "mappings follow a reload" reload
t "EAM-00 without a prefix there is nothing but mappings" without_prefix
exit $t_failed
