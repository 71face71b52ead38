#!/usr/bin/env bash
# Failing calls, kills and full disks: every program, and the smallest one there could be. KILLS=200 kills of each that writes.
fail=0
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"
bin=$PWD/$BUILD
copy=$bin/tests/fault/copy inspect=$bin/tare-inspect convert="$bin/tare-convert -q -f" requantize="$bin/tare-requantize -q -f"
model=$PWD/fixtures/models/stories260K.gguf
out=$work/out
bash tests/fault/calls.sh || fail=1

# shellcheck disable=SC2086 # commands are words
kills() {
	bash tests/fault/kill.sh "$@" || fail=1
}
rm -f "$out"/*
kills "copy, killed" "$out/copy" "$copy" "$model" "$out/copy"
kills "requantize, killed" "$out/t.gguf" $requantize -t Q4_K_M "$model" -o "$out/t.gguf"
kills "convert, killed" "$out/t.safetensors" $convert "$model" -o "$out/t.safetensors"

# Where files without a name cannot be had. Under nohup a signal would be ignored.
named=(env --default-signal "LD_PRELOAD=$bin/tests/fault/inject.so" TARE_FAULT=nameless:1+ ASAN_OPTIONS=verify_asan_link_order=0)
SIGNAL=TERM KILLS=50 kills "requantize, named temporary, terminated" "$out/t.gguf" "${named[@]}" $requantize -t Q4_K_M "$model" -o "$out/t.gguf"
SIGNAL=HUP KILLS=50 kills "convert, named temporary, hung up" "$out/t.gguf" "${named[@]}" $convert "$model" -o "$out/t.gguf"
SWEPT=1 KILLS=50 kills "copy, named temporary, killed" "$out/t.gguf" "${named[@]}" "$copy" "$model" "$out/t.gguf"

full() {
	bash tests/fault/full-disk.sh "$@" || fail=1
}
full "copy to a full disk" 512k "$copy" "$model" @/out
full "convert to a full disk" 512k $convert --to safetensors "$model" -o @/out
full "convert to a full disk, packed" 512k $convert --to gguf --zstd "$model" -o @/out
full "requantize to a full disk" 128k $requantize -t Q4_K_M "$model" -o @/out

# A source that somebody cuts short while it is mapped: trouble, not a crash, and nothing is left.
cp "$model" "$work/victim.gguf"
rm -f "$out"/*
env "LD_PRELOAD=$bin/tests/fault/inject.so" TARE_FAULT=shrink:1 ASAN_OPTIONS=verify_asan_link_order=0 \
	$requantize -t Q4_K_M "$work/victim.gguf" -o "$out/t.gguf" 2>"$work/err"
rc=$?
if [ $rc -eq 2 ] && grep -q 'cut short' "$work/err" && [ -z "$(ls -A "$out")" ]; then
	echo "ok 1 - a source cut short while it is read"
else
	echo "not ok 1 - a source cut short while it is read: exit $rc"
	sed 's/^/# /' "$work/err"
	fail=1
fi

# A full standard output is no success either.
for command in "$inspect $model" "$inspect --json $model" "$requantize -t Q4_K_M $model -o -" "$convert $model -o -" "$requantize --print-recipe -t Q4_0"; do
	$command >/dev/full 2>"$work/err"
	rc=$?
	if [ $rc -eq 2 ] && grep -q 'No space left' "$work/err"; then
		echo "ok 1 - full standard output: ${command##*/tare-}"
	else
		echo "not ok 1 - full standard output: ${command##*/tare-}: exit $rc"
		sed 's/^/# /' "$work/err"
		fail=1
	fi
done
exit $fail
