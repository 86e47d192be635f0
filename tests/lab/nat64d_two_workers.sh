#!/bin/bash
# Two workers, share-nothing: the same service, and proof that established flows take no lock and stay where they are.
# The daemon here is linked with counters around mutexes and rings (wrap_count.c); it is otherwise the product.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 2;"
LAB_NAT64D=$G64_BUILD/tests/lab/nat64d_counted
mkdir -p "$LAB_DIR"
export G64_COUNT_FILE=$LAB_DIR/counts
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }

counts() { od -An -t u8 -w8 "$G64_COUNT_FILE" | tr -d ' '; } # mutexes, hand-overs
shared_nothing() { # DIRECTION: iperf3 -P 16, looked at twice in its middle
    lab_in pi2 iperf3 -c $SERVICE6 -P 16 -t 6 $1 >"$LAB_DIR/iperf" 2>&1 &
    local client=$! before after packets
    sleep 2
    before=($(counts)) packets=$(($(counter translated) + 0))
    sleep 3
    after=($(counts)) packets=$(($(counter translated) - packets))
    wait $client || { cat "$LAB_DIR/iperf"; return 1; }
    echo "packets $packets, mutexes $((after[0] - before[0])), hand-overs $((after[1] - before[1]))"
    [ $packets -gt 10000 ] && [ "${after[0]}" = "${before[0]}" ] && [ $(((after[1] - before[1]) * 20)) -lt $packets ]
}
first_packets() { # the counters count: a new flow takes locks, and some land on the other worker
    local all=($(counts))
    echo "mutexes ${all[0]}, hand-overs ${all[1]}"
    [ "${all[0]}" -gt 10 ] && [ "${all[1]}" -gt 0 ]
}

t_plan 8
t "HTTPS by name from pi2" point_https pi2
t "1 GB by HTTP from IPv4 with an unchanged checksum" point_download
t "1 GB by HTTP to IPv4 with an unchanged checksum" point_upload
t "UDP echo from pi2, five sizes" point_udp_echo pi2 1 100 1000 1200 1400
t "ping from pi2" point_ping pi2
t "new flows take locks and are handed over" first_packets
t "established flows to IPv4: no mutex, hand-overs under 5 %" shared_nothing ""
t "established flows from IPv4: no mutex, hand-overs under 5 %" shared_nothing -R
exit $t_failed
