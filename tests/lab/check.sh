#!/bin/bash
# gate64 check: each fault is made, named, and mended by the commands that are printed, as they are printed.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
at_end() {
    umount -l /etc /run "$LAB_DIR/run/netns" "$LAB_DIR/run" 2>/dev/null
    lab_down
}
trap at_end EXIT
mkdir -p "$LAB_DIR"

# Folders of our own in the place of /etc and /run: commands that mend make users, links and mounts.
private_folders() {
    mkdir -p "$LAB_DIR/etc" "$LAB_DIR/run" && cp -a /etc/. "$LAB_DIR/etc/" &&
        mount --bind "$LAB_DIR/etc" /etc && mkdir -p /etc/netns &&
        mount -t tmpfs tmpfs "$LAB_DIR/run" && mkdir "$LAB_DIR/run/netns" &&
        mount --bind /run/netns "$LAB_DIR/run/netns" && mount --rbind "$LAB_DIR/run" /run || return 1
    id gate64 >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin gate64
}
private_folders && lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
lab_in gw sysctl -qw net.ipv4.conf.all.rp_filter=0
lab_config

CONF=$LAB_DIR/gate64.conf
check() { lab_in gw "$G64_BUILD/gate64/gate64" -c "$CONF" check "$@"; }
inside() { lab_in gw sh -c "$1"; }
outside() { sh -c "$1"; } # for a mount, which would go with the process that lab_in starts
healthy() {
    check >"$LAB_DIR/healthy" 2>&1
    local status=$?
    cat "$LAB_DIR/healthy"
    [ $status = 0 ]
}
finds() { # PROBE FRAGMENT: named, exit status 1
    check >"$LAB_DIR/said" 2>&1
    local status=$?
    cat "$LAB_DIR/said"
    [ $status = 1 ] && grep -qE "^$1: .*$2" "$LAB_DIR/said"
}
mends() { # PROBE FRAGMENT [RUNNER]: the commands of the probe, as printed, mend it
    local commands command
    finds "$1" "$2" || return 1
    mapfile -t commands < <(awk -v probe="$1:" '/^[^ ]/ { on = $1 == probe } on && /^    / { print substr($0, 5) }' "$LAB_DIR/said")
    [ ${#commands[@]} -gt 0 ] || return 1
    for command in "${commands[@]}"; do
        echo "run: $command"
        "${3:-inside}" "$command" </dev/null || return 1
    done
    lab_wait 5 healthy || { healthy; return 1; }
}
setting() { # PROBE FRAGMENT SYSCTL...
    lab_in gw sysctl -qw "${@:3}" && mends "$1" "$2"
}
up() { lab_nat64d && lab_dns64 && healthy; }

advertisement() { # r6 tells gw a default route and a prefix: once gw hears, once it does not any more
    lab_in gw sysctl -qw net.ipv6.conf.r6.accept_ra=2
    lab_in r6 python3 - <<'END' || return 1
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0, 0, socket.if_nametoindex("wan")))
END
    lab_wait 5 sh -c "ip netns exec $LAB-gw ip -6 route show default | grep -q 'proto ra'" || return 1
    setting forwarding 'r6 has IPv6 routes from router advertisements' net.ipv6.conf.r6.accept_ra=1
    local status=$?
    lab_in gw ip -6 route flush proto ra
    return $status
}
firewall() { # COMMAND RULE...: and somebody has taken nat64d's own rules away
    lab_in gw "$1" -D FORWARD -j G64-nat64
    lab_in gw "$@" && mends firewall 'the firewall drops IPv'
    local status=$?
    lab_in gw "$1" -F FORWARD
    lab_in gw "$1" -P FORWARD ACCEPT
    return $status
}
firewall_nft() {
    command -v nft >/dev/null || { echo "no nft here"; return 0; }
    lab_in gw nft 'add table inet wall; add chain inet wall forward { type filter hook forward priority 0; policy drop; }' &&
        lab_in gw nft 'add rule inet wall forward ct state established accept' &&
        mends firewall 'the chain forward of the nft table inet wall drops'
    local status=$?
    lab_in gw nft delete table inet wall
    return $status
}
second_uplink() {
    lab_in gw ip link add second type veth peer name peer && lab_in gw ip link set second up &&
        lab_in gw ip route add default dev second metric 500 &&
        setting rp-filter 'second has an IPv4 default route' net.ipv4.conf.second.rp_filter=1
    local status=$?
    lab_in gw ip link del second
    return $status
}
no_prefix() { lab_in gw ip -6 route del 64:ff9b::/96 && mends route 'prefix 64:ff9b::/96 is not routed to nat64'; }
no_pool() { lab_in gw ip route del $LAB_POOL && mends route "pool $LAB_POOL is routed to wan, not to nat64"; }
tun_mtu() { lab_in gw ip link set nat64 mtu 1500 && mends mtu 'the MTU of nat64 is 1500'; }
low_mtu() { # with a name that the shell would read
    lab_in gw ip link add "l'ow;\$x" type veth peer name peer && lab_in gw ip link set "l'ow;\$x" mtu 1000 up &&
        mends mtu 'is 1000'
    local status=$?
    lab_in gw ip link del "l'ow;\$x"
    return $status
}
no_default() {
    other_conf "$upstream" # the default: a pool that follows the uplink
    lab_in gw ping -c 1 -W 2 192.31.196.2 && lab_in gw ip route del default && mends uplink 'no IPv4 default route'
}
no_user() { # userdel refuses while processes have it
    grep -v '^gate64:' /etc/passwd >"$LAB_DIR/passwd" && cat "$LAB_DIR/passwd" >/etc/passwd
    grep -v '^gate64:' /etc/group >"$LAB_DIR/group" && cat "$LAB_DIR/group" >/etc/group
    mends user 'no user gate64' && id gate64
}
port_53() { # socat ARGUMENTS...
    lab_end "$DNS64_PID"
    lab_spawn gw taker socat "$@" PIPE
    lab_wait 5 finds listen 'dns64 cannot listen on ::#53: socat' && mends listen 'socat' && lab_dns64
}
other_conf() { # LINES...: another file, the daemons run on
    CONF=$LAB_DIR/other.conf
    printf '%s\n' "state-dir = \"$LAB_DIR/state\";" "$@" >"$CONF"
}
shared='pools = ( { name = "main"; address = "192.31.196.1"; shared = true; } );'
upstream='dns64: { upstream = ["192.52.193.53"]; };'
reserved() {
    other_conf "$shared" "$upstream"
    setting ports 'takes ports of pool main' net.ipv4.ip_local_reserved_ports=40000,50000 &&
        [ "$(lab_in gw sysctl -n net.ipv4.ip_local_reserved_ports)" = 40000,49152-65535 ]
}
taken() { # NUMBER/PROTOCOL socat ARGUMENTS...
    other_conf "$shared" "$upstream"
    lab_spawn gw taker socat "$2" PIPE
    lab_wait 5 finds ports "port $1 of 192.31.196.1 is for backends" && mends ports "port $1"
}
taken_outside() { # a port that is not the pool's, and another address: no finding
    other_conf "$shared" "$upstream"
    lab_spawn gw taker socat TCP4-LISTEN:40001 PIPE
    local one=$LAB_PID
    lab_spawn gw taker socat UDP4-RECVFROM:50004,bind=127.0.0.1 PIPE
    lab_wait 5 lab_in gw sh -c 'ss -tuln | grep -q 50004' && healthy
    local status=$?
    lab_end "$one"
    lab_end "$LAB_PID"
    return $status
}
ourselves() {
    other_conf 'dns64: { # upstream = ["192.0.2.1"]' '    upstream = ["2001:db8:2::1", "192.52.193.53"]; edns-size = 1232;' '};'
    mends upstream '2001:db8:2::1#53 is this host itself' && grep -q '^    upstream = \["192.52.193.53#53"\]; edns-size = 1232;$' "$CONF"
}
silent() {
    other_conf 'dns64: { upstream = [' '    "192.52.193.53",' '    "192.52.193.10#5353", "192.31.196.9" ]; };'
    mends upstream '192.52.193.10#5353 does not answer, 192.31.196.9#53 does not answer'
}
resolv_conf() {
    other_conf
    rm "/etc/netns/$LAB-gw/resolv.conf" /etc/resolv.conf
    echo 'nameserver 2001:db8:2::1' >/etc/resolv.conf
    mkdir -p /run/systemd/resolve
    echo 'nameserver 192.52.193.53' >/run/systemd/resolve/resolv.conf
    mends upstream 'of the resolvers in /etc/resolv.conf, 2001:db8:2::1#53 is this host itself'
}
resolv_conf_silent() {
    other_conf
    rm -f "/etc/netns/$LAB-gw/resolv.conf" /etc/resolv.conf
    printf 'nameserver 192.31.196.9\nnameserver 192.52.193.53\n' >/etc/resolv.conf
    mends upstream '192.31.196.9#53 does not answer'
}
small() {
    mkdir -p /run/small && mount -t tmpfs -o size=8M tmpfs /run/small
    other_conf "$upstream"
    sed -i 's|^state-dir.*|state-dir = "/run/small/gate64";|' "$CONF"
    mends state-dir 'has room for 8 MB'
}
disk() {
    mkdir -p /run/disk "$LAB_DIR/disk" && mount --bind "$LAB_DIR/disk" /run/disk
    [ "$(stat -f -c %T /run/disk)" != tmpfs ] || return 0
    other_conf "$upstream"
    sed -i 's|^state-dir.*|state-dir = "/run/disk/gate64";|' "$CONF"
    mends state-dir 'is not in memory' outside
    local status=$?
    umount /run/disk/gate64
    umount /run/disk
    return $status
}
as_json() {
    lab_in gw sysctl -qw net.ipv4.ip_forward=0
    check --json >"$LAB_DIR/json"
    [ $? = 1 ] || return 1
    cat "$LAB_DIR/json"
    python3 - "$LAB_DIR/json" <<'END' || return 1
import json, sys
findings = [json.loads(line) for line in open(sys.argv[1])]
assert [f["probe"] for f in findings] == ["forwarding"], findings
assert findings[0]["commands"] == ["sysctl -w net.ipv4.ip_forward=1"], findings
END
    lab_in gw sysctl -qw net.ipv4.ip_forward=1
    healthy
}
without_daemons() {
    lab_end "$DNS64_PID"
    lab_end "$NAT64D_PID"
    CONF=$LAB_DIR/gate64.conf
    healthy && setting forwarding 'IPv4 forwarding is off' net.ipv4.ip_forward=0
}

