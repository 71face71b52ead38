#!/bin/sh
# No function over 60 lines, no file over 600, tables excepted (*_grid.c, codebook*.c).
set -eu
bad=0
for f in libformat/*/*.[ch] tools/*.c tools/*/*.[ch] fixtures/*.c tests/*/*.c; do
	[ -e "$f" ] || continue
	case $f in *_grid.c | */codebook*) continue ;; esac
	awk -v f="$f" '
		/^\{/ { start = NR }
		/^\}/ && start { if (NR - start - 1 > 60) { printf "%s:%d: function of %d lines\n", f, start, NR - start - 1; bad = 1 } start = 0 }
		END { if (NR > 600) { printf "%s: %d lines\n", f, NR; bad = 1 } exit bad }' "$f" || bad=1
done
exit $bad
