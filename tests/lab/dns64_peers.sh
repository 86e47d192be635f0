#!/bin/bash
# The table of tests/peers put to dns64 alone, each row a test.
exec env PYTHONDONTWRITEBYTECODE=1 python3 "${G64_SOURCE:-$PWD}/tests/peers/score.py" --only dns64 --tap
