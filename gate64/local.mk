# gate64: the operator's command line.
noinst_LIBRARIES += gate64/libtext.a gate64/libprobe.a gate64/libcmd.a
gate64_libtext_a_SOURCES = \
	gate64/config_list.c gate64/config_list.h gate64/firewall_text.c gate64/firewall_text.h \
	gate64/port_list.c gate64/port_list.h gate64/question.c gate64/question.h gate64/reply.c gate64/reply.h \
	gate64/socket_line.c gate64/socket_line.h gate64/text.c gate64/text.h
# What gate64 check looks at.
gate64_libprobe_a_SOURCES = \
	gate64/check.c gate64/check.h gate64/host_file.c gate64/host_file.h gate64/probe.h gate64/probe_clock.c \
	gate64/probe_firewall.c gate64/probe_forwarding.c gate64/probe_listen.c gate64/probe_mtu.c \
	gate64/probe_ports.c gate64/probe_route.c gate64/probe_rp_filter.c gate64/probe_state_dir.c \
	gate64/probe_uplink.c gate64/probe_upstream.c gate64/probe_user.c \
	gate64/nft_rules.c gate64/nft_rules.h gate64/resolvers.c gate64/resolvers.h \
	gate64/sockets.c gate64/sockets.h gate64/spawn.c gate64/spawn.h
gate64_libcmd_a_SOURCES = \
	gate64/client.c gate64/client.h \
	gate64/cmd.c gate64/cmd.h gate64/cmd_bindings.c gate64/cmd_check.c gate64/cmd_counters.c \
	gate64/cmd_dns.c gate64/cmd_dns.h gate64/cmd_dns_explain.c gate64/cmd_dns_selftest.c gate64/cmd_dns_top.c gate64/cmd_down.c gate64/cmd_mtu.c gate64/cmd_names.c gate64/cmd_pool.c gate64/cmd_reload.c gate64/cmd_sessions.c gate64/cmd_status.c \
	gate64/cmd_trace.c gate64/cmd_upgrade.c \
	gate64/cmd_who.c gate64/event_files.c gate64/event_files.h gate64/who.c gate64/who.h \
	gate64/print.c gate64/print.h gate64/trace_show.c gate64/trace_show.h

bin_PROGRAMS += gate64/gate64
gate64_gate64_SOURCES = gate64/main.c
gate64_gate64_LDADD = gate64/libcmd.a gate64/libprobe.a gate64/libtext.a common/libservice.a common/libshared.a common/libbase.a \
	$(EVENT_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(MNL_LIBS) $(SYSTEMD_LIBS)

include tests/unit/gate64/local.mk
