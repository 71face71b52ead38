# shellcheck disable=SC2154 # helper and bats set them
load helper

@test "the summary says what the model is" {
	run -0 --separate-stderr tare-inspect m.gguf
	[ "${lines[0]}" = m.gguf ]
	[ "${lines[1]}" = "gguf v3, llama: 48 tensors, 292,800 weights, 32.00 bits each, 1.13 MiB" ]
	[[ $output == *attention.q* && $output == *general.architecture* ]]
	[ -z "$stderr" ]
	for line in "${lines[@]}"; do
		[ "${#line}" -le 80 ]
	done
}

@test "tensors are listed on -t" {
	run -0 tare-inspect -t m.gguf
	[ "$(printf '%s\n' "$output" | grep -c weight)" -ge 48 ]
	[[ $output == *"172 x 64"* ]]
}

@test "selection: globs, several, exclusion, nothing" {
	run -0 tare-inspect --json --select 'blk.0.*' --select output.weight --exclude '*norm*' m.gguf
	[ "$(jq '.tensors | length' <<<"$output")" -eq 8 ]
	run -1 --separate-stderr tare-inspect --select nothing m.gguf
	[ -z "$output" ]
	[[ $stderr == *"no tensor is selected"* ]]
	run -1 --separate-stderr tare-inspect -q --select nothing m.gguf
	[ -z "$stderr" ]
	run -1 tare-inspect --exclude '*' m.gguf
	run -0 tare-inspect --json --select 'blk.{0,1}.attn_[qk].weight' --select 're:^output' m.gguf
	[ "$(jq '.tensors | length' <<<"$output")" -eq 6 ]
	run -2 --separate-stderr tare-inspect --select '{a' m.gguf
	[[ $stderr == "tare-inspect: --select: glob '{a'"* ]]
}

@test "one value for a script" {
	[ "$(tare-inspect --get llama.block_count m.gguf)" = 5 ]
	[ "$(tare-inspect --get llama.attention.layer_norm_rms_epsilon m.gguf)" = 1e-05 ]
	[ "$(tare-inspect --get tokenizer.ggml.tokens m.gguf | wc -l)" -eq 512 ]
	run -1 --separate-stderr tare-inspect --get nothing m.gguf
	[ -z "$output" ]
	run -1 --separate-stderr tare-inspect -q --get nothing m.gguf
	[ -z "$stderr" ]
	run -0 tare-inspect --json --get general.name m.gguf
	[ "$(jq -c . <<<"$output")" = '{"schema":"value-1","file":"m.gguf","key":"general.name","type":"str","value":"llama"}' ]
}

@test "a raw value is raw: bytes that are no text too" {
	f=$build/fixtures/gguf/good-string-nul.bin
	key=$(tare-inspect --json "$f" | jq -r '.metadata[] | select(.type == "str") | .key' | tail -n 1)
	tare-inspect --get "$key" "$f" >raw
	[ "$(tr -cd '\0' <raw | wc -c)" -ge 1 ]
}

@test "a pipe, a redirection, a packed file, a folder, a shard: the same model" {
	tare-inspect --json m.gguf | jq -c '.tensors | map(del(.offset))' >want
	tare-convert --split-count 20 m.gguf -o s.gguf
	zstd -q m.gguf
	mkdir folder
	cp m.gguf folder/
	tare-inspect --json <m.gguf | jq -c '.tensors | map(del(.offset))' | cmp - want
	cat m.gguf | tare-inspect --json | jq -c '.tensors | map(del(.offset))' | cmp - want
	cat m.gguf | tare-inspect --json - | jq -c '.tensors | map(del(.offset))' | cmp - want
	tare-inspect --json m.gguf.zst | jq -c '.tensors | map(del(.offset))' | cmp - want
	cat m.gguf.zst | tare-inspect --json | jq -c '.tensors | map(del(.offset))' | cmp - want
	tare-inspect --json folder | jq -c '.tensors | map(del(.offset))' | cmp - want
	tare-inspect --json s-00002-of-00003.gguf | jq -c '.tensors | map(del(.offset, .file)) | sort_by(.name)' >got
	jq -c 'sort_by(.name)' want | cmp - got
	run -0 tare-inspect s-00003-of-00003.gguf
	[[ $output == *"in 3 files"* ]]
	run -0 tare-inspect --single s-00002-of-00003.gguf
	[[ $output != *"in 3 files"* ]]
}

