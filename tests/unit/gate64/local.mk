# Unit tests of gate64.
if HAVE_CMOCKA
gate64_fake_daemon = tests/unit/gate64/fake_daemon.c tests/unit/gate64/fake_daemon.h
gate64_tests = \
	tests/unit/gate64/test_action tests/unit/gate64/test_check tests/unit/gate64/test_check_text \
	tests/unit/gate64/test_client tests/unit/gate64/test_cmd tests/unit/gate64/test_main \
	tests/unit/gate64/test_manual tests/unit/gate64/test_print tests/unit/gate64/test_reply \
	tests/unit/gate64/test_text tests/unit/gate64/test_trace tests/unit/gate64/test_who
gate64_tests += tests/unit/gate64/test_dns tests/unit/gate64/test_question
check_PROGRAMS += $(gate64_tests)
UNIT_TESTS += $(gate64_tests)

tests_unit_gate64_test_text_LDADD = gate64/libtext.a $(CMOCKA_LIBS)
tests_unit_gate64_test_reply_LDADD = gate64/libtext.a $(CMOCKA_LIBS)

tests_unit_gate64_test_check_text_LDADD = gate64/libtext.a common/libbase.a $(CMOCKA_LIBS)
tests_unit_gate64_test_check_LDADD = gate64/libprobe.a gate64/libtext.a common/libservice.a common/libbase.a \
	$(JANSSON_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)

gate64_cmd_test_libs = gate64/libcmd.a gate64/libtext.a $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_gate64_test_print_LDADD = $(gate64_cmd_test_libs)
tests_unit_gate64_test_who_LDADD = gate64/libcmd.a common/libbase.a $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_gate64_test_client_SOURCES = tests/unit/gate64/test_client.c $(gate64_fake_daemon)
tests_unit_gate64_test_client_LDADD = $(gate64_cmd_test_libs)
tests_unit_gate64_test_cmd_SOURCES = tests/unit/gate64/test_cmd.c $(gate64_fake_daemon)
tests_unit_gate64_test_cmd_LDADD = $(gate64_cmd_test_libs)
tests_unit_gate64_test_dns_SOURCES = tests/unit/gate64/test_dns.c $(gate64_fake_daemon)
tests_unit_gate64_test_dns_LDADD = gate64/libcmd.a gate64/libtext.a common/libservice.a common/libbase.a $(JANSSON_LIBS) $(SYSTEMD_LIBS) $(CMOCKA_LIBS)
tests_unit_gate64_test_question_LDADD = gate64/libtext.a common/libbase.a $(CMOCKA_LIBS)
# It has a clock of its own in the place of common/clock.
tests_unit_gate64_test_action_SOURCES = tests/unit/gate64/test_action.c $(gate64_fake_daemon)
tests_unit_gate64_test_action_LDADD = $(gate64_cmd_test_libs)
tests_unit_gate64_test_trace_SOURCES = tests/unit/gate64/test_trace.c $(gate64_fake_daemon)
tests_unit_gate64_test_trace_LDADD = gate64/libcmd.a gate64/libtext.a common/libbase.a $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_gate64_test_main_SOURCES = tests/unit/gate64/test_main.c $(gate64_fake_daemon)
tests_unit_gate64_test_main_LDADD = $(CMOCKA_LIBS)
tests_unit_gate64_test_manual_LDADD = common/libservice.a common/libbase.a $(CONFIG_LIBS) $(SYSTEMD_LIBS) \
	$(CMOCKA_LIBS)
# The test shortens the waiting for a silent daemon.
tests_unit_gate64_test_client_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=setsockopt
endif
