#!/usr/bin/env bash
# Everything again under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer.
. tests/tap.sh
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/tests/fault/lsan.supp:print_suppressions=0
tap "sanitized build" make -s -j"$(nproc)" SAN=1 BUILD=build/san WERROR=1 all tests
BUILD=build/san SAN=1
export BUILD SAN
bash tests/suites/unit.sh
u=$?
bash tests/suites/cli.sh
c=$?
# libcrypto is not asked for order in its own house: see lsan.supp.
TURNS=1 TARE_FAULT_SPARE=libcrypto bash tests/fault/calls.sh
f=$?
[ $tap_fail -eq 0 ] && [ $u -eq 0 ] && [ $c -eq 0 ] && [ $f -eq 0 ]
