# Everything that the first slice promised, in every arrangement; source it after lab.sh and points.sh, with LAB_NAT64
# and LAB_SHARED set.
trap lab_down EXIT
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }

parallel() {
    timeout 100 ip netns exec "$LAB-pi2" bash -c 'for i in $(seq 1 1000); do echo "url = http://api.legacy.example/from"; echo "output = /dev/null"; done |
        curl -sS -m 60 --parallel --parallel-max 200 --no-keepalive -H "Connection: close" -w "%{http_code}\n" -K - | grep -c "^200" | grep -qx 1000'
}
dns_through() { lab_in pi2 dig +time=3 +tries=1 +short @64:ff9b::c034:c135 api.legacy.example A | grep -qx 192.52.193.10; }
hops() { # CMD...: r4's image is a hop, and those that have no image show the gateway
    "$@" >"$LAB_DIR/hops"
    cat "$LAB_DIR/hops"
    grep -q '64:ff9b::c01f:c402' "$LAB_DIR/hops" && grep -q '2001:db8:2::1' "$LAB_DIR/hops" &&
        grep -q "$SERVICE6" "$LAB_DIR/hops" && ! grep -q '192\.0\.0\.8\|c000:8' "$LAB_DIR/hops"
}
narrow4() { # towards the 1300-byte link: the backend learns 1320, and bulk passes
    lab_in pi2 tracepath -n $NARROW6 | tee /dev/stderr | grep -q 'pmtu 1320' &&
        lab_in pi2 curl -sS -m 20 -T "$LAB_DIR/megabyte" -H Host:api.legacy.example "http://[$NARROW6]/put/narrow" &&
        cmp "$LAB_DIR/megabyte" "$LAB_DIR/www/put/narrow"
}
narrow6() { # towards pi3's 1280-byte link: the service learns 1260, and bulk passes
    lab_in pi3 curl -sS -m 20 -o "$LAB_DIR/narrow6" http://api.legacy.example/big -r 0-999999 || return 1
    cmp "$LAB_DIR/megabyte" "$LAB_DIR/narrow6" || return 1
    for a in $LAB_ADDRESSES; do lab_in legacy ip route get "$a"; done | tee /dev/stderr | grep -q 'mtu 1260'
}
static_in() { # IPv4 reaches the backend's service under the default filtering
    lab_spawn pi2 shop socat TCP6-LISTEN:80,reuseaddr,fork EXEC:"echo welcome"
    lab_wait 5 lab_in pi2 sh -c 'ss -ltn | grep -q ":80 "'
    lab_in legacy socat -t 3 -T 5 - TCP4:$LAB_SHOP:8080 </dev/null | grep -q welcome
}
own_curl() { lab_in gw curl -sS -m 10 "http://[$SERVICE6]/from" | { read -r a _; in_pool "$a"; }; }
outsider() { # a host that is not in backends: nothing passes, ICMPv6 1/1 comes, and only so many
    local before
    lab_in out ping -c 300 -i 0.01 -W 1 $SERVICE6 >"$LAB_DIR/outsider" # some 4 s
    tail -3 "$LAB_DIR/outsider"
    grep -q ' 0 received' "$LAB_DIR/outsider" || return 1
    before=$(grep -c 'Administratively prohibited\|unreachable: Adm' "$LAB_DIR/outsider")
    [ "$before" -ge 10 ] && [ "$before" -le 100 ] && [ "$(counter drop_source_not_backend)" -ge 300 ]
}
denied() { # the well-known prefix does not reach private addresses, nor the gateway's own
    ! lab_in pi2 curl -sS -m 2 http://[64:ff9b::a01:203]/ && ! lab_in pi2 ping -c 1 -W 1 64:ff9b::c01f:c401 &&
        ! lab_in pi2 ping -c 1 -W 1 64:ff9b::7f00:1 && [ "$(counter drop_destination_denied)" -ge 1 ] &&
        [ "$(counter drop_destination_own)" -ge 1 ]
}
ports_random() { # RFC 6056: no two neighbours in a row
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/nat64d/control" http://gate64/v1/bindings | sed -n 's/.*"src4_port":\([0-9]*\).*/\1/p' |
        awk 'NR > 1 && $1 == last + 1 {row++} {last = $1} END {exit NR < 100 || row > NR / 10}'
}
super_packets() { [ "$(counter super_packets)" -gt 1000 ]; }

t_plan 21
t "HTTPS by name from pi2" point_https pi2
t "HTTPS by name from pi3" point_https pi3
t "1 GB by HTTP from IPv4 with an unchanged checksum" point_download
t "1 GB by HTTP to IPv4 with an unchanged checksum" point_upload
t "LES-N-26 that was super-packets" super_packets
t "1000 parallel short connections" parallel
t "N64-ALC-07 external ports are random" ports_random
t "UDP echo from pi2, five sizes" point_udp_echo pi2 1 100 1000 1200 1400
t "UDP echo from pi3, behind a link of 1280 bytes" point_udp_echo pi3 1 100 1000 1200
t "DNS to an IPv4 server" dns_through
t "N64-3.4-02 ping from pi2" point_ping pi2
t "N64-3.4-02 ping from pi3" point_ping pi3
t "LES-N-08 traceroute shows each IPv4 hop" hops lab_in pi2 traceroute -n -q 1 -w 2 $SERVICE6
t "LES-N-08 traceroute with ICMP shows each IPv4 hop" hops lab_in pi2 traceroute -n -I -q 1 -w 2 $SERVICE6
t "LES-N-08 tracepath shows each IPv4 hop" hops lab_in pi2 tracepath -n $SERVICE6
t "XL-MTU-01 path MTU discovery through a 1300-byte IPv4 link" narrow4
t "XL-MTU-04 path MTU discovery through a 1280-byte IPv6 link" narrow6
t "N64-3.1-05 a static binding reached from IPv4 under the default filtering" static_in
t "N64-5.3-06 curl on the gateway itself through the prefix" own_curl
t "SEC-17 N64-5.3-06 a source outside backends gets nothing but rate-limited ICMPv6 1/1" outsider
t "WKP-01 SEC-11 private, loopback and own IPv4 addresses are refused" denied
exit $t_failed
