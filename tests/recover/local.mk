# What outlives a process: killed at every change, and damaged at random.
if HAVE_CMOCKA
recover_programs = tests/recover/test_kill
check_PROGRAMS += $(recover_programs)
UNIT_TESTS += $(recover_programs)
# Tables without the edges around them; the clock is the rig's.
rig = tests/unit/nat64d/rig.c tests/unit/nat64d/rig.h tests/unit/nat64d/agree.c tests/unit/nat64d/agree.h \
	nat64d/edge/tables.c nat64d/edge/tables.h
tests_recover_test_kill_SOURCES = tests/recover/test_kill.c $(rig)
tests_recover_test_kill_LDADD = $(steps)
endif
