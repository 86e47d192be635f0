# The tables of the translator; owner is a pure function beside them.
noinst_LIBRARIES += nat64d/libstate.a
nat64d_libstate_a_SOURCES = \
	nat64d/table/bib.c nat64d/table/bib.h \
	nat64d/table/chunks.c nat64d/table/chunks.h \
	nat64d/table/natevent.c nat64d/table/natevent.h \
	nat64d/table/expiry.c nat64d/table/expiry.h \
	nat64d/table/fragments.c nat64d/table/fragments.h \
	nat64d/table/hash.c nat64d/table/hash.h \
	nat64d/table/identification.c nat64d/table/identification.h \
	nat64d/table/path_mtu.c nat64d/table/path_mtu.h \
	nat64d/table/rate.c nat64d/table/rate.h \
	nat64d/table/ring.c nat64d/table/ring.h \
	nat64d/table/session.c nat64d/table/session.h \
	nat64d/table/slot_check.h nat64d/table/slot_word.h nat64d/table/slots.c nat64d/table/slots.h \
	nat64d/table/state_copy.c nat64d/table/state_file.c nat64d/table/state_file.h \
	nat64d/table/stored_syn.c nat64d/table/stored_syn.h \
	nat64d/table/trace.c nat64d/table/trace.h \
	nat64d/table/trace_reader.c nat64d/table/trace_reader.h
nat64d_libxlat_a_SOURCES += nat64d/table/owner.c nat64d/table/owner.h
