#!/usr/bin/env bash
# Sourced by suites: one test a call, in TAP.
#   tap NAME COMMAND...       ok if COMMAND exits 0; its output is shown when it does not
#   tap_skip NAME REASON
tap_n=0 tap_fail=0
tap() {
	local name=$1 out
	shift
	tap_n=$((tap_n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $tap_n - $name"
	else
		echo "not ok $tap_n - $name"
		printf '%s\n' "$out" | tail -n 30 | sed 's/^/# /'
		tap_fail=1
	fi
}
tap_skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # skip $2"
}
