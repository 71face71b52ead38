#!/usr/bin/env bash
# Lints: one test each; a script that exits 77 was skipped and says why.
fail=0 n=0
for l in tests/lint/*.sh; do
	n=$((n + 1))
	out=$(sh "$l" 2>&1)
	rc=$?
	case $rc in
	0) echo "ok $n - ${l##*/}" ;;
	77) echo "ok $n - ${l##*/} # skip $out" ;;
	*) echo "not ok $n - ${l##*/}"; printf '%s\n' "$out" | sed 's/^/# /'; fail=1 ;;
	esac
done
exit $fail
