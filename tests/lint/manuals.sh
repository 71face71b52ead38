#!/bin/sh
# Manuals are clean, and each program's page names every option of its table.
set -eu
command -v mandoc >/dev/null || { echo "SKIP mandoc is not installed"; exit 77; }
bad=0
mandoc -Tlint -W warning man/*.[1-8] || bad=1
for page in man/tare-*.1; do
	prog=$(basename "$page" .1)
	mandoc -Tascii "$page" | sed "s/.$(printf "\010")//g" >"$BUILD/log/$prog.txt"
	for opt in $("$BUILD/$prog" --complete-options | grep -oE '^--[a-z0-9-]+' | sort -u); do
		grep -qE -- "(^|[^a-z0-9-])$opt([^a-z0-9-]|$)" "$BUILD/log/$prog.txt" || { echo "$page does not name $opt"; bad=1; }
	done
done
for prog in "$BUILD"/tare-*; do
	case $prog in *.*) continue ;; esac
	[ -e "man/$(basename "$prog").1" ] || { echo "no manual for $(basename "$prog")"; bad=1; }
done
exit $bad
