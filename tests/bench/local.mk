# Benchmarks: ratios against peers, the gap that a restart makes; never part of make check.
EXTRA_DIST += \
	tests/bench/run \
	tests/bench/gap tests/bench/echo.py tests/bench/sessions.py
