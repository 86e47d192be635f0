# Traces: their records, words and decisions.
if HAVE_CMOCKA
trace_tests = tests/unit/nat64d/packet/test_trace_text tests/unit/nat64d/table/test_trace \
	tests/unit/nat64d/rfc6146/test_explain
check_PROGRAMS += $(trace_tests)
UNIT_TESTS += $(trace_tests)
tests_unit_nat64d_packet_test_trace_text_LDADD = $(xlat)
tests_unit_nat64d_table_test_trace_LDADD = $(state)
tests_unit_nat64d_rfc6146_test_explain_SOURCES = tests/unit/nat64d/rfc6146/test_explain.c \
	nat64d/edge/trace_json.c nat64d/edge/trace_json.h $(rig)
tests_unit_nat64d_rfc6146_test_explain_LDADD = $(steps) $(JANSSON_LIBS)
endif
