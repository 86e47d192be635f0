# Unit tests: a line for each, linked with the archives of its layer and no higher.
if HAVE_CMOCKA
unit_common = tests/unit/common/test_addr tests/unit/common/test_pref64 tests/unit/common/test_special \
	tests/unit/common/test_siphash tests/unit/common/test_settings tests/unit/common/test_bad_settings \
	tests/unit/common/test_control tests/unit/common/test_links tests/unit/common/test_reload tests/unit/common/test_sandbox
unit_pool = tests/unit/pool/test_binding tests/unit/pool/test_block tests/unit/pool/test_eam tests/unit/pool/test_claim \
	tests/unit/pool/test_claim_restore tests/unit/pool/test_prefixes tests/unit/pool/test_group tests/unit/pool/test_bulk tests/unit/pool/test_quota \
	tests/unit/pool/test_quota_record
unit_xlat = tests/unit/nat64d/packet/test_checksum tests/unit/nat64d/packet/test_parse \
	tests/unit/nat64d/rfc7915/test_translate tests/unit/nat64d/rfc7915/test_icmp \
	tests/unit/nat64d/rfc7915/test_mtu tests/unit/nat64d/rfc7915/test_fragment_fields \
	tests/unit/nat64d/rfc6146/test_tcp_state tests/unit/nat64d/rfc6146/test_tcp_window \
	tests/unit/nat64d/keeper/test_port_set tests/unit/nat64d/keeper/test_record \
	tests/unit/nat64d/keeper/test_rules_text
unit_state = tests/unit/nat64d/table/test_tables tests/unit/nat64d/table/test_expiry \
	tests/unit/nat64d/table/test_natevent tests/unit/nat64d/table/test_fragments \
	tests/unit/nat64d/table/test_restore tests/unit/nat64d/table/test_small \
	tests/unit/nat64d/table/test_state_copy tests/unit/nat64d/table/test_state_file
unit_steps = tests/unit/nat64d/rfc6146/test_steps tests/unit/nat64d/rfc6146/test_tcp_rows \
	tests/unit/nat64d/rfc6146/test_icmp_rows tests/unit/nat64d/rfc6146/test_error_rows \
	tests/unit/nat64d/rfc6146/test_guard_rows tests/unit/nat64d/rfc6146/test_flow_rows \
	tests/unit/nat64d/rfc6146/test_header_rows tests/unit/nat64d/rfc6146/test_hairpin_rows \
	tests/unit/nat64d/rfc6146/test_extension_rows tests/unit/nat64d/rfc6146/test_allocation_rows \
	tests/unit/nat64d/rfc6146/test_answer_rows \
	tests/unit/nat64d/rfc6146/test_collect tests/unit/nat64d/rfc6146/test_fragment_flood \
	tests/unit/nat64d/rfc7757/test_stateless tests/unit/nat64d/test_replay tests/unit/nat64d/test_flood \
	tests/unit/nat64d/test_blocks \
	tests/unit/nat64d/rfc8158/test_events
unit_common += tests/unit/common/test_utc
unit_common += tests/unit/common/test_names tests/unit/common/test_names_share
unit_steps += tests/unit/nat64d/rfc8158/test_natevent_text
unit_common += tests/unit/common/test_settings_advice
unit_state += tests/unit/nat64d/table/test_path_mtu tests/unit/nat64d/table/test_chains
unit_steps += tests/unit/nat64d/rfc6146/test_option_rows
unit_steps += tests/unit/nat64d/rfc6146/test_path_mtu_rows
unit_xlat += tests/unit/nat64d/packet/test_icmp_error tests/unit/nat64d/packet/test_vnet
unit_steps += tests/unit/nat64d/rfc6146/test_model tests/unit/nat64d/rfc6146/test_size_rows
unit_keeper = tests/unit/nat64d/test_effective tests/unit/nat64d/keeper/test_channel tests/unit/nat64d/keeper/test_plan
unit_dns64 = tests/unit/dns64/test_explain tests/unit/dns64/test_answer_rows
unit_dns64 += tests/unit/dns64/test_wire tests/unit/dns64/test_decide tests/unit/dns64/test_query tests/unit/dns64/test_rules
unit_dns64 += tests/unit/dns64/test_local tests/unit/dns64/test_roster tests/unit/dns64/test_reverse tests/unit/dns64/test_zones
unit_dns64 += tests/unit/dns64/test_cache tests/unit/dns64/test_known tests/unit/dns64/test_list tests/unit/dns64/test_view
unit_dns64 += tests/unit/dns64/test_edns tests/unit/dns64/test_forward tests/unit/dns64/test_message tests/unit/dns64/test_oracle \
	tests/unit/dns64/test_any_query tests/unit/dns64/test_exhausted
