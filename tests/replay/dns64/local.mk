# The replay rig of dns64: the program's own parts, fake upstreams, and a clock that does not wait.
if HAVE_CMOCKA
dns64_rig = $(dns64_edge) \
	%D%/client.c %D%/client.h %D%/gateway.c %D%/gateway.h %D%/upstream.c %D%/upstream.h \
	%D%/virtual.c %D%/virtual.h
check_PROGRAMS += tests/replay/dns64/test_scenarios
UNIT_TESTS += tests/replay/dns64/test_scenarios
tests_replay_dns64_test_scenarios_SOURCES = %D%/test_scenarios.c $(dns64_rig) \
	%D%/expect.c %D%/expect.h %D%/play.c %D%/reply.c %D%/reply.h %D%/scenario.c %D%/scenario.h \
	%D%/script.c %D%/script.h %D%/text.c %D%/text.h %D%/wrong.c %D%/wrong.h
tests_replay_dns64_test_scenarios_LDADD = $(dns64_archives) $(dns64_libraries) $(LDNS_LIBS) $(CMOCKA_LIBS)
endif
