#!/bin/sh
# No unfinished marks, no trailing blanks, no long lines, and no path of the machine it was written on.
set -eu
bad=0
marks='(^|[^A-Z])(TO''DO|FIX''ME|XX''X)([^A-Z]|$)'
git grep -nIE "$marks" -- '*.c' '*.h' '*.sh' '*.py' '*.mk' Makefile man && bad=1
git grep -nIE '[[:blank:]]+$' -- '*.c' '*.h' '*.def' '*.sh' '*.py' Makefile && bad=1
git grep -nIE '^.{141,}$' -- 'libformat/*.[ch]' 'libformat/*.def' 'tools/*.[ch]' 'fixtures/*.c' && bad=1
home='/(wo''rk|far''m|ho''me|ro''ot)/'
git grep -nIE "$home" -- . ':!*.tsv' && bad=1
exit $bad
