#!/bin/bash
# path_mtu.sh at an address that is shared with the host, where NFQUEUE tells no segment size.
LAB_SHARED=yes
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/path_mtu_points.sh"
trap lab_down EXIT
LAB_NAT64="workers = 2;"
lab_up || { echo "Bail out! the lab could not be raised"; exit 1; }
t_plan $path_mtu_points
path_mtu_tests shared
exit $t_failed
