#!/bin/sh
# tests/fuzz/run.sh TARGET RUNS: seeds are the fixtures of the same name (zst: every fixture, packed); findings stay in build/fuzz/TARGET.
set -eu
name=$1 runs=$2
dir=build/fuzz/corpus-$name
mkdir -p "$dir"
case $name in
recipe) cp fixtures/recipe/*.yaml "$dir" ;;
zstd_source) for f in "$BUILD"/fixtures/*/good-*.bin; do zstd -qf "$f" -o "$dir/$(basename "$f").zst"; done ;;
*) cp "$BUILD/fixtures/$name"/*.bin "$dir" ;;
esac
exec "build/fuzz/fuzz_$name" -runs="$runs" -seed=1 -max_len=65536 -timeout=10 -rss_limit_mb=2048 -artifact_prefix="build/fuzz/$name-" \
	-verbosity=0 -print_final_stats=1 "$dir"
