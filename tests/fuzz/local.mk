# Fuzz targets: with --enable-fuzzers they are libFuzzer programs (make fuzzers), otherwise each replays its corpus.
fuzz_programs = tests/fuzz/fuzz_packet tests/fuzz/fuzz_icmp tests/fuzz/fuzz_dns_message tests/fuzz/fuzz_settings \
	tests/fuzz/fuzz_reply tests/fuzz/fuzz_state_file tests/fuzz/fuzz_host_record tests/fuzz/fuzz_trace \
	tests/fuzz/fuzz_fragments tests/fuzz/fuzz_control tests/fuzz/fuzz_host_text tests/fuzz/fuzz_names \
	tests/fuzz/fuzz_question tests/fuzz/fuzz_dns_edns tests/fuzz/fuzz_dns_query tests/fuzz/fuzz_dns_reply \
	tests/fuzz/fuzz_dns_list tests/fuzz/fuzz_dns_hosts tests/fuzz/fuzz_dns_cache tests/fuzz/fuzz_events \
	tests/fuzz/fuzz_dns_upstream
check_PROGRAMS += $(fuzz_programs)
fuzzers: $(fuzz_programs)
.PHONY: fuzzers
if FUZZERS
fuzz_main = tests/fuzz/asan_options.c
# The checks themselves are nothing to explore.
tests_fuzz_fuzz_state_file_CFLAGS = $(AM_CFLAGS) -fno-sanitize=fuzzer-no-link
else
fuzz_main = tests/fuzz/replay.c
UNIT_TESTS += $(fuzz_programs)
endif
fuzzer_link = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_dns_query = dns64/libdnsquery.a dns64/libdnsstate.a dns64/libdnswire.a common/libshared.a common/libbase.a
fuzz_dns_policy = tests/fuzz/dns_policy.c tests/fuzz/dns_policy.h

tests_fuzz_fuzz_packet_SOURCES = tests/fuzz/fuzz_packet.c $(fuzz_main)
tests_fuzz_fuzz_packet_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_packet"'
tests_fuzz_fuzz_packet_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_packet_LDADD = nat64d/libxlat.a pool/libport.a common/libbase.a

tests_fuzz_fuzz_icmp_SOURCES = tests/fuzz/fuzz_icmp.c $(fuzz_main)
tests_fuzz_fuzz_icmp_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_icmp"'
tests_fuzz_fuzz_icmp_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_icmp_LDADD = nat64d/libxlat.a pool/libport.a common/libbase.a

tests_fuzz_fuzz_dns_message_SOURCES = tests/fuzz/fuzz_dns_message.c $(fuzz_main)
tests_fuzz_fuzz_dns_message_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_message"'
tests_fuzz_fuzz_dns_message_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_message_LDADD = $(fuzz_dns_query)

tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c $(fuzz_main)
tests_fuzz_fuzz_settings_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_settings"'
tests_fuzz_fuzz_settings_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_settings_LDADD = common/libservice.a common/libshared.a common/libbase.a $(CONFIG_LIBS) \
	$(SYSTEMD_LIBS)

tests_fuzz_fuzz_reply_SOURCES = tests/fuzz/fuzz_reply.c $(fuzz_main)
tests_fuzz_fuzz_reply_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_reply"'
tests_fuzz_fuzz_reply_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_reply_LDADD = gate64/libtext.a

tests_fuzz_fuzz_state_file_SOURCES = tests/fuzz/fuzz_state_file.c tests/fuzz/reuse.c $(rig) $(fuzz_main)
tests_fuzz_fuzz_state_file_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_state_file"'
tests_fuzz_fuzz_state_file_LDFLAGS = $(fuzzer_link) -Wl,--wrap=expiry_init,--wrap=expiry_done \
	-Wl,--wrap=stored_syn_new,--wrap=stored_syn_free
tests_fuzz_fuzz_state_file_LDADD = nat64d/libsteps.a nat64d/libstate.a pool/libpool.a nat64d/libxlat.a \
	pool/libport.a common/libshared.a common/libbase.a

tests_fuzz_fuzz_host_record_SOURCES = tests/fuzz/fuzz_host_record.c $(fuzz_main)
tests_fuzz_fuzz_host_record_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_host_record"'
tests_fuzz_fuzz_host_record_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_host_record_LDADD = nat64d/libxlat.a

tests_fuzz_fuzz_trace_SOURCES = tests/fuzz/fuzz_trace.c $(fuzz_main)
tests_fuzz_fuzz_trace_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_trace"'
tests_fuzz_fuzz_trace_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_trace_LDADD = gate64/libcmd.a gate64/libtext.a $(JANSSON_LIBS)

tests_fuzz_fuzz_fragments_SOURCES = tests/fuzz/fuzz_fragments.c $(fuzz_main)
tests_fuzz_fuzz_fragments_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_fragments"'
tests_fuzz_fuzz_fragments_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_fragments_LDADD = nat64d/libstate.a pool/libpool.a nat64d/libxlat.a pool/libport.a common/libbase.a

tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c $(fuzz_main)
tests_fuzz_fuzz_control_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_control"'
tests_fuzz_fuzz_control_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_control_LDADD = common/libservice.a common/libshared.a common/libbase.a $(EVENT_LIBS) \
	$(JANSSON_LIBS) $(SYSTEMD_LIBS)

tests_fuzz_fuzz_host_text_SOURCES = tests/fuzz/fuzz_host_text.c $(fuzz_main)
tests_fuzz_fuzz_host_text_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_host_text"'
tests_fuzz_fuzz_host_text_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_host_text_LDADD = gate64/libtext.a nat64d/libxlat.a common/libbase.a

tests_fuzz_fuzz_names_SOURCES = tests/fuzz/fuzz_names.c $(fuzz_main)
tests_fuzz_fuzz_names_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_names"'
tests_fuzz_fuzz_names_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_names_LDADD = common/libshared.a common/libbase.a

tests_fuzz_fuzz_question_SOURCES = tests/fuzz/fuzz_question.c $(fuzz_main)
tests_fuzz_fuzz_question_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_question"'
tests_fuzz_fuzz_question_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_question_LDADD = gate64/libtext.a common/libbase.a

tests_fuzz_fuzz_dns_edns_SOURCES = tests/fuzz/fuzz_dns_edns.c $(fuzz_main)
tests_fuzz_fuzz_dns_edns_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_edns"'
tests_fuzz_fuzz_dns_edns_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_edns_LDADD = dns64/libdnswire.a common/libbase.a

tests_fuzz_fuzz_dns_query_SOURCES = tests/fuzz/fuzz_dns_query.c $(fuzz_dns_policy) $(fuzz_main)
tests_fuzz_fuzz_dns_query_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_query"'
tests_fuzz_fuzz_dns_query_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_query_LDADD = $(fuzz_dns_query)

tests_fuzz_fuzz_dns_reply_SOURCES = tests/fuzz/fuzz_dns_reply.c $(fuzz_dns_policy) $(fuzz_main)
tests_fuzz_fuzz_dns_reply_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_reply"'
tests_fuzz_fuzz_dns_reply_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_reply_LDADD = $(fuzz_dns_query)

tests_fuzz_fuzz_dns_list_SOURCES = tests/fuzz/fuzz_dns_list.c dns64/edge/list_file.c dns64/edge/list_file.h \
	$(fuzz_main)
tests_fuzz_fuzz_dns_list_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_list"'
tests_fuzz_fuzz_dns_list_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_list_LDADD = dns64/libdnsstate.a dns64/libdnswire.a common/libbase.a

tests_fuzz_fuzz_dns_hosts_SOURCES = tests/fuzz/fuzz_dns_hosts.c $(fuzz_main)
tests_fuzz_fuzz_dns_hosts_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_hosts"'
tests_fuzz_fuzz_dns_hosts_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_hosts_LDADD = dns64/libdnsstate.a dns64/libdnswire.a common/libbase.a

tests_fuzz_fuzz_dns_cache_SOURCES = tests/fuzz/fuzz_dns_cache.c $(fuzz_main)
tests_fuzz_fuzz_dns_cache_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_cache"'
tests_fuzz_fuzz_dns_cache_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_cache_LDADD = $(fuzz_dns_query)

tests_fuzz_fuzz_events_SOURCES = tests/fuzz/fuzz_events.c $(fuzz_main)
tests_fuzz_fuzz_events_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_events"'
tests_fuzz_fuzz_events_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_events_LDADD = gate64/libcmd.a gate64/libtext.a common/libbase.a $(JANSSON_LIBS)

tests_fuzz_fuzz_dns_upstream_SOURCES = tests/fuzz/fuzz_dns_upstream.c $(fuzz_main)
tests_fuzz_fuzz_dns_upstream_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"fuzz_dns_upstream"'
tests_fuzz_fuzz_dns_upstream_LDFLAGS = $(fuzzer_link)
tests_fuzz_fuzz_dns_upstream_LDADD = $(fuzz_dns_query)

EXTRA_DIST += tests/fuzz/fuzz_packet.in tests/fuzz/fuzz_icmp.in tests/fuzz/fuzz_dns_message.in \
	tests/fuzz/fuzz_settings.in tests/fuzz/fuzz_reply.in tests/fuzz/fuzz_state_file.in tests/fuzz/fuzz_host_record.in \
	tests/fuzz/fuzz_trace.in tests/fuzz/fuzz_fragments.in tests/fuzz/fuzz_control.in tests/fuzz/fuzz_host_text.in \
	tests/fuzz/fuzz_names.in tests/fuzz/fuzz_question.in tests/fuzz/fuzz_dns_edns.in tests/fuzz/fuzz_dns_query.in \
	tests/fuzz/fuzz_dns_reply.in tests/fuzz/fuzz_dns_list.in tests/fuzz/fuzz_dns_hosts.in tests/fuzz/fuzz_dns_cache.in \
	tests/fuzz/fuzz_events.in tests/fuzz/fuzz_dns_upstream.in tests/fuzz/asan_options.c tests/fuzz/replay.c
