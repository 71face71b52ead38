# What is different on a terminal.
# shellcheck disable=SC2154 # helper and bats set them
load helper

@test "binary output to a terminal is refused" {
	run -2 on_terminal 80 tare-convert m.gguf
	[[ $output == *"is a terminal"*"-o"* ]]
	run -2 on_terminal 80 tare-requantize -t Q4_K_M m.gguf -o -
	run -0 on_terminal 80 sh -c 'tare-convert m.gguf | cmp - m.gguf'
}

@test "a terminal is no input" {
	run -2 on_terminal 80 tare-inspect
	[[ $output == *"standard input is a terminal"* ]]
	run -2 on_terminal 80 tare-requantize -t Q4_K_M -o x.gguf
}

@test "colour where it is welcome" {
	esc=$(printf '\033')
	TERM=xterm run -0 on_terminal 80 tare-inspect m.gguf
	[[ $output == *"${esc}["* ]]
	TERM=dumb run -0 on_terminal 80 tare-inspect m.gguf
	[[ $output != *"${esc}["* ]]
	TERM=xterm NO_COLOR=1 run -0 on_terminal 80 tare-inspect m.gguf
	[[ $output != *"${esc}["* ]]
	TERM=xterm NO_COLOR='' run -0 on_terminal 80 tare-inspect m.gguf
	[[ $output == *"${esc}["* ]]
	TERM=xterm run -0 on_terminal 80 tare-inspect --color=never m.gguf
	[[ $output != *"${esc}["* ]]
}

@test "lines fit the terminal" {
	for columns in 50 80 132; do
		for options in "" -t --stats; do
			# shellcheck disable=SC2086
			NO_COLOR=1 run -0 on_terminal $columns tare-inspect $options m.gguf
			for line in "${lines[@]}"; do
				[ "$columns" -eq 50 ] || [ "${#line}" -le "$columns" ]
			done
		done
	done
	NO_COLOR=1 run -0 on_terminal 60 tare-inspect -t m.gguf
	for line in "${lines[@]}"; do
		[ "${#line}" -le 60 ] || [[ $line == gguf* ]]
	done
}

@test "progress is shown when asked for, and wiped" {
	run -0 --separate-stderr tare-convert --progress=always m.gguf -o x.gguf
	[[ $stderr == *"converting"*"100.0 %"* || $stderr == *converting* ]]
	[[ $stderr == *$'\r'* ]]
	run -0 --separate-stderr tare-convert --progress=never m.gguf -o y.gguf
	[ -z "$stderr" ]
	run -0 --separate-stderr tare-convert -q --progress=always m.gguf -o z.gguf
	[ -z "$stderr" ]
	run -0 --separate-stderr tare-convert m.gguf -o w.gguf
	[ -z "$stderr" ]
}

@test "a raw value cannot command a terminal" {
	small_model s.gguf w 'x\x1b[31my\nz\\'
	run -0 on_terminal 80 tare-inspect --get general.architecture s.gguf
	[ "${lines[0]}" = 'x\x1b[31my' ]
	[ "${lines[1]}" = 'z\' ]
	tare-inspect --get general.architecture s.gguf | cmp - <(printf 'x\033[31my\nz\\\n')
}