@test "hashes agree with sha256sum, the digest across formats and shards" {
	tare-inspect --json --hash m.gguf >j
	offset=$(jq '.tensors[3].offset' j) size=$(jq '.tensors[3].nbytes' j)
	want=$(tail -c +$((offset + 1)) m.gguf | head -c "$size" | sha256sum | cut -c 1-64)
	[ "$(jq -r '.tensors[3].sha256' j)" = "$want" ]
	tare-convert m.gguf -o m.safetensors
	tare-convert --split-count 7 m.gguf -o s.gguf
	tare-convert --endian big m.gguf -o big.gguf
	run -0 bash -c 'tare-inspect --json --hash m.gguf m.safetensors s-00001-*.gguf | jq -r .content_sha256 | sort -u | wc -l'
	[ "$output" = 1 ]
	cat m.gguf | tare-inspect --hash | grep -q "$(jq -r .content_sha256 j)"
}

@test "statistics of what is known" {
	small_model s.gguf weight odd
	run -0 tare-inspect --json --stats s.gguf
	[ "$(jq -c '.tensors[0].stats | [.count, .min, .max, .mean, .zeros, .nans]' <<<"$output")" = "[8,1,8,4.5,0,0]" ]
	run -0 tare-inspect --stats s.gguf
	[[ $output == *"█"* && $output == *"####"* ]]
}

@test "the recipe of a file gives the same file from the source" {
	tare-requantize -q -t Q5_K_M m.gguf -o q.gguf
	tare-inspect --recipe q.gguf >recipe.yaml
	tare-requantize -q -r recipe.yaml m.gguf -o again.gguf
	cmp q.gguf again.gguf
}

@test "names that would command a terminal are harmless" {
	small_model s.gguf 'w\n\x1b[31mred\x07' 'arch\x1b]0;title\x07'
	for options in "" -t -m --hash --stats; do
		# shellcheck disable=SC2086
		run -0 tare-inspect $options s.gguf
		[ "$(printf '%s' "$output" | tr -d '\n' | LC_ALL=C tr -cd '\000-\037\177' | wc -c)" -eq 0 ]
	done
	run -0 tare-inspect -t s.gguf
	[[ $output == *'w\n\x1b[31mred\x07'* ]]
	cp s.gguf $'a\nb\033[1m.gguf'
	run -0 tare-inspect $'a\nb\033[1m.gguf'
	[ "${lines[0]}" = 'a\nb\x1b[1m.gguf' ]
	run -2 --separate-stderr tare-inspect $'no\nsuch\033[1m'
	one_line "$stderr"
}

@test "names from a list with NULs between" {
	cp m.gguf $'new\nline.gguf'
	find . -name '*.gguf' -print0 >list
	run -0 tare-inspect --files0-from list --json
	[ "${#lines[@]}" -eq 2 ]
	find . -name '*.gguf' -print0 | tare-inspect --files0-from - --get general.name | cmp - <(printf 'llama\nllama\n')
	run -2 tare-inspect --files0-from nowhere
}

@test "quiet: the exit status is the answer" {
	run -0 --separate-stderr tare-inspect -q m.gguf
	[ -z "$output$stderr" ]
	run -2 --separate-stderr tare-inspect -q nowhere.gguf
	one_line "$stderr"
}

@test "warnings are told, and strict refuses" {
	f=$build/fixtures/gguf/good-gap.bin
	run -0 --separate-stderr tare-inspect "$f"
	[[ $stderr == *warning* ]]
	run -0 --separate-stderr tare-inspect -q "$f"
	[ -z "$stderr" ]
	run -2 tare-inspect --strict "$f"
}

@test "types are listed" {
	run -0 tare-inspect --types
	[[ $output == *q4_K* && $output == *"4.50"* ]]
}

@test "a format insisted on" {
	run -0 tare-inspect --from gguf m.gguf
	run -2 --separate-stderr tare-inspect --from safetensors m.gguf
	run -2 --separate-stderr tare-inspect --from nonsense m.gguf
	[[ $stderr == *gguf* && $stderr == *safetensors* ]]
}
