#!/usr/bin/env bash
# Speed and memory against the peers, measured in one run and printed as markdown: make bench. About ten minutes on a quiet machine with two
# cores. BENCH.md keeps the last one worth keeping.
#   BENCH_MIXES="Q8_0 Q4_K_M"  BENCH_TYPES="q4_K iq4_xs"   only these       BENCH_MILLIONS=32  weights of a type's model
#   BENCH_MEMORY_GB="2 8"      sizes for memory (default 2)                BENCH_DIR=dir  keeps the models
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
PATH=$(cd "$BUILD" && pwd):$PATH
venv=$(sh tests/interop/venv.sh) || { echo "bench: $venv" >&2; exit 1; }
py="$venv/bin/python -B"
dir=${BENCH_DIR:-$(mktemp -d)}
[ -n "${BENCH_DIR:-}" ] || trap 'rm -rf "$dir"' EXIT
model=$dir/phi3-2-layers-f16.gguf
[ -e "$model" ] || $py tests/bench/model.py "$model"
nosync=$dir/nosync.so
cc -O2 -shared -fPIC -o "$nosync" tests/bench/nosync.c
threads=$(nproc)

seconds() { # the best of N runs of a command, in seconds; each starts without its targets and with nothing left to be written
	local n=$1 best='' t TIMEFORMAT=%R
	shift
	for _ in $(seq "$n"); do
		rm -f "$dir"/out.*
		sync -f "$dir"
		t=$( { time "$@" >/dev/null 2>&1; } 2>&1)
		best=$(printf '%s\n%s\n' "$best" "$t" | grep . | sort -g | head -n 1)
	done
	echo "$best"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b / a }'; }
quantize() { # mix threads
	tare-requantize -qf -j "$2" -t "$1" "$model" -o "$dir/out.gguf"
}
without_sync() {
	LD_PRELOAD=$nosync "$@"
}
copy_both() { # of input and result
	cp "$model" "$dir/out.1" && cp "$dir/q8_0.gguf" "$dir/out.2"
}
copy_and_sync() {
	copy_both && sync "$dir/out.1" "$dir/out.2"
}
convert() {
	tare-convert -qf "$model" -o "$dir/out.gguf"
}

cat <<END
# Speed and memory

$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $threads cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 2 ^ 20 }' /proc/meminfo), $(uname -sr), \
load $(cut -d' ' -f1 /proc/loadavg) at the start. $(cc --version | head -n 1); $(tare-inspect --version | tr '\n' ' ' | cut -c1-200)

Peer: ggml of llama.cpp, b11549 (package xllamacpp) and b10603 (package llama-cpp-py-sync). Ratios are the peer's time to ours, in the same
run; over 1 is faster. Made by \`make bench\`.

## Whole process

A phi3-shaped F16 model of random weights, 424 M weights, 848 MB, page cache warm, $threads threads. Ours: the program from start to
end, reading, writing and syncing included, the best of 3. Peer: its quantizers' compute alone on as many threads, once.

| to | ours, s | peer, s | ratio |
|---|---|---|---|
END
cat "$model" >/dev/null
for mix in ${BENCH_MIXES:-Q8_0 Q4_0 Q4_K_M Q5_K_M Q6_K Q3_K_M Q2_K IQ4_XS}; do
	ours=$(seconds 3 quantize "$mix" "$threads")
	peer=$(tare-requantize --dry-run --json -t "$mix" "$model" 2>/dev/null | $py tests/bench/peer_quantize.py "$model" "$threads")
	echo "| $mix | $ours | $peer | $(ratio "$ours" "$peer") |"
done

printf '\n## Threads\n\nThe same, sync left out: what another core gains.\n\n| to | 1 thread, s | %s threads, s | ratio |\n|---|---|---|---|\n' "$threads"
for mix in Q4_K_M IQ4_XS Q6_K; do
	one=$(seconds 3 without_sync quantize "$mix" 1)
	all=$(seconds 3 without_sync quantize "$mix" "$threads")
	echo "| $mix | $one | $all | $(ratio "$all" "$one") |"
done

cat <<END

## Against the disk

Q8_0 against \`cp\` of its input and its output; \`tare-convert\` to the same file against \`cp\` of it. Once all wait for the disk (fsync) and
once none does.

| work | ours, s | cp, s | ratio |
|---|---|---|---|
END
tare-requantize -qf -t Q8_0 "$model" -o "$dir/q8_0.gguf"
row() { # text ours cp
	echo "| $1 | $2 | $3 | $(ratio "$2" "$3") |"
}
row "Q8_0, all synced" "$(seconds 3 quantize Q8_0 "$threads")" "$(seconds 3 copy_and_sync)"
row "Q8_0, none synced" "$(seconds 3 without_sync quantize Q8_0 "$threads")" "$(seconds 3 copy_both)"
cp "$model" "$dir/same.gguf" && sync "$dir/same.gguf"
row "same file, all synced" "$(seconds 3 convert)" "$(seconds 3 sh -c "cp '$model' '$dir/out.1' && sync '$dir/out.1'")"
row "same file, none synced" "$(seconds 3 without_sync convert)" "$(seconds 3 cp "$model" "$dir/out.1")"
rm -f "$dir"/out.* "$dir/same.gguf" "$dir/q8_0.gguf"

cat <<END

## Types, one core, million weights a second

Our whole process (-j 1), reading and writing included, against ggml's function alone: our rate, and how many times ggml's that is.
END
$py tests/bench/type_speed.py "$nosync" "$dir" "${BENCH_MILLIONS:-32}"
printf '\n## Decoding to f32 by instruction set, one core, million weights a second\n\n'
$py tests/bench/decode_speed.py "$BUILD/libtare.so.0"

cat <<END

## Memory

Private memory (anonymous pages), the most that was seen, in MB, with so many threads.

END
# shellcheck disable=SC2086 # a list
bash tests/bench/memory.sh ${BENCH_MEMORY_GB:-2}