unit_dns64 += tests/unit/dns64/test_told
unit_dns64 += tests/unit/dns64/test_observer tests/unit/dns64/test_query_log
unit_common += tests/unit/common/test_histogram
unit_dns64 += tests/unit/dns64/test_places tests/unit/dns64/test_rate tests/unit/dns64/test_limits
unit_dns64 += tests/unit/dns64/test_attempt
unit_common += tests/unit/common/test_random
unit_dns64 += tests/unit/dns64/test_tcp
all_units = $(unit_common) $(unit_pool) $(unit_xlat) $(unit_state) $(unit_steps) $(unit_keeper) $(unit_dns64)
check_PROGRAMS += $(all_units)
UNIT_TESTS += $(all_units)

base = common/libbase.a $(CMOCKA_LIBS)
service = common/libservice.a common/libshared.a common/libbase.a $(CMOCKA_LIBS) $(EVENT_LIBS) $(CONFIG_LIBS) \
	$(JANSSON_LIBS) $(MNL_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) $(SYSTEMD_LIBS)
pool = pool/libpool.a pool/libport.a $(base)
xlat = nat64d/libxlat.a pool/libport.a $(base)
state = nat64d/libstate.a pool/libpool.a $(xlat)
steps = $(steps_base) common/libshared.a $(base)
steps_base = nat64d/libsteps.a nat64d/libstate.a pool/libpool.a nat64d/libxlat.a pool/libport.a
wire = dns64/libdnswire.a $(base)
query = dns64/libdnsquery.a dns64/libdnsstate.a dns64/libdnswire.a common/libshared.a $(base)

tests_unit_common_test_addr_LDADD = $(base)
tests_unit_common_test_pref64_LDADD = $(base)
tests_unit_common_test_special_LDADD = $(base)
tests_unit_common_test_siphash_LDADD = $(base)
tests_unit_common_test_settings_LDADD = $(service)
tests_unit_common_test_bad_settings_LDADD = $(service)
tests_unit_common_test_control_LDADD = $(service)
tests_unit_common_test_links_LDADD = $(service)
tests_unit_common_test_reload_LDADD = $(service)
tests_unit_common_test_sandbox_LDADD = $(service)
tests_unit_dns64_test_told_LDADD = $(query)
tests_unit_dns64_test_observer_LDADD = $(query)
tests_unit_common_test_histogram_LDADD = common/libshared.a $(base)
tests_unit_dns64_test_query_log_SOURCES = tests/unit/dns64/test_query_log.c dns64/edge/opener.c dns64/edge/query_log.c
tests_unit_dns64_test_query_log_LDADD = dns64/libdnsquery.a dns64/libdnsstate.a dns64/libdnswire.a $(service)
tests_unit_common_test_names_LDADD = common/libshared.a $(base)
tests_unit_common_test_names_share_LDADD = $(service)
tests_unit_common_test_utc_LDADD = $(base)
tests_unit_pool_test_binding_LDADD = $(pool)
tests_unit_pool_test_block_LDADD = $(pool)
tests_unit_pool_test_claim_LDADD = $(pool)
tests_unit_pool_test_eam_LDADD = $(pool)
tests_unit_pool_test_claim_restore_LDADD = $(pool)
tests_unit_pool_test_prefixes_LDADD = $(pool)
tests_unit_pool_test_quota_LDADD = $(pool)
tests_unit_pool_test_bulk_LDADD = $(pool)
tests_unit_pool_test_quota_record_LDADD = $(pool)
tests_unit_nat64d_table_test_chains_LDADD = $(state)
tests_unit_pool_test_group_LDADD = $(pool)
tests_unit_nat64d_packet_test_checksum_LDADD = $(xlat)
tests_unit_nat64d_packet_test_parse_LDADD = $(xlat)
tests_unit_nat64d_packet_test_icmp_error_LDADD = $(xlat)
tests_unit_nat64d_packet_test_vnet_LDADD = $(xlat)
tests_unit_nat64d_rfc7915_test_translate_LDADD = $(xlat)
tests_unit_nat64d_rfc7915_test_icmp_LDADD = $(xlat)
tests_unit_nat64d_rfc7915_test_mtu_LDADD = $(xlat)
tests_unit_nat64d_rfc7915_test_fragment_fields_LDADD = $(xlat)
tests_unit_nat64d_rfc6146_test_tcp_state_LDADD = $(xlat)
tests_unit_nat64d_rfc6146_test_tcp_window_LDADD = $(xlat)
tests_unit_nat64d_keeper_test_port_set_LDADD = $(xlat)
tests_unit_nat64d_keeper_test_record_LDADD = $(xlat)
tests_unit_nat64d_keeper_test_rules_text_LDADD = $(xlat)
tests_unit_nat64d_keeper_test_rules_text_CPPFLAGS = $(AM_CPPFLAGS) \
	-DGOLDEN='"$(abs_top_srcdir)/tests/unit/nat64d/keeper"'
