#!/bin/bash
# The flood for 20 s.
LAB_FULL=yes
. "${G64_SOURCE:-$PWD}/tests/lab/flood.sh"
