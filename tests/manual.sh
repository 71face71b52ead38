#!/usr/bin/env bash
# Runs every example of the manuals: in each page, inside a literal display, a line "$ command" (with the lines of its here-document) is run
# by a shell in a folder that holds model.gguf and imatrix.gguf; lines that follow are the output expected on standard output, if there are any.
# Each command has to end well. The examples of one page share a folder. Prints TAP.
#   tests/manual.sh PAGE...
set -u
root=$PWD
. tests/tap.sh
PATH=$root/${BUILD:-build}:$PATH
export PATH

# "C command" and "O output" lines of a page, as the page is read.
examples() {
	awk '
		function plain(s) {
			gsub(/\\&/, "", s)
			gsub(/\\-/, "-", s)
			gsub(/\\e/, "\\", s)
			return s
		}
		/^\.Bd .*-literal/ { inside = 1; next }
		/^\.Ed/ { inside = 0; here = ""; print "E"; next }
		!inside { next }
		here != "" { print "H " plain($0); if (plain($0) == here) here = ""; next }
		/^\$ / {
			line = plain(substr($0, 3))
			print "C " line
			if (match(line, /<<\047[A-Z]+\047/)) here = substr(line, RSTART + 3, RLENGTH - 4)
			next
		}
		{ print "O " plain($0) }
	' "$1"
}

check() { # command expected has-expected
	local out
	out=$(bash -c "$1" 2>err) || { cat err; return 1; }
	[ "$3" = 0 ] || [ "$out" = "$2" ] || { diff <(printf '%s\n' "$2") <(printf '%s\n' "$out"); return 1; }
}

page=
finish() {
	[ -z "$cmd" ] || tap "$page: ${cmd%%$'\n'*}" check "$cmd" "$want" "$has"
	cmd='' want='' has=0
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file; do
	page=${file##*/}
	mkdir "$work/$page"
	cp "$root/fixtures/models/stories260K.gguf" "$work/$page/model.gguf"
	cp "$root/${BUILD:-build}/fixtures/imatrix/good-stories260K.bin" "$work/$page/imatrix.gguf"
	examples "$file" >"$work/$page.examples"
	cd "$work/$page" || exit 2
	cmd='' want='' has=0
	while IFS= read -r line; do
		case $line in
		"C "*) finish; cmd=${line#C } ;;
		"H "*) cmd+=$'\n'${line#H } ;;
		"O "*) want+=${want:+$'\n'}${line#O }; has=1 ;;
		E) finish ;;
		esac
	done <"$work/$page.examples"
	finish
	cd "$root" || exit 2
done
exit $tap_fail
