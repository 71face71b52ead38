#!/usr/bin/env bash
# Private memory of large jobs: sparse F16 models of 2 and 8 GB, with a vocabulary of 150,000 tokens and a feed-forward of 28,672 columns,
# go through every kind of job with 1, 2, 16 and 64 threads. Prints the largest anonymous memory seen as a markdown table; over LIMIT_MB (64)
# is a failure.
#   tests/bench/memory.sh [GB...]   KINDS="mix pipe matrix fit verify diff zstd"  THREADS="1 2 16 64"  ROWS=2340 COLS=28672  LIMIT_MB=64  BUILD=build
#   mix      Q4_K_M from a file                  fit      --fit over three types, with the matrix (read twice)
#   pipe     Q4_K_M through a pipe               verify   --verify of the mix
#   matrix   IQ2_XS with an importance matrix    diff     the source against the mix
#   zstd     Q4_K_M packed as .zst
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} LIMIT_MB=${LIMIT_MB:-64}
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
worst=0 rows=${ROWS:-2340} cols=${COLS:-28672}

model() { # GB: one file, 8 tensors of 128 MiB for each
	local n=$(($1 * 8))
	cat <<END
text "GGUF"; u32 3; u64 $n; u64 3
str "general.architecture"; u32 8; str "llama"
str "llama.block_count"; u32 4; u32 $n
str "tokenizer.ggml.tokens"; u32 9; u32 8; u64 150000
repeat 150000
str "token {i}"
end
repeat $n
str "blk.{i}.ffn_down.weight"; u32 2; u64 $cols $rows; u32 1; u64 i*$((rows * cols * 2))
end
align 32
END
}

matrix() { # GB: importances for all of it
	local n=$(($1 * 8))
	cat <<END
text "GGUF"; u32 3; u64 $((2 * n)); u64 4
str "general.type"; u32 8; str "imatrix"
str "imatrix.datasets"; u32 9; u32 8; u64 1; str "text.txt"
str "imatrix.chunk_count"; u32 4; u32 2
str "imatrix.chunk_size"; u32 4; u32 512
repeat $n
str "blk.{i}.ffn_down.weight.in_sum2"; u32 2; u64 $cols 1; u32 0; u64 i*$((4 * cols + 32))
str "blk.{i}.ffn_down.weight.counts"; u32 2; u64 1 1; u32 0; u64 i*$((4 * cols + 32))+$((4 * cols))
end
align 32
repeat $n
repeat $cols
f32 1
end
f32 1024; align 32
end
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

job() { # GB, kind, threads: becomes the program
	local in=$dir/$1.gguf
	set -- "$2" "$BUILD/tare-requantize" -qf -j "$3"
	case $1 in
	mix) exec "${@:2}" -t Q4_K_M "$in" -o - >/dev/null ;;
	pipe) exec "${@:2}" -t Q4_K_M - -o - <"$dir/feed" >/dev/null ;;
	matrix) exec "${@:2}" -t IQ2_XS --imatrix "$dir/matrix.gguf" "$in" -o - >/dev/null ;;
	fit) exec "${@:2}" --fit 100G --fit-types q3_K,q4_K,q6_K --imatrix "$dir/matrix.gguf" "$in" -o - >/dev/null ;;
	verify) exec "${@:2}" -t Q4_K_M --verify "$dir/out.gguf" "$in" >/dev/null ;;
	diff) exec "$BUILD/tare-diff" --only tensors --tolerance 2 -j "$5" "$in" "$dir/out.gguf" ;;
	zstd) exec "${@:2}" -t Q4_K_M "$in" --zstd -o - >/dev/null ;;
	esac
	exit 2
}

measure() { # GB, kind, threads
	local pid kb mb
	job "$@" &
	pid=$!
	[ "$2" != pipe ] || cat "$dir/$1.gguf" >"$dir/feed" &
	kb=$(peak "$pid")
	wait "$pid" || { echo "$2 failed" >&2; exit 1; }
	mb=$(((kb + 1023) / 1024))
	[ "$mb" -gt "$worst" ] && worst=$mb
	printf ' %d |' "$mb"
}

mkfifo "$dir/never" "$dir/feed" || exit 2
[ $# -gt 0 ] || set -- 2 8
declare -A text=(
	[mix]="Q4_K_M" [pipe]="Q4_K_M through a pipe" [matrix]="IQ2_XS with a matrix" [fit]="a budget of three types with a matrix"
	[verify]="--verify of Q4_K_M" [diff]="tare-diff with the source" [zstd]="Q4_K_M packed with zstd"
)
read -ra threads <<<"${THREADS:-1 2 16 64}"
printf '| input | job |'
printf ' %s |' "${threads[@]}"
printf '\n|---|---|'
printf -- '---|%.0s' "${threads[@]}"
echo
for gb; do
	model "$gb" >"$dir/model.txt"
	matrix "$gb" >"$dir/matrix.txt"
	"$BUILD/fixtures/assemble" "$dir/model.txt" "$dir/$gb.gguf" && "$BUILD/fixtures/assemble" "$dir/matrix.txt" "$dir/matrix.gguf" || exit 2
	truncate -s $(($(stat -c %s "$dir/$gb.gguf") + gb * 8 * rows * cols * 2)) "$dir/$gb.gguf"
	for kind in ${KINDS:-mix pipe matrix fit verify diff zstd}; do
		[[ $kind != verify && $kind != diff ]] || "$BUILD/tare-requantize" -qf -t Q4_K_M "$dir/$gb.gguf" -o "$dir/out.gguf" || exit 2
		printf '| %s GB | %s |' "$gb" "${text[$kind]}"
		for n in "${threads[@]}"; do
			measure "$gb" "$kind" "$n"
		done
		echo
	done
	rm -f "$dir/$gb.gguf" "$dir/out.gguf"
done
[ "$worst" -le "$LIMIT_MB" ] || { echo "more than $LIMIT_MB MB" >&2; exit 1; }
