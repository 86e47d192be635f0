# What a person runs.
EXTRA_DIST += scripts/build scripts/check scripts/check-big-endian scripts/check-layers scripts/coverage scripts/demo \
	scripts/gen-conformance scripts/install-deps scripts/lab scripts/mutants scripts/where
