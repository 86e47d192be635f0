#!/bin/bash
# What nat64d changes on the host, and that all of it can be undone: after a kill at any moment, after a change of
# the configuration, beside rules and reserved ports of the host's own; and which packets the rules of a shared
# address take.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
command -v strace >/dev/null || t_skip_all "no strace"
# LeakSanitizer cannot work under strace: it would end a sound run with status 1.
traced="env ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -qq -o /dev/null"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no network"; exit 1; }
nat64d=$G64_BUILD/nat64d/nat64d
record=$LAB_DIR/state/nat64d/host
own_ports=100,50000,60000-60010

# The host has an IPv6 uplink with router advertisements, rules and reserved ports. A table that was used once stays
# in iptables-save, empty, so each is used before.
lab_in gw ip -6 route add default via 2001:db8:3::2
lab_in gw sysctl -qw net.ipv4.ip_local_reserved_ports=$own_ports
for ipt in iptables ip6tables; do
    for table in raw mangle filter; do
        lab_in gw $ipt -t $table -N own && lab_in gw $ipt -t $table -A own -j RETURN
    done
    lab_in gw $ipt -t mangle -A PREROUTING -j own && lab_in gw $ipt -A FORWARD -j own
done

config() { # POOLS [NAT64]
    {
        echo "state-dir = \"$LAB_DIR/state\";"
        echo "pools = ( $1 );"
        echo "static = ( { name = \"shop\"; protocol = \"tcp\"; ipv4 = \"$LAB_GW4#8080\"; ipv6 = \"2001:db8:2::2#80\"; } );"
        echo "nat64: { $2 };"
    } >"$LAB_DIR/gate64.conf"
}
shared="{ name = \"own\"; address = \"$LAB_GW4\"; shared = true; }"
both="$shared, { name = \"near\"; address = \"192.31.196.8/31\"; }" # on the uplink's subnet: proxy neighbours
state() {
    lab_in gw ip -o link | sed 's/^[0-9]*: //' | cut -d' ' -f1
    lab_in gw ip addr | sed 's/^[0-9]*: //' | grep -v valid_lft
    lab_in gw ip -4 route show table all
    lab_in gw ip -6 route show table all | grep -v 'fe80\|expires\|^anycast' | sort
    lab_in gw ip neigh show proxy
    lab_in gw iptables-save | sed '/^#/d; s/\[.*\]//'
    lab_in gw ip6tables-save | sed '/^#/d; s/\[.*\]//'
    lab_in gw sysctl net.ipv4.ip_local_reserved_ports
    # Forwarding stays on, and with it the acceptance of router advertisements that it needs.
    case $(lab_in gw sysctl -n net.ipv6.conf.all.forwarding net.ipv6.conf.r6.accept_ra | tr -d '\n') in
    01 | 12) echo "the default route of r6 lives" ;;
    *) lab_in gw sysctl net.ipv6.conf.all.forwarding net.ipv6.conf.r6.accept_ra ;;
    esac
    ls "$record" 2>/dev/null
}
forget_forwarding() { lab_in gw sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv6.conf.r6.accept_ra=1; }
host_up() { lab_in gw ${WRAP:-} "$nat64d" -c "$LAB_DIR/gate64.conf" -f --host-up; }
host_down() { lab_in gw ${WRAP:-} "$nat64d" -c "$LAB_DIR/gate64.conf" -f --host-down; }
as_before() {
    state >"$LAB_DIR/after"
    diff "$LAB_DIR/before" "$LAB_DIR/after"
}
down_as_before() { host_down && as_before; }

