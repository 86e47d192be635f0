#!/bin/bash
# path_mtu.sh at an address that is shared with the host, where NFQUEUE tells no segment size.
LAB_SHARED=yes
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/path_mtu_points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 2;"
LAB_STATIC="{ name = \"echo\"; protocol = \"udp\"; ipv4 = \"$LAB_SHOP#9090\"; ipv6 = \"2001:db8:2::2#9090\"; }"
exceeded() { lab_in legacy nstat -asz IcmpInTimeExcds | awk '/TimeExcds/ {print $2}'; }
signed_by_us() { # the hop count ends in the translator, and the sender hears of it from the host's own address
    local before=$(exceeded) sent=$(counter icmp_errors_sent)
    lab_in legacy traceroute -n -U -p 9090 -f 2 -m 2 -q 3 -w 2 $LAB_GW4 | tee /dev/stderr | grep -q "2  $LAB_GW4" &&
        [ $(($(exceeded) - before)) = 3 ] && [ $(($(counter icmp_errors_sent) - sent)) = 3 ]
}
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }
t_plan $((path_mtu_points + 1))
path_mtu_tests shared
t "LES-N-34 an error that is signed with an address of this host arrives" signed_by_us
exit $t_failed
