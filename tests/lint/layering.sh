#!/bin/sh
# Dependencies run one way: each folder of libformat/ may include itself and those before it; formats never include one another;
# programs include the public header, tools/common and their own parts only. Drawn in libformat/README.md.
set -eu
order="base io types schemes model formats arch operators bundles transforms recipe compare rules"
bad=0

rank() {
	n=0
	for f in $order; do
		n=$((n + 1))
		[ "$f" = "$1" ] && { echo $n; return; }
	done
	echo "layering: libformat/$1 has no place in the order" >&2
	echo 0
}

for dir in libformat/*/; do
	here=$(basename "$dir")
	mine=$(rank "$here")
	[ "$mine" -gt 0 ] || bad=1
	for inc in $(grep -hoE '^#include "[a-z_0-9]+/' "$dir"*.[ch] | sed 's/.*"//;s|/||' | sort -u); do
		theirs=$(rank "$inc")
		if [ "$theirs" -eq 0 ] || [ "$theirs" -gt "$mine" ]; then
			echo "libformat/$here must not include $inc/:"
			grep -nE "^#include \"$inc/" "$dir"*.[ch]
			bad=1
		fi
	done
done
for f in libformat/formats/*.c; do
	own=$(basename "$f" .c | sed 's/_.*//')
	for inc in $(grep -hoE '^#include "formats/[a-z_0-9]+\.h' "$f" | sed 's|.*formats/||;s|\.h||'); do
		case $inc in
		format | "$own" | "${own}"_*) ;;
		*) echo "$f: a format must not include another format ($inc.h)"; bad=1 ;;
		esac
	done
done
for f in tools/*.c tools/*/*.[ch]; do
	own=$(basename "$f" .c)
	[ "$(dirname "$f")" = tools ] || own=$(basename "$(dirname "$f")")
	if grep -HnE '^#include "' "$f" | grep -vE "#include \"(tare\.h|(common|$own)/[a-z_0-9]+\.h)\""; then
		echo "programs include tare.h, common/ and their own parts only"
		bad=1
	fi
done
exit $bad