all_there() {
    config "$both" "workers = 1;"
    forget_forwarding
    state >"$LAB_DIR/before"
    host_up || return 1
    lab_in gw ip link show nat64 | grep -q 'mtu 65535.*qlen 20000' &&
        lab_in gw ip addr show nat64 | grep -q '192.0.0.8/32' &&
        lab_in gw ip -6 route show 64:ff9b::/96 | grep -q nat64 &&
        lab_in gw ip route show 192.31.196.8/31 | grep -q nat64 &&
        ! lab_in gw ip route show "$LAB_GW4" | grep -q nat64 &&
        [ "$(lab_in gw ip neigh show proxy | grep -c '192.31.196.[89] dev wan')" = 2 ] &&
        [ "$(lab_in gw sysctl -n net.ipv4.ip_local_reserved_ports)" = 100,8080,49152-65535 ] &&
        [ "$(lab_in gw sysctl -n net.ipv6.conf.r6.accept_ra net.ipv4.ip_forward net.ipv6.conf.all.forwarding | tr -d '\n')" = 211 ] &&
        [ "$(lab_in gw iptables -S FORWARD 1)" = '-A FORWARD -j G64-nat64' ]
}
twice() {
    state >"$LAB_DIR/up"
    cp "$record" "$LAB_DIR/record"
    host_up || return 1
    state | diff "$LAB_DIR/up" - && cmp "$LAB_DIR/record" "$record"
}
# Kills nat64d as it enters the Nth call of each kind that changes something, until it survives.
kill_everywhere() { # UP-OR-DOWN CALL...
    local command=$1 call n
    shift
    for call in "$@"; do
        for n in $(seq 1 200); do
            forget_forwarding
            [ "$command" = host_up ] || host_up || return 1
            WRAP="$traced -e trace=$call -e inject=$call:signal=SIGKILL:when=$n" $command
            local status=$?
            host_down && as_before || { echo "after a kill of $command at $call number $n (status $status)"; return 1; }
            [ $status = 137 ] || break
        done
        echo "$command: $call: $((n - 1)) kills, then status $status"
        [ $status = 0 ] || return 1
    done
}
killed_between_up_and_up() { # what the first left half done, the second does
    forget_forwarding
    host_up && state >"$LAB_DIR/up" && host_down || return 1
    for n in 3 7 12 18 24; do
        forget_forwarding
        WRAP="$traced -e trace=write -e inject=write:signal=SIGKILL:when=$n" host_up && return 1
        host_up || return 1
        state | diff "$LAB_DIR/up" - || return 1
        down_as_before || return 1
    done
}
changed() { # another pool, other ports: the old ones are undone
    config "$both" "workers = 1;"
    host_up || return 1
    config "{ name = \"own\"; address = \"$LAB_GW4\"; shared = true; ports = [\"40000-40010\", \"49200-50200\"]; }" "workers = 1;"
    host_up || return 1
    [ "$(lab_in gw sysctl -n net.ipv4.ip_local_reserved_ports)" = 100,8080,40000-40010,49200-50200,60000-60010 ] &&
        [ -z "$(lab_in gw ip neigh show proxy)" ] && [ -z "$(lab_in gw ip route show 192.31.196.8/31)" ] || return 1
    config "{ name = \"far\"; address = \"$LAB_POOL\"; }, { name = \"own\"; address = \"$LAB_GW4\"; }" "conntrack = true;"
    sed -i '/^static/d' "$LAB_DIR/gate64.conf"
    host_up || return 1
    lab_in gw iptables-save -t mangle | grep G64
    lab_in gw iptables-save -t raw | grep G64
    ! lab_in gw iptables-save -t mangle | grep -q G64 && ! lab_in gw ip6tables-save -t raw | grep -q G64 &&
        [ "$(lab_in gw sysctl -n net.ipv4.ip_local_reserved_ports)" = $own_ports ] && down_as_before
}
damaged() {
    config "$both" "workers = 1;"
    host_up || return 1
    printf 'not a line of ours\n+ route\n' >>"$record"
    host_down 2>"$LAB_DIR/said" && cat "$LAB_DIR/said" && [ "$(grep -c 'a line cannot be read' "$LAB_DIR/said")" = 2 ] && as_before
}
changed_since() { # by the operator: his value stays
    host_up || return 1
    lab_in gw sysctl -qw net.ipv6.conf.r6.accept_ra=0
    lab_in gw ip route del 192.31.196.8/31
    host_down && [ "$(lab_in gw sysctl -n net.ipv6.conf.r6.accept_ra)" = 0 ] || return 1
    forget_forwarding
    as_before
}
foreign_route() {
    lab_in gw ip route add 192.31.196.8/31 via 192.31.196.2
    host_up 2>"$LAB_DIR/said" && return 1
    cat "$LAB_DIR/said"
    host_down && grep -q 'route nat64/192.31.196.8/31: File exists; another one is there' "$LAB_DIR/said" &&
        lab_in gw ip route show 192.31.196.8/31 | grep -q 'via 192.31.196.2' &&
        lab_in gw ip route del 192.31.196.8/31 && as_before
}
no_tools() { # a PATH without them: routed pools go on with a warning
    config "{ name = \"far\"; address = \"$LAB_POOL\"; }" ""
    sed -i '/^static/d' "$LAB_DIR/gate64.conf"
    mkdir -p "$LAB_DIR/empty"
    lab_in gw unshare -m sh -c 'for d in /usr/sbin /usr/bin /sbin /bin; do mount --bind "$1" $d; done; shift; exec "$@"' \
        sh "$LAB_DIR/empty" "$nat64d" -c "$LAB_DIR/gate64.conf" -f --host-up 2>"$LAB_DIR/said" || { cat "$LAB_DIR/said"; return 1; }
    cat "$LAB_DIR/said"
    [ "$(grep -c 'neither nft nor iptables is installed; continuing' "$LAB_DIR/said")" = 1 ] && down_as_before || return 1
}

