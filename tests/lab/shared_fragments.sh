#!/bin/bash
# Fragments at an address that is shared with the host: from IPv4 the kernel puts them together before we see them.
LAB_SHARED=yes
LAB_NAT64="workers = 2;"
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/fragment_points.sh"
trap lab_down EXIT
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }
one_worker() {
    lab_end "$NAT64D_PID"
    LAB_NAT64="workers = 1;"
    lab_config && lab_nat64d
}
fragment_echo
t_plan $((fragment_points + big_points + 1))
fragment_tests "shared"
t "nat64d starts again with one worker" one_worker
big_tests "shared, one worker" N64-FRG-01
exit $t_failed
