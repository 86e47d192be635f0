# pool: who may use which IPv4 address and port.
noinst_LIBRARIES += pool/libport.a pool/libpool.a
pool_libport_a_SOURCES = pool/port.c pool/port.h
pool_libpool_a_SOURCES = \
	pool/binding.c pool/binding.h pool/block.c pool/block.h pool/bulk.c pool/bulk.h pool/claim.c pool/claim.h \
	pool/eam.c pool/eam.h pool/group.c pool/group.h pool/lots.c pool/lots.h pool/prefixes.c pool/prefixes.h \
	pool/quota.c pool/quota.h pool/quota_record.c pool/quota_record.h
