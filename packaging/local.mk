# What an installation needs besides the programs: units, a sample of the file, completion.
EXTRA_DIST += packaging/nat64d.service.in packaging/dns64.service.in
dist_doc_DATA += packaging/gate64.conf.example
CLEANFILES += packaging/nat64d.service packaging/dns64.service

if SYSTEMD_UNITS
systemdsystemunit_DATA = packaging/nat64d.service packaging/dns64.service
endif

# Without libsystemd the daemons cannot tell when they are ready.
SUFFIXES = .service.in .service
.service.in.service:
	$(AM_V_GEN)$(MKDIR_P) $(@D); \
	type=notify; test -n "$(SYSTEMD_LIBS)" || type=exec; \
	sed -e "s,@TYPE@,$$type," -e 's,[@]sbindir[@],$(sbindir),' $< >$@

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = packaging/completion/gate64
