#!/usr/bin/env bash
# Speed against the peers, measured in one run and printed as markdown: make bench. BENCH.md keeps the last one worth keeping.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
venv=$(sh tests/interop/venv.sh) || { echo "bench: $venv" >&2; exit 1; }
py=$venv/bin/python
dir=${BENCH_DIR:-$(mktemp -d)}
[ -n "${BENCH_DIR:-}" ] || trap 'rm -rf "$dir"' EXIT
model=$dir/phi3-2-layers-f16.gguf
[ -e "$model" ] || $py tests/bench/model.py "$model"
threads=$(nproc)

seconds() { # the best of N runs of a command, in seconds
	local n=$1 best='' t TIMEFORMAT=%R
	shift
	for _ in $(seq "$n"); do
		t=$( { time "$@" >/dev/null 2>&1; } 2>&1)
		best=$(printf '%s\n%s\n' "$best" "$t" | grep . | sort -g | head -n 1)
	done
	echo "$best"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b / a }'; }

cat <<END
# Speed

$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $threads threads, $("$BUILD/tare-inspect" --version | tr '\n' ' ' | cut -c1-200)

Peer: ggml of llama.cpp b11549 as packaged (xllamacpp 2026.10.11549). Ratios are the peer's time to ours, in the same run; over 1 is faster.

## Whole process

A phi3-shaped F16 model of random weights, 424 M weights, 848 MB, page cache warm, $threads threads. Ours: the program from start to
end, reading and writing included, the best of 3. Peer: its quantizers' compute alone on as many threads, once.

| to | ours, s | peer, s | ratio |
|---|---|---|---|
END
cat "$model" >/dev/null
for mix in ${BENCH_MIXES:-Q8_0 Q4_0 Q4_K_M Q5_K_M Q6_K Q3_K_M Q2_K IQ4_XS}; do
	ours=$(seconds 3 "$BUILD/tare-requantize" -qf -j "$threads" -t "$mix" "$model" -o "$dir/ours.gguf")
	peer=$("$BUILD/tare-requantize" --dry-run --json -t "$mix" "$model" 2>/dev/null | "$py" tests/bench/peer_quantize.py "$model" "$threads")
	echo "| $mix | $ours | $peer | $(ratio "$ours" "$peer") |"
done
copy=$(seconds 3 cp "$model" "$dir/copy.gguf")
convert=$(seconds 3 "$BUILD/tare-convert" -qf "$model" -o "$dir/copy.gguf")
echo "| the same file (\`tare-convert\` against \`cp\`) | $convert | $copy | $(ratio "$convert" "$copy") |"
rm -f "$dir"/copy.gguf "$dir"/ours.gguf
printf '\n## Types, one core, million weights a second\n\n'
"$py" tests/bench/type_speed.py "$BUILD/libtare.so.0" "${BENCH_SECONDS:-0.25}"
printf '\n## Decoding to f32 by instruction set, one core, million weights a second\n\n'
"$py" tests/bench/decode_speed.py "$BUILD/libtare.so.0"
