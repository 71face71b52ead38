#!/usr/bin/env bash
# Builds without a warning by every compiler at hand, and without its own Makefile by a bare line.
. tests/tap.sh
jobs=$(nproc)
tap "gcc, warnings are errors" make -s -j"$jobs" CC=gcc BUILD=build/gcc WERROR=1 all tests
if command -v clang >/dev/null; then
	tap "clang, warnings are errors" make -s -j"$jobs" CC=clang BUILD=build/clang WERROR=1 all tests
else
	tap_skip "clang, warnings are errors" "clang is not installed"
fi
no_fused() {
	! objdump -d "$1"/libtare.a | grep -E '\svf(n?m)(add|sub)'
}
if [ "$(uname -m)" = x86_64 ]; then
	tap "no fused multiply-add in the library (gcc)" no_fused build/gcc
	[ -e build/clang/libtare.a ] && tap "no fused multiply-add in the library (clang)" no_fused build/clang
fi
incremental() {
	make -s -j"$jobs" CC=gcc BUILD=build/gcc WERROR=1 all
	[ -z "$(make -n CC=gcc BUILD=build/gcc WERROR=1 all | grep -E ' -c ')" ] || { echo "a second make compiles again"; return 1; }
	touch libformat/base/cursor.h
	n=$(make -n CC=gcc BUILD=build/gcc WERROR=1 V=1 all | grep -cE ' -c ')
	all=$(find libformat tools -name '*.c' | wc -l)
	[ "$n" -gt 0 ] && [ "$n" -lt "$all" ] || { echo "a touched header rebuilds $n of $all"; return 1; }
}
tap "incremental build follows headers" incremental
exit $tap_fail
