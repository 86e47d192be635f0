# gate64: the operator's command line.
noinst_LIBRARIES += gate64/libtext.a gate64/libcmd.a
gate64_libtext_a_SOURCES = gate64/reply.c gate64/reply.h gate64/text.c gate64/text.h
gate64_libcmd_a_SOURCES = \
	gate64/client.c gate64/client.h \
	gate64/cmd.c gate64/cmd.h gate64/cmd_bindings.c gate64/cmd_counters.c gate64/cmd_pool.c \
	gate64/cmd_sessions.c gate64/cmd_status.c \
	gate64/print.c gate64/print.h

bin_PROGRAMS += gate64/gate64
gate64_gate64_SOURCES = gate64/main.c
gate64_gate64_LDADD = gate64/libcmd.a gate64/libtext.a common/libservice.a common/libbase.a \
	$(CONFIG_LIBS) $(JANSSON_LIBS) $(SYSTEMD_LIBS)

include tests/unit/gate64/local.mk