tests_unit_nat64d_table_test_tables_LDADD = $(state)
tests_unit_nat64d_table_test_expiry_LDADD = $(state)
tests_unit_nat64d_table_test_natevent_LDADD = $(state)
tests_unit_nat64d_table_test_fragments_LDADD = $(state)
tests_unit_nat64d_table_test_restore_LDADD = $(state)
tests_unit_nat64d_table_test_small_LDADD = $(state)
tests_unit_nat64d_table_test_state_copy_LDADD = $(state)
tests_unit_nat64d_table_test_state_file_LDADD = $(state)
tests_unit_nat64d_rfc6146_test_collect_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_fragment_flood_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_steps_LDADD = $(steps)
tests_unit_nat64d_rfc7757_test_stateless_LDADD = $(steps)
tests_unit_nat64d_rfc8158_test_events_LDADD = $(steps)
tests_unit_nat64d_rfc8158_test_natevent_text_LDADD = $(steps) $(JANSSON_LIBS)
tests_unit_nat64d_rfc6146_test_tcp_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_icmp_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_error_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_guard_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_flow_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_header_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_hairpin_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_extension_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_allocation_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_answer_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_model_SOURCES = tests/unit/nat64d/rfc6146/test_model.c \
	tests/unit/nat64d/rfc6146/model.c tests/unit/nat64d/rfc6146/model.h
tests_unit_nat64d_rfc6146_test_model_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_size_rows_LDADD = $(steps)
tests_unit_nat64d_test_blocks_SOURCES = tests/unit/nat64d/test_blocks.c $(rig)
tests_unit_nat64d_test_blocks_LDADD = $(steps_base) $(service)
tests_unit_nat64d_test_flood_SOURCES = tests/unit/nat64d/test_flood.c $(rig)
tests_unit_nat64d_test_flood_LDADD = $(steps)
tests_unit_nat64d_test_replay_SOURCES = tests/unit/nat64d/test_replay.c $(rig)
tests_unit_nat64d_test_replay_LDADD = $(steps_base) $(service)
tests_unit_nat64d_test_replay_CPPFLAGS = $(AM_CPPFLAGS) -DVECTORS='"$(abs_top_srcdir)/tests/replay"'
tests_unit_nat64d_table_test_path_mtu_LDADD = $(state)
tests_unit_nat64d_rfc6146_test_path_mtu_rows_LDADD = $(steps)
tests_unit_nat64d_rfc6146_test_option_rows_LDADD = $(steps)
tests_unit_common_test_settings_advice_LDADD = $(service)
tests_unit_nat64d_test_effective_SOURCES = tests/unit/nat64d/test_effective.c nat64d/effective.c nat64d/effective.h
tests_unit_nat64d_test_effective_LDADD = $(service)
tests_unit_nat64d_keeper_test_channel_SOURCES = tests/unit/nat64d/keeper/test_channel.c \
	nat64d/keeper/channel.c nat64d/keeper/channel.h
