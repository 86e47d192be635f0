# Benchmarks: ratios against peers, the gap that a restart makes; never part of make check.
EXTRA_DIST += \
	tests/bench/run \
	tests/bench/dns tests/bench/gap tests/bench/echo.py tests/bench/sessions.py
EXTRA_PROGRAMS += tests/bench/bench_recover tests/bench/dns64_rate tests/bench/dns64_authority
tests_bench_dns64_rate_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_dns64_rate_SOURCES = tests/bench/dns64_rate.c tests/bench/rate_wire.c tests/bench/rate_wire.h
tests_bench_dns64_authority_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_bench_recover_SOURCES = tests/bench/bench_recover.c $(rig)
tests_bench_bench_recover_LDADD = nat64d/libsteps.a nat64d/libstate.a pool/libpool.a nat64d/libxlat.a pool/libport.a \
	common/libshared.a common/libbase.a
EXTRA_PROGRAMS += tests/bench/bench_steps
tests_bench_bench_steps_SOURCES = tests/bench/bench_steps.c $(rig)
tests_bench_bench_steps_LDADD = $(tests_bench_bench_recover_LDADD)
