# What all programs have in common.
# shellcheck disable=SC2154 # helper and bats set them
load helper

@test "--help fits a terminal, on standard output" {
	for p in $programs; do
		run -0 --separate-stderr "$p" --help
		[ -z "$stderr" ]
		[ "${#lines[@]}" -le 24 ]
		for line in "${lines[@]}"; do
			[ "${#line}" -le 80 ]
		done
		[[ ${lines[0]} == "Usage: $p "* ]]
		run -0 "$p" -h
	done
}

@test "--version names the libraries in use" {
	for p in $programs; do
		run -0 --separate-stderr "$p" --version
		[[ ${lines[0]} == "$p (tare) "* ]]
		[[ $output == *zstd* && $output == *yaml* ]]
		[ -z "$stderr" ]
	done
}

@test "an unknown option is trouble, in one line with a hint" {
	for p in $programs; do
		run -2 --separate-stderr "$p" --quite m.gguf
		[ -z "$output" ]
		one_line "$stderr"
		[[ $stderr == *"did you mean '--quiet'"*"$p --help"* ]]
		run -2 --separate-stderr "$p" -Z
		one_line "$stderr"
		run -2 --separate-stderr "$p" --nothing-like-it=5
		one_line "$stderr"
	done
}

@test "a wrong or missing argument is told by the option's name" {
	run -2 --separate-stderr tare-inspect --color=blue m.gguf
	[[ $stderr == *--color*blue*"auto always never"* ]]
	run -2 --separate-stderr tare-inspect -j many m.gguf
	[[ $stderr == *--threads*many* ]]
	run -2 --separate-stderr tare-inspect -j -1 m.gguf
	run -2 --separate-stderr tare-inspect -j 99999999999999999999 m.gguf
	run -2 --separate-stderr tare-inspect --json=1 m.gguf
	[[ $stderr == *"--json takes no argument"* ]]
	run -2 --separate-stderr tare-inspect m.gguf --get
	[[ $stderr == *"--get needs an argument"* ]]
	run -2 --separate-stderr tare-inspect --limit nonsense m.gguf
	run -2 --separate-stderr tare-inspect --limit tensors=lots m.gguf
	run -2 --separate-stderr tare-convert --split-size 3X m.gguf
	[[ $stderr == *--split-size*3X* ]]
	run -2 --separate-stderr tare-convert --level 23 m.gguf
}

@test "options in any order, whatever POSIXLY_CORRECT says; -- ends them" {
	run -0 tare-inspect m.gguf --get general.architecture
	[ "$output" = llama ]
	POSIXLY_CORRECT=1 run -0 tare-inspect m.gguf --get general.architecture
	[ "$output" = llama ]
	mv m.gguf ./--json
	run -0 tare-inspect --get general.architecture -- --json
	[ "$output" = llama ]
	run -2 tare-inspect --get general.architecture --
}

@test "a file that cannot be read is trouble that names it" {
	run -2 --separate-stderr tare-inspect nowhere.gguf
	[[ $stderr == "tare-inspect: nowhere.gguf: "* ]]
	[ -z "$output" ]
	run -2 --separate-stderr tare-requantize -t Q8_0 nowhere.gguf -o x.gguf
	run -2 --separate-stderr tare-convert nowhere.gguf -o x.gguf
	[ ! -e x.gguf ]
	echo "not a model" >text
	run -2 --separate-stderr tare-inspect text
	[[ $stderr == "tare-inspect: text: "* ]]
	one_line "$stderr"
}

@test "damage is told with its byte" {
	head -c 500 m.gguf >cut.gguf
	run -2 --separate-stderr tare-inspect cut.gguf
	[[ $stderr =~ ^tare-inspect:\ cut.gguf:\ .*\(byte\ [0-9]+\)$ ]]
}

