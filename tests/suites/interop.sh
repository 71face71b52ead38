#!/usr/bin/env bash
# The real peers read what we write, and ggml's quantizers give our bytes.
. tests/tap.sh
if ! venv=$(sh tests/interop/venv.sh 2>"$BUILD/log/venv.log"); then
	tap_skip "interop with the peers" "$venv ($(tail -n 1 "$BUILD/log/venv.log"))"
	exit 0
fi
PATH=$PWD/$BUILD:$PATH
py=$venv/bin/python
model=fixtures/models/stories260K.gguf
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

agrees() { tare-inspect --json --hash "$1" | $py tests/interop/gguf_read.py "$1"; }
story() { # the engine loads it, its logits are finite, and it goes on with the story
	$py tests/interop/llama_logits.py "$1" 1,403,407,261 >"$tmp/logits" &&
		$py -c 'import sys, numpy as n; x = n.fromfile(sys.argv[1], "<f4"); assert x.size and n.isfinite(x).all() and x.std() > 0.1' "$tmp/logits" &&
		[ "$($py tests/interop/llama_logits.py --generate 16 "$1" 1,403,407,261 | wc -l)" -eq 16 ]
}
st_agrees() { $py tests/interop/safetensors_read.py "$1"; }

tap "the gguf package agrees on the source" agrees "$model"
for mix in ${MIXES:-F32 F16 BF16 Q8_0 Q6_K Q5_K_M Q4_K_M Q4_K_S Q4_0 Q4_1 Q5_0 Q5_1 Q3_K_M Q2_K IQ4_NL IQ4_XS IQ3_S IQ3_M TQ1_0 MXFP4_MOE}; do
	tap "requantize to $mix" tare-requantize -q --allow-requantize --fallback adjust -t "$mix" "$model" -o "$tmp/$mix.gguf"
	tap "the gguf package agrees on $mix" agrees "$tmp/$mix.gguf"
	tap "llama.cpp runs $mix" story "$tmp/$mix.gguf"
done
matrix=$BUILD/fixtures/imatrix/good-stories260K.bin
tap "importance matrices in both forms and added up, as numpy has them" $py tests/interop/imatrix_forms.py
for mix in ${MIXES:-Q4_K_M Q2_K_S Q3_K_L Q6_K IQ2_XS IQ4_XS}; do
	tap "requantize to $mix with a matrix" tare-requantize -q --fallback adjust --imatrix "$matrix" -t "$mix" "$model" -o "$tmp/im-$mix.gguf"
	tap "every tensor has ggml's bytes" $py tests/interop/imatrix_bytes.py "$model" "$matrix" "$tmp/im-$mix.gguf"
	tap "llama.cpp runs it" story "$tmp/im-$mix.gguf"
done
tap "convert to safetensors" tare-convert "$model" -o "$tmp/m.safetensors"
tap "the safetensors package reads it" st_agrees "$tmp/m.safetensors"
tap "convert a quantized model to safetensors" tare-convert "$tmp/Q4_K_M.gguf" -o "$tmp/q.safetensors"
tap "the safetensors package reads it quantized" st_agrees "$tmp/q.safetensors"
tap "sharded" tare-convert --split-size 300K "$tmp/F16.gguf" -o "$tmp/s.gguf"
for f in "$tmp"/s-*-of-*.gguf; do
	tap "the gguf package agrees on ${f##*/}" eval "tare-inspect --single --json --hash $f | $py tests/interop/gguf_read.py $f"
done
tap "llama.cpp runs the shards" story "$(printf '%s\n' "$tmp"/s-00001-of-*.gguf)"
if [ -n "${TARE_SHARED:-}" ]; then # one tiny model of each family, with real rows
	for f in "$TARE_SHARED"/golden/checkpoints/gguf/*.f16.gguf; do
		name=${f##*/}
		tap "requantize ${name%.f16.gguf} to Q4_K_M" tare-requantize -qf --fallback adjust -t Q4_K_M "$f" -o "$tmp/family.gguf"
		tap "the gguf package agrees on it" agrees "$tmp/family.gguf"
		tap "llama.cpp loads it" $py tests/interop/llama_logits.py --info "$tmp/family.gguf"
	done
else
	tap_skip "one model of each family" "the shared golden set is not here"
fi
for m in "" "$matrix"; do
	# shellcheck disable=SC2086 # perhaps no matrix
	tap "a budget loses less than the mix of its size, as the gguf package reads both${m:+, with a matrix}" $py tests/bench/fit.py "$model" $m \
		{Q2_K,Q3_K_M,Q4_K_M,Q5_K_M}:q4_0,q4_1,q5_0,q5_1,q8_0,iq4_nl
done
echo "# whole files with the options of llama-quantize"
options=tests/interop/llama_options.py
$py $options
r=$?
if [ -n "${TARE_SHARED:-}" ]; then
	p=$TARE_SHARED/golden/requant/tiny-phi3-f16
	tap "a budget among K types, with a matrix" $py tests/bench/fit.py $p.gguf $p.imatrix.gguf
	$py $options $p.gguf $p.imatrix.gguf && $py $options --mixes Q4_K_M,IQ4_XS "$TARE_SHARED"/golden/checkpoints/gguf/*.f16.gguf || r=1
fi
echo "# random tensors"
(cd tests/interop && "../../$py" ggml_bytes.py "../../$BUILD/libtare.so.0" "${GGML_MILLIONS:-20}") || r=1
[ $r -eq 0 ] && [ $tap_fail -eq 0 ]
