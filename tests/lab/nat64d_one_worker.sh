#!/bin/bash
# Everything that the first slice promises, with one worker and the shipped defaults.
LAB_NAT64="workers = 1;"
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/all_points.sh"
