# Benchmarks: ratios against peers; never part of make check.
EXTRA_DIST += tests/bench/run