counted() { # QUEUE: packets that rules sent there
    lab_in gw iptables -t mangle -nvxL G64-nat64-q | awk -v q="$1" '/NFQUEUE/ && $NF == q { n += $1 } END { print n + 0 }'
}
counts() { # QUEUE CMD...: whether CMD makes the count of that queue rise, and of no other
    local queue=$1 q before after
    shift
    before=$(for q in 6400 6401 6402 6403; do counted $q; done)
    lab_in legacy "$@" </dev/null >/dev/null 2>&1
    after=$(for q in 6400 6401 6402 6403; do counted $q; done)
    paste <(printf '6400\n6401\n6402\n6403\n') <(echo "$before") <(echo "$after") |
        awk -v q="$queue" -v what="$*" '($3 > $2) != ($1 == q) { print what ": " $0; bad = 1 } END { exit bad }'
}
icmp() { # TYPE ID PROTOCOL PORT IHL: a message to the gateway; PROTOCOL "" is an echo reply
    cat <<END
import socket, struct
def total(b):
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    s = (s >> 16) + (s & 65535)
    return ~(s + (s >> 16)) & 65535
kind, ident, protocol, port, ihl = $1, $2, ${3:-0}, ${4:-0}, ${5:-5}
l4 = struct.pack("!BBHHH", 8, 0, 0, port, 1) if protocol == 1 else struct.pack("!HHHH", port, 80, 8, 0)
quoted = struct.pack("!BBHHHBBH", 0x40 + ihl, 0, ihl * 4 + 8, 1, 0, 60, protocol, 0) + socket.inet_aton("$LAB_GW4") + \
    socket.inet_aton("$LAB_SERVICE") + b"\x01" * (4 * (ihl - 5)) + l4
body = quoted if protocol else b"12345678"
m = struct.pack("!BBHHH", kind, 0, 0, ident, 0) + body
m = m[:2] + struct.pack("!H", total(m)) + m[4:]
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.sendto(m, ("$LAB_GW4", 0))
END
}
tcp() { echo socat - "TCP4:$LAB_GW4:$1,connect-timeout=1"; }
udp() { echo socat /dev/zero,readbytes=9 "UDP4-SENDTO:$LAB_GW4:$1"; }
queues() { # WORKERS: block 768 is the first worker's, block 769 the second's
    local second_tcp=6400 second=6401
    [ "$1" = 1 ] || { second_tcp=6402; second=6403; }
    config "$shared" "workers = $1;"
    host_up || return 1
    counts 6400 $(tcp 49152) && counts $second_tcp $(tcp 49216) && counts 6400 $(tcp 8080) && counts 0 $(tcp 8081) &&
        counts 0 $(tcp 40000) && counts 6401 $(udp 49153) && counts $second $(udp 49217) && counts 0 $(udp 8080) &&
        counts 6401 python3 -c "$(icmp 0 49152)" && counts $second python3 -c "$(icmp 0 49216)" &&
        counts 0 python3 -c "$(icmp 0 4000)" && counts 6401 python3 -c "$(icmp 3 0 17 49152)" &&
        counts $second python3 -c "$(icmp 11 0 6 49216)" && counts 6401 python3 -c "$(icmp 3 0 1 49154)" &&
        counts $second python3 -c "$(icmp 12 0 17 49217 7)" && counts 0 python3 -c "$(icmp 3 0 17 4000)" &&
        counts 6401 python3 -c "$(icmp 3 0 6 8080)"
}
hosts_own() { # what is the host's stays the host's, with nobody reading the queues
    lab_spawn legacy echo socat TCP4-LISTEN:7778,fork,reuseaddr PIPE
    lab_spawn gw service socat TCP4-LISTEN:60005,fork,reuseaddr PIPE
    lab_wait 5 sh -c "ip netns exec $LAB-gw ss -ltn | grep -q :60005 && ip netns exec $LAB-legacy ss -ltn | grep -q :7778"
    lab_in gw ping -c 1 -W 2 $LAB_SERVICE && lab_in legacy ping -c 1 -W 2 $LAB_GW4 &&
        [ "$(echo in | lab_in legacy timeout 5 socat -t 2 - "TCP4:$LAB_GW4:60005")" = in ] &&
        [ "$(echo out | lab_in gw timeout 5 socat -t 2 - "TCP4:$LAB_SERVICE:7778,sourceport=61000")" = out ]
    local r=$?
    host_down
    return $r
}
t_plan 14
t "--host-up makes device, address, routes, neighbours, rules, reserved ports, forwarding" all_there
t "--host-up again changes nothing" twice
t "--host-down leaves the host as it was, its own rules and ports too" down_as_before
t "a kill at any moment of --host-up: --host-down leaves the host as it was" kill_everywhere host_up write sendto clone3,clone,vfork wait4 ioctl rename
t "a kill at any moment of --host-down: another one ends it" kill_everywhere host_down write sendto clone3,clone,vfork wait4 rename unlink
t "after a kill --host-up ends what was begun" killed_between_up_and_up
t "a changed configuration: what is no longer in it is undone" changed
t "damaged lines of the record are passed over" damaged
t "what the operator changed since is left" changed_since
t "a route of somebody else is refused and left" foreign_route
t "without nft and iptables routed pools go on, said once" no_tools
t "one worker: each kind of packet goes to its queue, and no other" queues 1
t "two workers: each kind of packet goes to its owner's queue" queues 2
t "the host's own connections and pings are not touched" hosts_own
exit $t_failed
