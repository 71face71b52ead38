#!/usr/bin/env bash
# Every call of every class fails once, in every kind of job that the programs do, and in the smallest program there could be. Jobs run
# side by side, on as many cores as there are; the models are small, so that a job has some hundred calls. Hashes have some thousand, of
# libcrypto starting up: one job has them. TURNS, CLASSES: see run.sh;
# TARE_FAULT_SPARE: inject.h.
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
bin=$PWD/$BUILD
copy=$bin/tests/fault/copy inspect=$bin/tare-inspect diff=$bin/tare-diff convert="$bin/tare-convert -q -f -j1" requantize="$bin/tare-requantize -q -f -j1"
model=$PWD/fixtures/models/stories260K.gguf
matrix=$PWD/$BUILD/fixtures/imatrix/good-stories260K.bin
small=$work/small.gguf
jobs=0 most=$(nproc)

# Of one layer three tensors, and a vocabulary of three words; and the same in other clothes.
cat >"$work/words.yaml" <<'YAML'
tare: 1
metadata:
  set: {tokenizer.ggml.tokens: [a, b, c]}
  remove: [tokenizer.ggml.scores, tokenizer.ggml.token_type]
YAML
# shellcheck disable=SC2086 # commands are words
make_models() {
	$convert --select 'blk.0.attn_[qv].weight' --select 'output_norm.weight' "$model" -o "$work/layer.gguf" &&
		$requantize -r "$work/words.yaml" "$work/layer.gguf" -o "$small" &&
		$convert "$small" -o "$work/small.safetensors" &&
		$convert --split-count 2 "$small" -o "$work/part.gguf" &&
		$convert --split-count 2 "$small" -o "$work/part.safetensors" &&
		$requantize -t Q4_K_M "$small" -o "$work/q4.gguf" &&
		$requantize -t type:q8_0 "$small" -o "$work/q8.gguf" &&
		zstd -q "$small" -o "$work/small.gguf.zst"
}
cat >"$work/recipe.yaml" <<'YAML'
tare: 1
base: Q4_K_M
fallback: adjust
rules:
  - {match: {name: "re:attn_q", layers: "0, last 1"}, type: q8_0, gates: {sqnr_db: {min: 3}}}
  - {match: "*attn_v*", rename: {attn: other}}
  - {match: none, keep: true, optional: true}
metadata:
  set: {general.name: a name, a.list: [1, 2]}
  remove: [general.license]
gates: {size: {max: 1M}}
YAML

# The lines of a job come out together.
job() {
	jobs=$((jobs + 1))
	[ $jobs -le "$most" ] || wait -n
	bash tests/fault/run.sh "$@" >"$work/log.$jobs" 2>&1 || echo 1 >"$work/failed" &
}

make_models || { echo "not ok 1 - models to try"; exit 1; }
# shellcheck disable=SC2086 # commands are words
{
	job "copy" "$copy" "$small" @/copy
	job "copy of zstd" "$copy" "$work/small.gguf.zst" @/copy
	STDIN=$small job "copy of a pipe" "$copy" - @/copy
	job "inspect" "$inspect" -t -m "$small"
	job "inspect safetensors" "$inspect" --json "$work/small.safetensors"
	job "inspect zstd" "$inspect" -j1 --json --hash --stats "$work/small.gguf.zst"
	job "inspect, two threads" "$inspect" -j2 --stats "$small"
	job "inspect a folder" "$inspect" --json "$work/part-00002-of-00002.gguf" "$work/part.safetensors.index.json"
	STDIN=$small job "inspect a pipe" "$inspect" -j1 --stats -
	job "inspect --recipe" "$inspect" --recipe "$work/q4.gguf"
	job "inspect --get" "$inspect" --get general.architecture "$small"
	job "inspect a matrix" "$inspect" --for "$model" "$matrix"
	job "diff" "$diff" -j1 -v "$small" "$work/small.safetensors"
	job "diff of types, zstd" "$diff" -j2 --json --max-rel-error 1 "$work/small.gguf.zst" "$work/q4.gguf"
	STATUS=1 job "diff that differs" "$diff" -j1 --all "$small" "$work/q8.gguf"
	STATUS=1 job "diff --hex" "$diff" -j1 --hex blk.0.attn_q.weight "$small" "$work/q8.gguf"
	job "diff --exact" "$diff" -j1 --exact "$work/part-00001-of-00002.gguf" "$work/part-00001-of-00002.gguf"
	job "convert" $convert "$small" -o @/t.safetensors
	job "convert back" $convert "$work/small.safetensors" -o @/t.gguf
	job "convert, decoded" $convert --type f16 "$work/q8.gguf" -o @/t.safetensors
	job "convert, big-endian" $convert --endian big "$small" -o @/t.gguf
	PARTS=1 job "convert into shards" $convert --split-count 2 "$small" -o @/t.gguf
	PARTS=1 job "convert into shards of safetensors" $convert --split-count 2 "$small" -o @/t.safetensors
	job "convert shards into one" $convert "$work/part-00001-of-00002.gguf" -o @/t.gguf
	job "convert shards of safetensors into one" $convert "$work/part.safetensors.index.json" -o @/t.gguf
	job "convert zstd into zstd" $convert --zstd --zstd-threads 1 "$work/small.gguf.zst" -o @/t.gguf.zst
	STDIN=$small job "convert a pipe into a pipe" $convert --to safetensors - -o -
	job "convert a matrix" $convert --to imatrix-dat "$matrix" -o @/t.dat
	job "merge matrices" $convert "$matrix" "$matrix" -o @/t.gguf
	job "requantize" $requantize -t Q4_K_M "$small" -o @/t.gguf
	job "requantize, two threads" $requantize -j2 -t Q4_K_M "$small" -o @/t.gguf
	OLD=$small job "requantize in place" $requantize -t Q4_K_M @/t.gguf -o @/t.gguf
	job "requantize safetensors" $requantize -t type:q4_0 "$work/small.safetensors" -o @/t.gguf
	job "requantize quantized weights" $requantize --allow-requantize -t type:q4_0 "$work/q8.gguf" -o @/t.gguf
	job "requantize by a recipe" $requantize -r "$work/recipe.yaml" "$small" -o @/t.gguf
	job "requantize with a matrix" $requantize -t Q4_0 --imatrix "$matrix" "$small" -o @/t.gguf
	job "requantize to an IQ type" $requantize -t type:iq4_nl "$small" -o @/t.gguf
	job "requantize into a size" $requantize --fit 20K --fit-types q4_0,q8_0 "$small" -o @/t.gguf
	PARTS=1 job "requantize with reports" $requantize -t Q8_0 --loss --report @/r.json "$small" -o @/t.gguf
	PARTS=1 job "requantize shards" $requantize -t Q4_K_M --keep-split "$work/part-00001-of-00002.gguf" -o @/t.gguf
	job "requantize zstd into zstd" $requantize -t Q4_K_M --zstd --zstd-threads 1 "$work/small.gguf.zst" -o @/t.gguf.zst
	job "requantize to a pipe" $requantize -t Q4_K_M "$small" -o -
	STDIN=$small job "requantize a pipe" $requantize -t Q4_K_M - -o @/t.gguf
	job "requantize --dry-run" $requantize -n --json -t Q4_K_M "$small"
	job "requantize --print-recipe" $requantize --print-recipe -t Q4_K_M
	job "requantize --verify" $requantize -t Q4_K_M --verify "$work/q4.gguf" "$small"
}
wait
for ((i = 1; i <= jobs; i++)); do
	cat "$work/log.$i"
done
[ ! -e "$work/failed" ]
