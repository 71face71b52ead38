#!/usr/bin/env bash
# Runs test suites, each printing TAP, and adds up: the last line is "N passed, N failed" (", N skipped").
#   tests/run.sh [SUITE...]      a suite is tests/suites/NAME.sh; default: all but interop, which needs the peers
# A suite that dies, or prints no test at all, counts as one failure. BUILD names the build folder.
set -u
cd "$(dirname "$0")/.." || exit 2
export BUILD=${BUILD:-build} LC_ALL=C
if [ -d "${TARE_SHARED:-../shared}/golden" ]; then
	TARE_SHARED=$(cd "${TARE_SHARED:-../shared}" && pwd)
	export TARE_SHARED
else
	unset TARE_SHARED
fi
mkdir -p "$BUILD/log"
passed=0 failed=0 skipped=0
suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then
	for s in tests/suites/*.sh; do
		s=${s##*/}
		[ "$s" = interop.sh ] || suites+=("${s%.sh}")
	done
fi
for s in "${suites[@]}"; do
	log=$BUILD/log/$s.tap
	start=$SECONDS
	bash "tests/suites/$s.sh" >"$log" 2>&1
	rc=$?
	skip=$(grep -ciE '^(not )?ok .*# *skip' "$log") # cmocka says "not ok" of what it skips
	ok=$(grep -iE '^ok ' "$log" | grep -civE '# *skip')
	bad=$(grep -E '^not ok ' "$log" | grep -civE '# *skip')
	if { [ $rc -ne 0 ] || [ $((ok + skip)) -eq 0 ]; } && [ "$bad" -eq 0 ]; then
		bad=1
		printf '  suite %s ended with %d\n' "$s" $rc
		tail -n 20 "$log" | sed 's/^/    /'
	fi
	grep -E -A12 '^not ok ' "$log" | grep -viE '^not ok.*# *skip' | head -n 60 | sed 's/^/    /'
	printf '%-12s %6d passed %4d failed %4d skipped %4ds\n' "$s" "$ok" "$bad" "$skip" $((SECONDS - start))
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
done
if [ $skipped -gt 0 ]; then
	printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
else
	printf '%d passed, %d failed\n' $passed $failed
fi
[ $failed -eq 0 ]
