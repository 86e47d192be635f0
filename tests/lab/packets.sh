#!/bin/bash
# The vectors of tests/replay through the daemon itself, put in and caught as raw packets at the gateway's neighbours.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
VECTORS=$G64_SOURCE/tests/replay/nat64d
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }

# Neighbours that say nothing: what is not caught ends there.
mac() { lab_in "$1" cat "/sys/class/net/$2/address"; }
no_offloads() { # NAME DEVICE: what leaves by it is in segments and has its checksums (SIOCETHTOOL, ETHTOOL_STXCSUM)
    lab_in "$1" python3 -c 'import array, fcntl, socket, struct, sys
value = array.array("B", struct.pack("II", 0x17, 0))
request = struct.pack("16sP", sys.argv[1].encode(), value.buffer_info()[0])
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8946, request)' "$2"
}
silence() {
    lab_in pi2 ip -6 addr flush dev eth0 scope global
    lab_in r6 sysctl -qw net.ipv6.conf.all.forwarding=0
    lab_in r4 sysctl -qw net.ipv4.ip_forward=0
    lab_in r4 ip addr del 192.52.193.1/24 dev wide
    local i mac=$(mac pi2 eth0)
    for i in 2 9 20 21 22 23; do
        lab_in gw ip -6 neigh replace 2001:db8:2::$i lladdr "$mac" dev pi2 nud permanent
    done
    no_offloads gw wan && no_offloads gw pi2
    # A source route is the translator's to refuse.
    lab_in gw sysctl -qw net.ipv4.conf.all.accept_source_route=1 net.ipv4.conf.wan.accept_source_route=1
}
silence || { echo "Bail out! no neighbours"; exit 1; }
export PACKETS_LINKS="$LAB-pi2 eth0 $(mac gw pi2) $LAB-r6 wan $(mac gw r6) $LAB-r4 gw $(mac gw wan)"

config() { # WORKERS FOLDER [FILE]: the folder's configuration, and the file's own lines
    local own=
    [ -n "${3:-}" ] && own=$(sed -n 's/^conf nat64: { \(.*\) };$/\1/p' "$3")
    {
        cat "$2/gate64.conf"
        echo "state-dir = \"$LAB_DIR/state\";"
        echo "nat64: { workers = $1; icmp-errors: { per-second = 100000; per-second-per-network = 100000; }; $own };"
        [ -z "${3:-}" ] || sed -n 's/^conf //p' "$3" | grep -v "^nat64: "
    } >"$LAB_DIR/gate64.conf"
}
start() {
    [ -n "${NAT64D_PID:-}" ] && lab_end "$NAT64D_PID"
    lab_nat64d || { cat "$LAB_DIR/nat64d.log"; return 1; }
}
packets() { # HEADING ARGUMENTS...: its lines, and the number goes on
    python3 "$G64_SOURCE/tests/lab/packets.py" "$1" $((t_number + 1)) "${@:2}" >"$LAB_DIR/packets.out" 2>&1 || t_failed=1
    cat "$LAB_DIR/packets.out"
    t_number=$((t_number + $(grep -c "^\(not \)\?ok " "$LAB_DIR/packets.out")))
}
bail() {
    echo "Bail out! $*"
    exit 1
}
plain=() own=() # files that have one gateway in common, and those with a configuration of their own
for file in "$VECTORS"/mtu6.replay "$VECTORS"/*.replay; do # mtu6 before a path MTU is learned
    case $(grep -c "^conf " "$file"):" ${plain[*]} " in
    0:*" $file "*) ;;
    0:*) plain+=("$file") ;;
    *) [[ " ${own[*]} " == *" $file "* ]] || own+=("$file") ;;
    esac
done
for workers in 1 2; do
    config $workers "$VECTORS"
    start || bail "no nat64d"
    # Before a path MTU is learned.
    packets "routed, workers $workers" $workers routed supers
    t "routed, workers $workers: LES-N-26 super-packets were translated whole" test "$(counter super_packets)" = 16
    packets "routed, workers $workers" $workers routed "${plain[@]}"
    packets "routed, workers $workers" $workers routed rules
    [ $workers = 1 ] || continue # what a configuration says does not depend on who does it
    for file in "${own[@]}"; do
        config $workers "$VECTORS" "$file"
        start || bail "no nat64d"
        packets "routed, workers $workers" $workers routed "$file"
    done
done
mkdir "$LAB_DIR/shared"
python3 "$G64_SOURCE/tests/lab/packets.py" share "$LAB_DIR/shared" || bail "no vectors"
for workers in 1 2; do
    config $workers "$LAB_DIR/shared"
    start || {
        grep -q "neither\|NFQUEUE" "$LAB_DIR/nat64d.log" || bail "no nat64d for a shared address"
        echo "ok $((++t_number)) - shared # SKIP no NFQUEUE here"
        break
    }
    packets "shared, workers $workers" $workers shared supers
    packets "shared, workers $workers" $workers shared "$LAB_DIR/shared/"{mtu6,headers,icmp46,icmp64}.replay
    packets "shared, workers $workers" $workers shared rules
done
echo "1..$t_number"
exit $t_failed
