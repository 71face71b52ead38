#!/usr/bin/env bash
# Private memory of a large job: sparse F16 models of 2 and 8 GB with a vocabulary of 150,000 tokens are quantized (from a file, and through
# a pipe) with 1, 2 and 16 threads. Prints the largest anonymous memory seen; over LIMIT_MB (64) is a failure.
#   tests/bench/memory.sh [GB...]      TYPE=q4_K  LIMIT_MB=64  BUILD=build
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} TYPE=${TYPE:-q4_K} LIMIT_MB=${LIMIT_MB:-64}
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
worst=0

model() { # GB: one file of 8 tensors of 128 MiB for each
	local n=$(($1 * 8))
	cat <<END
text "GGUF"; u32 3; u64 $n; u64 2
str "general.architecture"; u32 8; str "llama"
str "tokenizer.ggml.tokens"; u32 9; u32 8; u64 150000
repeat 150000
str "token {i}"
end
repeat $n
str "blk.{i}.ffn_up.weight"; u32 2; u64 8192 8192; u32 1; u64 i*2^27
end
align 32
END
}

peak() { # the largest RssAnon of process $1, in kB, looked at every 10 ms until it ends
	local pid=$1 most=0 key value rest
	while [ -r "/proc/$pid/status" ]; do
		while read -r key value rest; do
			[ "$key" = RssAnon: ] && [ "$value" -gt "$most" ] && most=$value
		done 2>/dev/null <"/proc/$pid/status"
		read -r -t 0.01 <>"$dir/never"
	done 2>/dev/null
	echo "$most"
}

measure() { # GB, how, threads
	local start=$SECONDS pid kb mb
	if [ "$2" = pipe ]; then
		"$BUILD/tare-requantize" -q -j "$3" -t "type:$TYPE" - -o - <"$dir/feed" >/dev/null &
		pid=$!
		cat "$dir/$1.gguf" >"$dir/feed" &
	else
		"$BUILD/tare-requantize" -q -j "$3" -t "type:$TYPE" "$dir/$1.gguf" -o - >/dev/null &
		pid=$!
	fi
	kb=$(peak "$pid")
	wait "$pid" || { echo "tare-requantize failed" >&2; exit 1; }
	mb=$(((kb + 1023) / 1024))
	[ "$mb" -gt "$worst" ] && worst=$mb
	printf '%3d GB  %-4s  %2d threads  %4d MB private  %4ds\n' "$1" "$2" "$3" "$mb" $((SECONDS - start))
}

mkfifo "$dir/never" "$dir/feed" || exit 2
[ $# -gt 0 ] || set -- 2 8
for gb; do
	model "$gb" >"$dir/$gb.txt"
	"$BUILD/fixtures/assemble" "$dir/$gb.txt" "$dir/$gb.gguf" || exit 2
	truncate -s $(($(stat -c %s "$dir/$gb.gguf") + (gb << 30))) "$dir/$gb.gguf"
	for how in file pipe; do
		for threads in 1 2 16; do
			measure "$gb" "$how" "$threads"
		done
	done
	rm -f "$dir/$gb.gguf"
done
[ "$worst" -le "$LIMIT_MB" ] || { echo "more than $LIMIT_MB MB" >&2; exit 1; }
