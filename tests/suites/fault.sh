#!/usr/bin/env bash
# Failing calls, kills and full disks: every program that writes, and the smallest one there could be.
fail=0
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"
bin=$PWD/$BUILD
copy=$bin/tests/fault/copy
model=$PWD/fixtures/models/stories260K.gguf
zstd -q "$model" -o "$work/model.zst"

run() {
	bash tests/fault/run.sh "$@" || fail=1
}
run "copy" "$work/out/copy" "$copy" "$model" "$work/out/copy"
run "copy of zstd" "$work/out/copy" "$copy" "$work/model.zst" "$work/out/copy"

KILLS=${KILLS:-200} bash tests/fault/kill.sh "copy, killed" "$work/out/copy" "$copy" "$model" "$work/out/copy" || fail=1

full() {
	bash tests/fault/full-disk.sh "$@" || fail=1
}
full "copy to a full disk" 512k "$copy" "$model" @/out
full "copy to a full disk, packed" 512k "$copy" "$model" @/out.zst
exit $fail
