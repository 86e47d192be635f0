# Tests: unit (cmocka), configuration, lab, fuzz targets replayed over their corpus.
include tests/unit/local.mk
include tests/unit/nat64d/trace.mk
include tests/replay/dns64/local.mk
include tests/recover/local.mk
include tests/lab/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/peers/local.mk
EXTRA_DIST += tests/requirements.tsv tests/mutants
