#!/bin/sh
# The shared library exports exactly what tare.h declares, and the symbol map lists the same.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tr '\n' ' ' <libformat/tare.h | grep -oE 'TARE_API [^;]*;' | grep -oE 'tare_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$tmp/declared"
# A callback type named in a parameter list is no function.
grep -vE '_fn$' "$tmp/declared" >"$tmp/header"
sed -n 's/^\t\(tare_[a-z0-9_]*\);$/\1/p' libformat/tare.map | sort -u >"$tmp/map"
nm -D --defined-only "$BUILD"/libtare.so | sed -n 's/.* [TDBR] \(tare_[a-z0-9_]*\).*/\1/p' | sort -u >"$tmp/exported"
diff -u --label tare.h "$tmp/header" --label tare.map "$tmp/map"
diff -u --label tare.h "$tmp/header" --label libtare.so "$tmp/exported"
# Everything else with external linkage in the static library carries the prefix too.
if nm -g --defined-only "$BUILD"/libtare.a | awk 'NF==3 {print $3}' | grep -vE '^(tare_|TARE_)'; then
	echo "symbols without the prefix"
	exit 1
fi
