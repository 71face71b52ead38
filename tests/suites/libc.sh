#!/usr/bin/env bash
# Bytes do not depend on the C library: the types built with musl give the golden bytes, with every instruction set of this machine.
. tests/tap.sh
if ! command -v musl-gcc >/dev/null; then
	tap_skip "the types with musl" "musl-gcc is not installed"
	exit 0
fi
tap "the types build with musl" make -s -j"$(nproc)" CC=musl-gcc BUILD=build/musl WERROR=1 types-bytes
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

hash_of() { # type column
	[ -e "$dir/$1.$2" ] && sha256sum <"$dir/$1.$2" | cut -d' ' -f1 || echo -
}
golden() { # instruction sets
	rm -f "$dir"/*
	TARE_CPU=$1 build/musl/tests/libc/types_bytes "$dir" || return
	while IFS=$'\t' read -r type encoded weighted decoded; do
		[ "$(hash_of "$type" encoded) $(hash_of "$type" encoded_weighted) $(hash_of "$type" decoded)" = "$encoded $weighted $decoded" ] ||
			{ echo "$type differs from tests/golden/types.tsv"; return 1; }
	done < <(tail -n +2 tests/golden/types.tsv)
	[ -e "$dir/iq1_m.encoded_weighted" ]
}
for cpu in none sse2 avx2 all; do
	tap "the golden bytes with musl, TARE_CPU=$cpu" golden $cpu
done
exit $tap_fail
