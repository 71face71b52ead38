#!/bin/sh
# Completion files from the programs' own tables of options (--complete-options: name, letter, argument, words, text; tabs between).
#   sh tools/completions/generate.sh [FOLDER]      default: this script's folder. BUILD names the build folder.
set -eu
here=$(dirname "$0")
out=${1:-$here}
mkdir -p "$out/bash" "$out/zsh" "$out/fish"

bash_file() {
	awk -F '\t' -v prog="$1" '
		{
			all = all " " $1 ($2 != "" ? " " $2 : "")
			if ($3 == "") next
			key = $1 ($2 != "" ? "|" $2 : "")
			if ($4 != "") {
				after = $4 ~ /=/ ? "; compopt -o nospace" : ""
				if ($4 ~ /:/) after = after "; COMPREPLY=(\"${COMPREPLY[@]#\"$cut\"}\")"
				cases = cases "\t" key ") mapfile -t COMPREPLY < <(compgen -W \"" $4 "\" -- \"$cur\")" after "; return ;;\n"
				colons = colons || $4 ~ /:/
			} else if ($3 != "FILE")
				cases = cases "\t" key ") return ;;\n"
		}
		END {
			fn = prog; gsub(/-/, "_", fn)
			print "# Made by generate.sh from " prog " --complete-options."
			print "_" fn "() {"
			if (!colons) print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
			else {
				print "\tlocal i=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]} prev cut="
				print "\t# bash parts words at colons: together again, and off what it has already"
				print "\tif [[ $cur == : && i -gt 1 ]]; then"
				print "\t\tcut=${COMP_WORDS[i -= 1]}: cur=$cut"
				print "\telif [[ i -gt 2 && ${COMP_WORDS[i - 1]} == : ]]; then"
				print "\t\tcut=${COMP_WORDS[i -= 2]}: cur=$cut$cur"
				print "\tfi"
				print "\tprev=${COMP_WORDS[i - 1]}"
			}
			print "\tCOMPREPLY=()"
			print "\tcase $prev in"
			printf "%s", cases
			print "\tesac"
			print "\tif [[ $cur == -* ]]; then"
			print "\t\tmapfile -t COMPREPLY < <(compgen -W \"" substr(all, 2) "\" -- \"$cur\")"
			print "\tfi"
			print "}"
			print "complete -o default -o bashdefault -F _" fn " " prog
		}'
}

zsh_file() {
	awk -F '\t' -v prog="$1" '
		function quoted(s) { gsub(/\047/, "\047\\\047\047", s); gsub(/\[/, "\\[", s); gsub(/\]/, "\\]", s); gsub(/:/, "\\:", s); return s }
		BEGIN {
			print "#compdef " prog
			print "# Made by generate.sh from " prog " --complete-options."
			print "_arguments -s -S \\"
		}
		{
			text = $5 != "" ? "[" quoted($5) "]" : ""
			arg = ""
			if ($3 != "") {
				name = $3; gsub(/:/, "\\:", name)
				words = $4; gsub(/:/, "\\:", words)
				arg = ":" name ":" ($4 != "" ? "(" words ")" : $3 == "FILE" ? "_files" : "")
			}
			eq = $3 != "" ? "=" : ""
			print "\t\047*" $1 eq text arg "\047 \\"
			if ($2 != "") print "\t\047*" $2 text arg "\047 \\"
		}
		END { print "\t\047*:file:_files\047" }'
}

fish_file() {
	awk -F '\t' -v prog="$1" '
		function quoted(s) { gsub(/\\/, "\\\\", s); gsub(/\047/, "\\\047", s); return "\047" s "\047" }
		BEGIN { print "# Made by generate.sh from " prog " --complete-options." }
		{
			line = "complete -c " prog " -l " substr($1, 3)
			if ($2 != "") line = line " -s " substr($2, 2)
			if ($3 != "") line = line ($3 == "FILE" ? " -r -F" : " -x")
			if ($4 != "") line = line " -a " quoted($4)
			if ($5 != "") line = line " -d " quoted($5)
			print line
		}'
}

for prog in "${BUILD:-build}"/tare-*; do
	name=${prog##*/}
	case $name in *.*) continue ;; esac
	"$prog" --complete-options >"$out/.options"
	bash_file "$name" <"$out/.options" >"$out/bash/$name"
	zsh_file "$name" <"$out/.options" >"$out/zsh/_$name"
	fish_file "$name" <"$out/.options" >"$out/fish/$name.fish"
	rm -f "$out/.options"
done
