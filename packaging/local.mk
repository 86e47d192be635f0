# What an installation needs besides the programs: units, users, a sample of the file, completion.
G64_UNITS = packaging/gate64-host.service packaging/nat64d.service packaging/dns64.service
EXTRA_DIST += packaging/gate64-host.service.in packaging/nat64d.service.in packaging/dns64.service.in
dist_doc_DATA += packaging/gate64.conf.example
CLEANFILES += $(G64_UNITS)

if SYSTEMD_UNITS
systemdsystemunit_DATA = $(G64_UNITS)
endif

sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = packaging/sysusers.d/gate64.conf

# Without libsystemd the daemons cannot tell when they are ready.
SUFFIXES = .service.in .service
.service.in.service:
	$(AM_V_GEN)$(MKDIR_P) $(@D); \
	type=notify; test -n "$(SYSTEMD_LIBS)" || type=exec; \
	sed -e "s,@TYPE@,$$type," -e 's,[@]sbindir[@],$(sbindir),' $< >$@

logrotatedir = $(sysconfdir)/logrotate.d
dist_logrotate_DATA = packaging/logrotate/gate64

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = packaging/completion/gate64
