# What a person runs.
EXTRA_DIST += scripts/build scripts/check scripts/check-layers scripts/demo scripts/install-deps scripts/lab scripts/where
