# Unit tests of gate64.
if HAVE_CMOCKA
gate64_tests = \
	tests/unit/gate64/test_text tests/unit/gate64/test_reply
check_PROGRAMS += $(gate64_tests)
UNIT_TESTS += $(gate64_tests)
tests_unit_gate64_test_text_LDADD = gate64/libtext.a $(CMOCKA_LIBS)
tests_unit_gate64_test_reply_LDADD = gate64/libtext.a $(CMOCKA_LIBS)
endif
