# nat64d: the archives, one a rank, and the program.
noinst_LIBRARIES += nat64d/libsteps.a
nat64d_libsteps_a_SOURCES = \
	nat64d/rfc6146/steps.c nat64d/rfc6146/steps.h nat64d/rfc6146/flow.h \
	nat64d/rfc6146/allocate.c nat64d/rfc6146/allocate.h \
	nat64d/rfc6146/answer.c nat64d/rfc6146/answer.h \
	nat64d/rfc6146/filter.c nat64d/rfc6146/filter.h \
	nat64d/rfc6146/outgoing.c nat64d/rfc6146/outgoing.h \
	nat64d/rfc6146/relay.c nat64d/rfc6146/relay.h \
	nat64d/rfc6146/tcp.c nat64d/rfc6146/tcp.h \
	nat64d/rfc6146/udp.c nat64d/rfc6146/udp.h

include nat64d/packet/local.mk
include nat64d/table/local.mk

nat64d_libxlat_a_SOURCES += \
	nat64d/rfc6146/guard.c nat64d/rfc6146/guard.h \
	nat64d/rfc6146/network.c nat64d/rfc6146/network.h \
	nat64d/rfc6146/tcp_state.c nat64d/rfc6146/tcp_state.h

sbin_PROGRAMS += nat64d/nat64d
nat64d_nat64d_SOURCES = \
	nat64d/main.c nat64d/control.c nat64d/control.h \
	nat64d/edge/send.c nat64d/edge/send.h \
	nat64d/edge/surroundings.c nat64d/edge/surroundings.h \
	nat64d/edge/translator.c nat64d/edge/translator.h \
	nat64d/edge/tun.c nat64d/edge/tun.h \
	nat64d/edge/worker.c nat64d/edge/worker.h \
	nat64d/keeper/host.c nat64d/keeper/host.h \
	nat64d/keeper/netlink.c nat64d/keeper/netlink.h \
	nat64d/keeper/sysctl.c nat64d/keeper/sysctl.h
nat64d_archives = nat64d/libsteps.a nat64d/libstate.a pool/libpool.a nat64d/libxlat.a pool/libport.a \
	common/libservice.a common/libshared.a common/libbase.a
nat64d_libraries = $(EVENT_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(MNL_LIBS) $(CAPNG_LIBS) $(SYSTEMD_LIBS)
nat64d_nat64d_LDADD = $(nat64d_archives) $(nat64d_libraries)
