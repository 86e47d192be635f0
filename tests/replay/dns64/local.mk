# The replay rig of dns64: the program's own parts, fake upstreams, and a clock that does not wait.
if HAVE_CMOCKA
dns64_rig = $(dns64_edge) \
	%D%/gateway.c %D%/gateway.h %D%/upstream.c %D%/upstream.h %D%/virtual.c %D%/virtual.h
dns64_rig_libraries = $(dns64_archives) $(dns64_libraries) $(LDNS_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/replay/dns64/test_scenarios tests/replay/dns64/day
UNIT_TESTS += tests/replay/dns64/test_scenarios tests/replay/dns64/day
tests_replay_dns64_test_scenarios_SOURCES = %D%/test_scenarios.c $(dns64_rig) \
	%D%/client.c %D%/client.h %D%/expect.c %D%/expect.h %D%/play.c %D%/reply.c %D%/reply.h \
	%D%/scenario.c %D%/scenario.h %D%/script.c %D%/script.h %D%/text.c %D%/text.h %D%/wrong.c %D%/wrong.h
tests_replay_dns64_test_scenarios_LDADD = $(dns64_rig_libraries)
# A day of traffic; scripts/check --long sets G64_DAY.
tests_replay_dns64_day_SOURCES = %D%/day.c $(dns64_rig) \
	%D%/authority.c %D%/authority.h %D%/judge.c %D%/judge.h
tests_replay_dns64_day_LDADD = $(dns64_rig_libraries)
endif

# The files, not the folder, which would bring objects of the build into the archive.
EXTRA_DIST += \
	tests/replay/dns64/README.md \
	tests/replay/dns64/cache.replay \
	tests/replay/dns64/decision.replay \
	tests/replay/dns64/flags.replay \
	tests/replay/dns64/lessons.replay \
	tests/replay/dns64/made-chains.replay \
	tests/replay/dns64/made-delays.replay \
	tests/replay/dns64/made-table.replay \
	tests/replay/dns64/made-wrong.replay \
	tests/replay/dns64/stale.replay \
	tests/replay/dns64/streams.replay \
	tests/replay/dns64/upstreams.replay \
	tests/replay/dns64/views.replay
