# nat64d: the archives, one a rank, and the program.
noinst_LIBRARIES += nat64d/libsteps.a
nat64d_libsteps_a_SOURCES = \
	nat64d/rfc6146/steps.c nat64d/rfc6146/steps.h nat64d/rfc6146/flow.h \
	nat64d/rfc6146/allocate.c nat64d/rfc6146/allocate.h \
	nat64d/rfc6146/answer.c nat64d/rfc6146/answer.h \
	nat64d/rfc6146/collect.c nat64d/rfc6146/collect.h \
	nat64d/rfc6146/explain.c nat64d/rfc6146/explain.h \
	nat64d/rfc6146/filter.c nat64d/rfc6146/filter.h \
	nat64d/rfc6146/outgoing.c nat64d/rfc6146/outgoing.h \
	nat64d/rfc6146/recover.c nat64d/rfc6146/recover.h \
	nat64d/rfc6146/relay.c nat64d/rfc6146/relay.h \
	nat64d/rfc6146/tcp.c nat64d/rfc6146/tcp.h \
	nat64d/rfc6146/udp.c nat64d/rfc6146/udp.h \
	nat64d/rfc7757/stateless.c nat64d/rfc7757/stateless.h \
	nat64d/rfc8158/natevent_text.c nat64d/rfc8158/natevent_text.h \
	nat64d/rfc8158/events.c nat64d/rfc8158/events.h

include nat64d/packet/local.mk
include nat64d/table/local.mk

nat64d_libxlat_a_SOURCES += \
	nat64d/keeper/builder.c nat64d/keeper/builder.h \
	nat64d/keeper/port_set.c nat64d/keeper/port_set.h nat64d/keeper/queue_number.h \
	nat64d/keeper/record.c nat64d/keeper/record.h \
	nat64d/keeper/rules_text.c nat64d/keeper/rules_text.h \
	nat64d/rfc6146/guard.c nat64d/rfc6146/guard.h \
	nat64d/rfc6146/network.c nat64d/rfc6146/network.h \
	nat64d/rfc6146/tcp_state.c nat64d/rfc6146/tcp_state.h \
	nat64d/rfc6146/tcp_window.c nat64d/rfc6146/tcp_window.h \
	nat64d/rfc8158/natevent_clock.c nat64d/rfc8158/natevent_clock.h

sbin_PROGRAMS += nat64d/nat64d
nat64d_nat64d_SOURCES = nat64d/main.c $(nat64d_edge)
nat64d_edge = \
	nat64d/ask.c nat64d/ask.h \
	nat64d/control.c nat64d/control.h \
	nat64d/control_trace.c nat64d/control_trace.h nat64d/control_who.c nat64d/control_who.h \
	nat64d/effective.c nat64d/effective.h \
	nat64d/translate.c nat64d/translate.h \
	nat64d/edge/boot.c nat64d/edge/boot.h \
	nat64d/edge/natevent_config.c nat64d/edge/natevent_config.h \
	nat64d/edge/natevent_journal.c nat64d/edge/natevent_journal.h \
	nat64d/edge/natevent_log.c nat64d/edge/natevent_log.h \
	nat64d/edge/pool_watch.c nat64d/edge/pool_watch.h \
	nat64d/edge/ports.c nat64d/edge/ports.h \
	nat64d/edge/queue.c nat64d/edge/queue.h \
	nat64d/edge/send.c nat64d/edge/send.h \
	nat64d/edge/surroundings.c nat64d/edge/surroundings.h \
	nat64d/edge/fixed.c nat64d/edge/fixed.h nat64d/edge/recovery.c nat64d/edge/recovery.h nat64d/edge/tables.c nat64d/edge/tables.h \
	nat64d/edge/trace_json.c nat64d/edge/trace_json.h \
	nat64d/edge/translator.c nat64d/edge/translator.h \
	nat64d/edge/tun.c nat64d/edge/tun.h \
	nat64d/edge/worker.c nat64d/edge/worker.h \
	nat64d/edge/worker_steps.c nat64d/edge/worker_steps.h \
	nat64d/keeper/channel.c nat64d/keeper/channel.h \
	nat64d/keeper/child.c nat64d/keeper/child.h \
	nat64d/keeper/command.c nat64d/keeper/command.h \
	nat64d/keeper/host.c nat64d/keeper/host.h \
	nat64d/keeper/host_command.c nat64d/keeper/host_command.h \
	nat64d/keeper/inherit.c nat64d/keeper/inherit.h \
	nat64d/keeper/keeper.c nat64d/keeper/keeper.h nat64d/keeper/keeper_events.c \
	nat64d/keeper/keeper_reload.c \
	nat64d/keeper/keeper_start.c \
	nat64d/keeper/netlink.c nat64d/keeper/netlink.h \
	nat64d/keeper/plan.c nat64d/keeper/plan.h \
	nat64d/keeper/record_file.c nat64d/keeper/record_file.h \
	nat64d/keeper/reserved.c nat64d/keeper/reserved.h \
	nat64d/keeper/rules.c nat64d/keeper/rules.h \
	nat64d/keeper/size.c nat64d/keeper/size.h \
	nat64d/keeper/snapshot.c nat64d/keeper/snapshot.h \
	nat64d/keeper/state_store.c nat64d/keeper/state_store.h \
	nat64d/keeper/sysctl.c nat64d/keeper/sysctl.h \
	nat64d/keeper/verb.c nat64d/keeper/verb.h \
	nat64d/keeper/keeper_own.h
nat64d_archives = nat64d/libsteps.a nat64d/libstate.a pool/libpool.a nat64d/libxlat.a pool/libport.a \
	common/libservice.a common/libshared.a common/libbase.a
nat64d_libraries = $(EVENT_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(MNL_LIBS) $(NFQUEUE_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) $(SYSTEMD_LIBS)
nat64d_nat64d_LDADD = $(nat64d_archives) $(nat64d_libraries)
