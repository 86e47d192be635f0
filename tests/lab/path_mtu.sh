#!/bin/bash
# A backend behind a link of 1280 bytes that only its router knows of (pi3), in both modes: one error, no more.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/path_mtu_points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 2;"
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }
t_plan $((path_mtu_points + 2))
path_mtu_tests routed
after_reload() { # a reload keeps it
    gate64 reload && told 0 fresh_download && knows
}
after_restart() { # a new translator knows nothing of it, and is told like the first
    kill -9 "$(lab_translator)" && lab_wait 10 lab_translates && ! knows && told 100 fresh_download && knows &&
        told 0 fresh_download
}
t "SEC-43 what was learned outlives a reload" after_reload
t "SEC-43 and a translator that was killed learns it again" after_restart
exit $t_failed