tests_unit_nat64d_keeper_test_plan_SOURCES = tests/unit/nat64d/keeper/test_plan.c $(nat64d_edge)
tests_unit_nat64d_keeper_test_plan_LDADD = $(nat64d_archives) $(nat64d_libraries) $(CMOCKA_LIBS)
tests_unit_nat64d_keeper_test_channel_LDADD = $(service)
tests_unit_dns64_test_wire_LDADD = $(wire)
tests_unit_dns64_test_decide_LDADD = $(wire)
tests_unit_dns64_test_query_LDADD = $(query)
tests_unit_dns64_test_local_LDADD = $(query)
tests_unit_dns64_test_roster_LDADD = dns64/libdnsstate.a dns64/libdnswire.a $(base)
tests_unit_dns64_test_reverse_LDADD = $(wire)
tests_unit_dns64_test_zones_LDADD = $(wire)
tests_unit_dns64_test_cache_LDADD = dns64/libdnsstate.a dns64/libdnswire.a $(base)
tests_unit_dns64_test_places_LDADD = dns64/libdnsstate.a dns64/libdnswire.a $(base)
tests_unit_dns64_test_rate_LDADD = dns64/libdnsstate.a dns64/libdnswire.a $(base)
tests_unit_dns64_test_limits_LDADD = $(query)
tests_unit_dns64_test_tcp_SOURCES = tests/unit/dns64/test_tcp.c $(dns64_rig)
tests_unit_dns64_test_tcp_LDADD = $(dns64_archives) $(dns64_libraries) $(LDNS_LIBS) $(CMOCKA_LIBS)
tests_unit_dns64_test_known_LDADD = $(query)
tests_unit_dns64_test_attempt_LDADD = $(query)
tests_unit_common_test_random_LDADD = $(service)
tests_unit_dns64_test_exhausted_SOURCES = tests/unit/dns64/test_exhausted.c dns64/edge/task.c dns64/edge/task.h \
	dns64/edge/question.c dns64/edge/question.h
tests_unit_dns64_test_exhausted_LDADD = $(query) $(EVENT_LIBS)
tests_unit_dns64_test_exhausted_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
tests_unit_dns64_test_any_query_SOURCES = tests/unit/dns64/test_any_query.c tests/fuzz/fuzz_dns_query.c \
	tests/fuzz/dns_policy.c tests/fuzz/dns_policy.h
tests_unit_dns64_test_any_query_LDADD = $(query)
tests_unit_dns64_test_edns_LDADD = $(query)
tests_unit_dns64_test_oracle_LDADD = $(query) $(LDNS_LIBS)
tests_unit_dns64_test_oracle_CFLAGS = $(AM_CFLAGS) $(LDNS_CFLAGS)
tests_unit_dns64_test_oracle_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_top_srcdir)/tests/fuzz/fuzz_dns_message.in"'
tests_unit_dns64_test_message_LDADD = $(wire)
tests_unit_dns64_test_forward_LDADD = $(query)
tests_unit_dns64_test_answer_rows_LDADD = $(query)
tests_unit_dns64_test_explain_SOURCES = tests/unit/dns64/test_explain.c dns64/explain_json.c dns64/explain_json.h \
	dns64/control_record.c dns64/control_record.h
tests_unit_dns64_test_explain_LDADD = $(query) $(JANSSON_LIBS)
tests_unit_dns64_test_view_LDADD = dns64/libdnsstate.a dns64/libdnswire.a $(base)
tests_unit_dns64_test_list_LDADD = dns64/libdnsstate.a dns64/libdnswire.a $(base)
tests_unit_dns64_test_rules_SOURCES = tests/unit/dns64/test_rules.c dns64/rules.c dns64/rules.h \
	dns64/rules_view.c dns64/rules_view.h dns64/edge/line_file.c dns64/edge/line_file.h dns64/edge/list_file.c dns64/edge/list_file.h \
	dns64/edge/local_data.c dns64/edge/local_data.h dns64/edge/resolv.c dns64/edge/resolv.h
tests_unit_dns64_test_rules_LDADD = dns64/libdnsstate.a dns64/libdnswire.a $(service)
endif
EXTRA_DIST += tests/replay/README.md tests/replay/dns64.py tests/replay/states.py tests/replay/vectors.py \
	tests/replay/nat64d tests/replay/timed tests/unit/test.h tests/unit/dns64/rig.h tests/unit/nat64d/build.h \
	tests/unit/nat64d/gateway.h \
	tests/unit/nat64d/keeper/raw.ipv4 tests/unit/nat64d/keeper/routed.ipv4 \
	tests/unit/nat64d/keeper/routed.ipv6 tests/unit/nat64d/keeper/routed.nft \
	tests/unit/nat64d/keeper/shared1.ipv4 tests/unit/nat64d/keeper/shared1.nft \
	tests/unit/nat64d/keeper/shared2.ipv4 tests/unit/nat64d/keeper/shared2.nft
