#!/bin/bash
# Fragments in every order, with one worker and with two, through a routed pool.
LAB_NAT64="workers = 1;"
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/fragment_points.sh"
trap lab_down EXIT
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }

restart() { # SETTINGS
    lab_end "$NAT64D_PID"
    LAB_NAT64=$1
    lab_config && lab_nat64d
}
long_window() { # the first of the fragments after 4 s
    LAB_NAT64="workers = 2; timeouts: { fragment = 10; }; limits: { fragments = 64; };"
    lab_config && gate64 reload && inward later && outward later
}
fragment_echo
given_up() {
    local before=$(counter drop_fragment_timeout)
    ! outward later && [ "$(counter drop_fragment_timeout)" -gt "$before" ]
}
t_plan $((2 * fragment_points + 4))
fragment_tests "one worker"
t "the counters tell of them" test "$(counter reassembled)" -ge 20 -a "$(counter fragments_kept)" -ge 100
t "nat64d starts again with two workers" restart "workers = 2;"
fragment_tests "two workers"
t "N64-FRG-03 but two seconds are not four" given_up
t "N64-FRG-04 another window and limit by reload" long_window
exit $t_failed
