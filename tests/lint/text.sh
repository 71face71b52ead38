#!/bin/sh
# No unfinished marks, no trailing blanks, no long lines, and no path of the machine it was written on.
set -eu
bad=0
files() { # the project's own files whose path matches an extended regular expression
	find . \( -name .git -o -path ./build \) -prune -o -type f -print | grep -E "$1" | sort
}
forbid() {
	# shellcheck disable=SC2046 # names of this project hold no blanks
	if grep -nIE "$1" $(files "$2") /dev/null; then bad=1; fi
}
forbid '(^|[^A-Z])(TO''DO|FIX''ME|XX''X)([^A-Z]|$)' '\.([ch]|sh|py|mk|def|[1-8])$|/Makefile$'
forbid '[[:blank:]]+$' '\.([ch]|def|sh|py)$|/Makefile$'
forbid '^.{141,}$' '^\./(libformat|tools|fixtures)/.*\.([ch]|def)$'
forbid '/(wo''rk|far''m|ho''me|ro''ot)/' '\.(c|h|def|sh|py|mk|md|txt|yaml|json|bats|[1-8])$|/Makefile$|\.ci/run$'
exit $bad