@test "every bad fixture is trouble, every good one is shown" {
	for f in "$build"/fixtures/*/*.bin; do
		name=$(basename "$f" .bin)
		want=0
		case $name in bad-* | unsupported-*) want=2 ;; esac
		text=$root/fixtures/$(basename "$(dirname "$f")")/$name.txt
		grep -q '^exit:' "$text" && want=$(sed -n 's/^exit: //p' "$text")
		run timeout 10 tare-inspect --json "$f"
		[ "$status" -eq "$want" ] || { echo "$name: $status: $output"; false; }
	done
}

@test "several inputs: all are tried, the greatest status counts" {
	run -2 --separate-stderr tare-inspect nowhere.gguf m.gguf
	[[ $output == *m.gguf* ]]
	[[ $stderr == *nowhere.gguf* ]]
	run -1 tare-inspect --get no.such.key m.gguf
	run -2 tare-inspect --get general.architecture m.gguf nowhere.gguf
}

@test "a full disk behind standard output is trouble" {
	[ -e /dev/full ] || skip "no /dev/full"
	run -2 --separate-stderr bash -c 'tare-inspect --json m.gguf >/dev/full'
	[[ $stderr == *"standard output"* ]]
	run -2 --separate-stderr bash -c 'tare-inspect --help >/dev/full'
	run -2 --separate-stderr bash -c 'tare-convert m.gguf -o - >/dev/full'
}

@test "closed standard streams do no harm" {
	run -2 --separate-stderr bash -c 'tare-inspect m.gguf >&-'
	[[ $stderr == *"standard output"* ]]
	bash -c 'tare-requantize -t Q4_K_M m.gguf -o a.gguf <&- >&- 2>&-'
	tare-requantize -q -t Q4_K_M m.gguf -o b.gguf
	cmp a.gguf b.gguf
	run -2 bash -c 'tare-inspect <&-'
}

@test "a reader that goes away ends the program in silence" {
	for _ in $(seq 200); do echo m.gguf; done >names
	run -0 bash -c 'tare-inspect $(cat names) 2>err | head -n 1; echo ${PIPESTATUS[0]} >status; cat err'
	[ "${lines[0]}" = m.gguf ]
	[ "${#lines[@]}" -eq 1 ]
	status=$(cat status)
	[ "$status" -eq 141 ] || [ "$status" -eq 0 ]
}

@test "no colour in a pipe unless asked for" {
	esc=$(printf '\033')
	run -0 tare-inspect m.gguf
	[[ $output != *"$esc"* ]]
	run -0 tare-inspect --color=always m.gguf
	[[ $output == *"$esc"* ]]
	NO_COLOR=1 run -0 tare-inspect --color=always m.gguf
	[[ $output == *"$esc"* ]]
}

@test "messages go to standard error, the answer to standard output" {
	tare-requantize -t Q4_K_M --loss m.gguf -o q.gguf >out 2>err
	grep -q SQNR out
	grep -q '^tare-requantize: m.gguf: ' err
	tare-requantize -q -f -t Q4_K_M m.gguf -o q.gguf >out 2>err
	[ ! -s out ] && [ ! -s err ]
	tare-requantize -q -f -t Q4_K_M --loss m.gguf -o - >out 2>err
	cmp out q.gguf
	grep -q SQNR err
}

@test "an open set of limits is listed and lowered" {
	run -0 tare-inspect --limits
	[[ $output == *shards* ]]
	run -2 --separate-stderr tare-inspect --limit tensors=47 m.gguf
	[[ $stderr == *"--limit tensors="* ]]
	run -0 tare-inspect --limit tensors=48 m.gguf
	run -2 tare-inspect --limit string=3 m.gguf
}

@test "sizes as people write them" {
	for size in 307200 300K 300k 300KiB 0.29296875M "300 KiB"; do
		run -0 tare-convert -n --json --split-size "$size" m.gguf -o x.gguf
		[ "$(jq '.files | length' <<<"$output")" -eq 5 ] || { echo "$size"; false; }
	done
	for size in K -1 1.5 1e3 300Q "" 99999999999T; do
		run -2 tare-convert -n --split-size "$size" m.gguf -o x.gguf
	done
}

@test "instruction sets and threads do not change the bytes" {
	tare-requantize -q -t Q4_K_M -j 1 --cpu none m.gguf -o a.gguf
	tare-requantize -q -t Q4_K_M -j 7 m.gguf -o b.gguf
	TARE_CPU=none tare-requantize -q -t Q4_K_M -j 2 m.gguf -o c.gguf
	cmp a.gguf b.gguf
	cmp a.gguf c.gguf
}

@test "SIGUSR1 does not end a program" {
	mkfifo pipe
	tare-convert pipe -o x.gguf 2>err &
	pid=$!
	exec 9>pipe # returns when the program has opened it, long after it set up its signals
	head -c 500000 m.gguf >&9
	kill -USR1 $pid
	tail -c +500001 m.gguf >&9
	exec 9>&-
	wait $pid
	cmp m.gguf x.gguf
	[ ! -s err ] || grep -q '^tare-convert: converting ' err
}

@test "a signal leaves no file behind and is reported as such" {
	mkfifo pipe
	tare-convert pipe -o x.gguf &
	pid=$!
	exec 9>pipe
	head -c 100000 m.gguf >&9
	kill -TERM $pid
	exec 9>&-
	status=0
	wait $pid || status=$?
	[ "$status" -eq 143 ]
	[ "$(ls -A | tr '\n' ' ')" = "m.gguf pipe " ]
}

@test "completion files are current" {
	BUILD=$build sh "$root/tools/completions/generate.sh" new
	for shell in bash zsh fish; do
		diff -r "new/$shell" "$root/tools/completions/$shell"
	done
}

@test "completion completes in bash" {
	complete_it() { # program words...
		# shellcheck source=/dev/null
		. "$root/tools/completions/bash/$1"
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		"_${1//-/_}"
		echo "${COMPREPLY[*]}"
	}
	[ "$(complete_it tare-requantize -t Q4_K)" = "Q4_K_S Q4_K_M" ]
	[ "$(complete_it tare-requantize -t type:q4_)" = "type:q4_0 type:q4_1 type:q4_K" ] # without a colon in COMP_WORDBREAKS
	[ "$(complete_it tare-requantize -t type : q4_)" = "q4_0 q4_1 q4_K" ]
	[[ " $(complete_it tare-requantize --type type :) " == *" f16 "*" q4_K "* ]]
	[[ " $(complete_it tare-requantize -t type :) " != *" q8_K "* ]] # which cannot be written
	[[ $(complete_it tare-requantize -t ty) == "type:"*" type:q4_K "* ]]
	[ "$(complete_it tare-convert --to s)" = safetensors ]
	[ "$(complete_it tare-inspect --files)" = --files0-from ]
}

@test "completion offers types behind type: in zsh and fish" {
	grep -q "type\\\\:q4_K" "$root/tools/completions/zsh/_tare-requantize"
	! grep -q '[^\\]:q4_K' "$root/tools/completions/zsh/_tare-requantize"
	grep -q ' -a .* type:q4_K ' "$root/tools/completions/fish/tare-requantize.fish"
}
