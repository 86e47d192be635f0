#!/bin/bash
# A restart that nobody notices, with the gateway's own address shared.
LAB_SHARED=yes . "${G64_SOURCE:-$PWD}/tests/lab/restart.sh"