t_plan 34
t "a healthy gateway: nothing found, exit 0" up
t "IPv4 forwarding off" setting forwarding 'IPv4 forwarding is off' net.ipv4.ip_forward=0
t "IPv6 forwarding off" setting forwarding 'IPv6 forwarding is off' net.ipv6.conf.all.forwarding=0
t "router advertisements are not heard" advertisement
t "policy DROP, IPv4" firewall iptables -P FORWARD DROP
t "policy DROP, IPv6" firewall ip6tables -P FORWARD DROP
t "a last rule that drops, IPv4" firewall iptables -A FORWARD -j DROP
t "a last rule that rejects, IPv6" firewall ip6tables -A FORWARD -j REJECT
t "a chain of nft that drops" firewall_nft
t "strict rp_filter on the device" setting rp-filter 'nat64 filters strictly' net.ipv4.conf.nat64.rp_filter=1
t "no accept_local on the device" setting rp-filter 'nat64 does not take' net.ipv4.conf.nat64.accept_local=0
t "strict rp_filter on a second uplink" second_uplink
t "prefix not routed" no_prefix
t "pool routed elsewhere" no_pool
t "MTU of the device" tun_mtu
t "MTU of a link" low_mtu
t "no user" no_user
t "port 53 taken, TCP on ::" port_53 TCP6-LISTEN:53,fork,reuseaddr
t "port 53 taken, UDP on one address" port_53 'UDP6-RECVFROM:53,fork,bind=[2001:db8:2::1]'
t "ports of a shared pool not reserved" reserved
t "no IPv4 default route" no_default
t "port of a shared pool taken, UDP" taken 50001/udp UDP4-RECVFROM:50001,fork
t "port of a shared pool taken, TCP on the address" taken 50002/tcp TCP4-LISTEN:50002,fork,bind=192.31.196.1
t "port of a shared pool taken, TCP on :: for both families" taken 50003/tcp TCP6-LISTEN:50003,fork,ipv6only=0
t "what does not touch a shared pool is no finding" taken_outside
t "an upstream that is ourselves" ourselves
t "upstreams that are silent" silent
t "resolv.conf that names ourselves" resolv_conf
t "resolv.conf with one that is silent" resolv_conf_silent
t "state-dir too small" small
t "state-dir on a disk" disk
CONF=$LAB_DIR/gate64.conf
t "nothing is left of all that" healthy
t "as JSON" as_json
t "without daemons" without_daemons
exit $t_failed
