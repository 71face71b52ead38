#!/usr/bin/env bash
# Each fuzz target, seeded with the fixtures, for a fixed number of runs.
. tests/tap.sh
if ! command -v clang >/dev/null; then
	tap_skip "fuzz targets" "clang is not installed"
	exit 0
fi
tap "build" make -s -j"$(nproc)" fuzz-targets
for t in tests/fuzz/fuzz_*.c; do
	name=${t##*/fuzz_}
	name=${name%.c}
	tap "$name, ${FUZZ_RUNS:-20000} runs" sh tests/fuzz/run.sh "$name" "${FUZZ_RUNS:-20000}"
done
exit $tap_fail
