#!/bin/bash
# The same on a gateway with a single IPv4 address, which it shares with its own services; two workers.
LAB_SHARED=yes
LAB_NAT64="workers = 2;"
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/all_points.sh"
