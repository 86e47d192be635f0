# The pure layer of the translator.
noinst_LIBRARIES += nat64d/libxlat.a
nat64d_libxlat_a_SOURCES = \
	nat64d/packet/advice.c nat64d/packet/advice.h \
	nat64d/packet/checksum.c nat64d/packet/checksum.h \
	nat64d/packet/icmp_error.c nat64d/packet/icmp_error.h \
	nat64d/packet/packet.c nat64d/packet/packet.h \
	nat64d/packet/parse.c nat64d/packet/parse.h \
	nat64d/packet/reason.c nat64d/packet/reason.h \
	nat64d/packet/trace_record.h nat64d/packet/trace_text.c nat64d/packet/trace_text.h \
	nat64d/packet/vnet.c nat64d/packet/vnet.h \
	nat64d/rfc7915/extension.c nat64d/rfc7915/extension.h \
	nat64d/rfc7915/fragment.c nat64d/rfc7915/fragment.h \
	nat64d/rfc7915/header46.c nat64d/rfc7915/header46.h \
	nat64d/rfc7915/header64.c nat64d/rfc7915/header64.h \
	nat64d/rfc7915/icmp46.c nat64d/rfc7915/icmp46.h \
	nat64d/rfc7915/icmp64.c nat64d/rfc7915/icmp64.h \
	nat64d/rfc7915/l4.c nat64d/rfc7915/l4.h \
	nat64d/rfc7915/mtu.c nat64d/rfc7915/mtu.h \
	nat64d/rfc7915/other.c nat64d/rfc7915/other.h \
	nat64d/rfc7915/translation.h
