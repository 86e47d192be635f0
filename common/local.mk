# common: what the programs share.
noinst_LIBRARIES += common/libbase.a common/libshared.a common/libservice.a
common_libbase_a_SOURCES = \
	common/addr.c common/addr.h common/bytes.c common/bytes.h common/domain.c common/domain.h \
	common/json_line.c common/json_line.h common/log_level.h \
	common/metrics.c common/metrics.h common/pref64.c common/pref64.h \
	common/settings.h common/settings_allowed.c common/settings_check.c common/settings_check.h \
	common/settings_schema.c common/settings_schema.h common/settings_text.c common/settings_text.h \
	common/settings_uplink.c common/settings_uplink.h common/settings_upstream.c common/settings_upstream.h \
	common/settings_views.c common/settings_views.h \
	common/siphash.c common/siphash.h common/sockaddr.c common/sockaddr.h common/special.c common/special.h common/transport.h \
	common/utc.c common/utc.h
common_libshared_a_SOURCES = common/counters.c common/counters.h common/names.c common/names.h
common_libservice_a_SOURCES = \
	common/clock.c common/clock.h common/time_units.h common/random.c common/random.h common/control.c common/control.h \
	common/links.c common/links.h common/links_netlink.c common/links_netlink.h \
	common/log.c common/log.h common/mapping.c common/mapping.h common/program.c common/program.h \
	common/names_reader.c common/names_reader.h common/names_server.c common/names_server.h \
	common/reload.c common/reload.h \
	common/sandbox.c common/sandbox.h common/service.c common/service.h \
	common/settings_advice.c common/settings_advice.h common/settings_file.c common/settings_file.h common/settings_print.c \
	common/settings_value.c common/settings_value.h
# Counts over time, and lines that are logged.
common_libshared_a_SOURCES += common/histogram.c common/histogram.h
common_libservice_a_SOURCES += common/descriptor.c common/descriptor.h
common_libservice_a_SOURCES += common/line_file.c common/line_file.h common/line_writer.c common/line_writer.h
