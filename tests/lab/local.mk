# Lab tests: real programs in network namespaces; each can run alone through tests/lab/enter.
LAB_TESTS += \
	tests/lab/service.sh \
	tests/lab/host.sh \
	tests/lab/dns64.sh \
	tests/lab/dns64_reload.sh \
	tests/lab/nat64d_hairpin.sh \
	tests/lab/nat64d_one_worker.sh \
	tests/lab/nat64d_two_workers.sh \
	tests/lab/fragments.sh \
	tests/lab/shared_fragments.sh \
	tests/lab/shared_points.sh \
	tests/lab/shared_host.sh \
	tests/lab/gate64.sh \
	tests/lab/check.sh
EXTRA_DIST += $(LAB_TESTS) \
	tests/lab/minbase tests/lab/enter tests/lab/lab.sh tests/lab/points.sh tests/lab/all_points.sh \
	tests/lab/dns64_load.py tests/lab/steady.py tests/lab/fragment_points.sh tests/lab/fragment_send.py

# nat64d with counters around mutexes and rings.
check_PROGRAMS += tests/lab/nat64d_counted
tests_lab_nat64d_counted_SOURCES = tests/lab/wrap_count.c $(nat64d_nat64d_SOURCES)
tests_lab_nat64d_counted_LDADD = $(nat64d_nat64d_LDADD)
tests_lab_nat64d_counted_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_mutex_lock -Wl,--wrap=ring_push -Wl,--wrap=ring_pop
