# dns64: the archives, one a rank, and the program.
noinst_LIBRARIES += dns64/libdnsquery.a dns64/libdnsstate.a dns64/libdnswire.a
dns64_libdnswire_a_SOURCES = \
	dns64/cache/lifetime.c dns64/cache/lifetime.h \
	dns64/access/client.c dns64/access/client.h \
	dns64/local/hosts.c dns64/local/hosts.h dns64/local/soa.c dns64/local/soa.h \
	dns64/local/zones.c dns64/local/zones.h \
	dns64/query/outcome.c dns64/query/outcome.h \
	dns64/rfc6147/chain.c dns64/rfc6147/chain.h dns64/rfc6147/decide.c dns64/rfc6147/decide.h \
	dns64/rfc6147/dnssec.c dns64/rfc6147/dnssec.h \
	dns64/rfc6147/reverse.c dns64/rfc6147/reverse.h dns64/rfc6147/synthesize.c dns64/rfc6147/synthesize.h \
	dns64/rfc8880/ipv4only.c dns64/rfc8880/ipv4only.h \
	dns64/upstream/ask.c dns64/upstream/ask.h dns64/upstream/client_cookie.c dns64/upstream/client_cookie.h \
	dns64/upstream/hops.c dns64/upstream/hops.h dns64/upstream/route.c dns64/upstream/route.h \
	dns64/wire/cookie.c dns64/wire/cookie.h dns64/wire/edns.c dns64/wire/edns.h \
	dns64/wire/message.c dns64/wire/message.h dns64/wire/name.c dns64/wire/name.h \
	dns64/wire/patch.c dns64/wire/patch.h
dns64_libdnsstate_a_SOURCES = dns64/access/list.c dns64/access/list.h dns64/access/view.c dns64/access/view.h \
	dns64/access/places.c dns64/access/places.h dns64/access/rate.c dns64/access/rate.h dns64/access/refusals.c dns64/access/refusals.h \
	dns64/cache/cache.c dns64/cache/cache.h dns64/upstream/choice.c dns64/upstream/choice.h \
	dns64/local/roster.c dns64/local/roster.h
dns64_libdnsquery_a_SOURCES = \
	dns64/upstream/attempt.c dns64/upstream/attempt.h \
	dns64/query/aaaa.c dns64/query/aaaa.h dns64/query/explain.c dns64/query/explain.h \
	dns64/query/finished.c dns64/query/finished.h dns64/query/known.c dns64/query/known.h \
	dns64/query/local.c dns64/query/local.h \
	dns64/query/query.c dns64/query/query.h dns64/query/reply.c dns64/query/reply.h dns64/query/told.c dns64/query/told.h

sbin_PROGRAMS += dns64/dns64
dns64_dns64_SOURCES = dns64/main.c $(dns64_edge)
dns64_edge = \
	dns64/control.c dns64/control.h dns64/control_cache.c dns64/control_cache.h \
	dns64/control_local.c dns64/control_local.h dns64/control_record.c dns64/control_record.h \
	dns64/rules.c dns64/rules.h dns64/rules_view.c dns64/rules_view.h dns64/edge/line_file.c dns64/edge/line_file.h dns64/edge/list_file.c dns64/edge/list_file.h dns64/server.c dns64/server.h \
	dns64/edge/local_data.c dns64/edge/local_data.h \
	dns64/edge/question.c dns64/edge/question.h dns64/edge/resolv.c dns64/edge/resolv.h dns64/edge/socket.c dns64/edge/socket.h \
	dns64/edge/task.c dns64/edge/task.h dns64/edge/tcp.c dns64/edge/tcp.h \
	dns64/edge/udp.c dns64/edge/udp.h dns64/edge/udp_sender.c dns64/edge/udp_sender.h dns64/edge/worker.c dns64/edge/worker.h \
	dns64/upstream/exchange.c dns64/upstream/exchange.h dns64/upstream/ports.c dns64/upstream/ports.h \
	dns64/upstream/resolver.c dns64/upstream/resolver.h dns64/upstream/stream.c dns64/upstream/stream.h \
	dns64/upstream/tls.c dns64/upstream/tls.h
# What is seen of answers.
dns64_libdnswire_a_SOURCES += dns64/wire/type.c dns64/wire/type.h
dns64_libdnsstate_a_SOURCES += \
	dns64/observe/log_ring.c dns64/observe/log_ring.h dns64/observe/tally.c dns64/observe/tally.h \
	dns64/observe/top.c dns64/observe/top.h
dns64_libdnsquery_a_SOURCES += dns64/observe/log_text.c dns64/observe/log_text.h dns64/observe/observer.c dns64/observe/observer.h
dns64_edge += dns64/edge/opener.c dns64/edge/opener.h dns64/edge/query_log.c dns64/edge/query_log.h
dns64_edge += dns64/control_metrics.c dns64/control_metrics.h dns64/control_top.c dns64/control_top.h
dns64_edge += dns64/control_explain.c dns64/control_explain.h dns64/explain_json.c dns64/explain_json.h
dns64_archives = dns64/libdnsquery.a dns64/libdnsstate.a dns64/libdnswire.a \
	common/libservice.a common/libshared.a common/libbase.a
dns64_libraries = $(EVENT_TLS_LIBS) $(TLS_LIBS) $(EVENT_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(MNL_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) $(SYSTEMD_LIBS)
dns64_dns64_LDADD = $(dns64_archives) $(dns64_libraries)
