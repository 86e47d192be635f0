# What outlives a process: killed at every change, and damaged at random.
# Tables without the edges around them; the clock is the rig's.
rig = tests/unit/nat64d/rig.c tests/unit/nat64d/rig.h tests/unit/nat64d/agree.c tests/unit/nat64d/agree.h \
	nat64d/edge/fixed.c nat64d/edge/fixed.h nat64d/edge/recovery.c nat64d/edge/recovery.h nat64d/edge/tables.c nat64d/edge/tables.h nat64d/keeper/size.c nat64d/keeper/size.h
if HAVE_CMOCKA
recover_programs = tests/recover/test_kill tests/recover/test_damage tests/recover/test_recover
check_PROGRAMS += $(recover_programs)
UNIT_TESTS += $(recover_programs)
tests_recover_test_kill_SOURCES = tests/recover/test_kill.c $(rig)
tests_recover_test_kill_LDADD = $(steps)
tests_recover_test_damage_SOURCES = tests/recover/test_damage.c tests/recover/damage.c tests/recover/damage.h $(rig)
tests_recover_test_damage_LDADD = $(steps)
tests_recover_test_recover_SOURCES = tests/recover/test_recover.c $(rig)
tests_recover_test_recover_LDADD = $(steps)
endif
