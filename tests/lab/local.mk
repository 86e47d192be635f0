# Lab tests: real programs in network namespaces; each can run alone through tests/lab/enter. LAB_ALONE: those that load
# the machine, or count packets within seconds, so that no other runs beside them.
LAB_TESTS += \
	tests/lab/events.sh \
	tests/lab/trace.sh \
	tests/lab/restart.sh \
	tests/lab/restart_shared.sh \
	tests/lab/pools_for.sh \
	tests/lab/parsers.sh \
	tests/lab/service.sh \
	tests/lab/host.sh \
	tests/lab/dns64.sh \
	tests/lab/dns64_reload.sh \
	tests/lab/dns64_listen.sh \
	tests/lab/dns64_cache.sh \
	tests/lab/dns64_views.sh \
	tests/lab/dns64_edns.sh \
	tests/lab/dns64_local.sh \
	tests/lab/dns64_upstreams.sh \
	tests/lab/dns64_observe.sh \
	tests/lab/dns64_clients.sh \
	tests/lab/dns64_peers.sh \
	tests/lab/nat64d_hairpin.sh \
	tests/lab/nat64d_one_worker.sh \
	tests/lab/static.sh \
	tests/lab/eam.sh \
	tests/lab/eam_fragments.sh \
	tests/lab/tcp_window.sh \
	tests/lab/packets.sh \
	tests/lab/fragments.sh \
	tests/lab/shared_fragments.sh \
	tests/lab/path_mtu.sh \
	tests/lab/path_mtu_shared.sh \
	tests/lab/routing.sh \
	tests/lab/shared_points.sh \
	tests/lab/restart_state.sh \
	tests/lab/nat64d_reload.sh \
	tests/lab/gate64.sh \
	tests/lab/check.sh
LAB_ALONE += \
	tests/lab/dns64_storm.sh \
	tests/lab/nat64d_two_workers.sh \
	tests/lab/shared_host.sh \
	tests/lab/limits.sh \
	tests/lab/exhaust.sh \
	tests/lab/flood.sh
LONG_LAB_TESTS += \
	tests/lab/dns64_soak.sh \
	tests/lab/flood_full.sh \
	tests/lab/systemd.sh
EXTRA_DIST += $(LAB_TESTS) $(LAB_ALONE) $(LONG_LAB_TESTS) \
	tests/lab/all_points.sh \
	tests/lab/dns64_equal.py \
	tests/lab/dns64_load.py \
	tests/lab/dns64_tcp.py \
	tests/lab/dns64_upstream.py \
	tests/lab/dns64_resolvers.py \
	tests/lab/dns64_once.py \
	tests/lab/enter \
	tests/lab/flows.py \
	tests/lab/fragment_points.sh \
	tests/lab/fragment_send.py \
	tests/lab/lab.sh \
	tests/lab/make-root \
	tests/lab/minbase \
	tests/lab/packets.py \
	tests/lab/path_mtu_points.sh \
	tests/lab/points.sh \
	tests/lab/order.py \
	tests/lab/poll_sessions.py \
	tests/lab/reload_files.py \
	tests/lab/rfc7050_client.py \
	tests/lab/session_field.patch \
	tests/lab/steady.py \
	tests/lab/supervise \
	tests/lab/udp_ask.py \
	tests/lab/udp_steady.py

# nat64d with counters around mutexes and rings.
check_PROGRAMS += tests/lab/nat64d_counted
tests_lab_nat64d_counted_SOURCES = tests/lab/wrap_count.c $(nat64d_nat64d_SOURCES)
tests_lab_nat64d_counted_LDADD = $(nat64d_nat64d_LDADD)
tests_lab_nat64d_counted_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_mutex_lock -Wl,--wrap=ring_push -Wl,--wrap=ring_pop

# The units under systemd, in a Debian root with what the daemons are linked with.
G64_DEBIAN_ROOT = $(abs_top_builddir)/debian-root
debian-root: ; $(abs_top_srcdir)/tests/lab/make-root $(G64_DEBIAN_ROOT) systemd systemd-sysv dbus iproute2 iptables \
	nftables procps curl logrotate libmnl0 libnetfilter-queue1 libldns3 libevent-core-2.1-7 libevent-extra-2.1-7 \
	libevent-pthreads-2.1-7 libevent-2.1-7 libevent-openssl-2.1-7 libssl3 libconfig9 libjansson4 libcap-ng0 libseccomp2
.PHONY: debian-root
# Many flows at a rate, for tests of limits and reloads.
check_PROGRAMS += tests/lab/connect_load tests/lab/flow_flood
tests_lab_flow_flood_LDADD = nat64d/libxlat.a common/libbase.a
# The upstreams and the loader of the soak.
check_PROGRAMS += tests/lab/soak_authority tests/lab/soak_load
tests_lab_soak_authority_SOURCES = tests/lab/soak_authority.c tests/lab/soak_names.c tests/lab/soak_names.h
tests_lab_soak_load_SOURCES = tests/lab/soak_load.c tests/lab/soak_names.c tests/lab/soak_names.h
# Clients that mean no good.
check_PROGRAMS += tests/lab/dns64_storm
