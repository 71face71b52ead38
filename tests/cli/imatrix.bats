# Importance matrices through the programs: shown, put into the other form, added up, used, refused.
# shellcheck disable=SC2154 # helper and bats set them
load helper

matrices=${build}/fixtures/imatrix

@test "inspect shows entries, and the least even ones of many" {
	run -0 tare-inspect "$matrices/good-stories260K.bin"
	[[ ${lines[1]} == "importance matrix, gguf v3: 36 entries, 2,844 values, 14 chunks of 512 tokens, 16.72 KiB" ]]
	[[ $output == *"1 of 36 slices (experts) were never seen"* ]]
	[[ $output == *"the 12 least even of 36; -v shows all"* ]]
	[[ $output == *"imatrix.datasets"*"stories.txt"* ]]
	run -0 tare-inspect -v "$matrices/good-stories260K.bin"
	[ "$(grep -c '^  blk' <<<"$output")" -eq 35 ]
	run -0 tare-inspect --select '*.ffn_down.weight' "$matrices/good-stories260K.bin"
	[ "$(grep -c '^  blk' <<<"$output")" -eq 5 ]
	run -0 tare-inspect --select 'blk.{0,1}.*' --exclude 're:ffn|attn_[qk]' --json "$matrices/good-stories260K.bin"
	[ "$(jq -r '.imatrix.entries[].name' <<<"$output" | sort | tr '\n' ' ')" = \
		"blk.0.attn_output.weight blk.0.attn_v.weight blk.1.attn_output.weight blk.1.attn_v.weight " ]
	run -2 --separate-stderr tare-inspect --exclude '[' "$matrices/good-stories260K.bin"
	[[ $stderr == "tare-inspect: --exclude: glob '['"* ]]
	run -1 --separate-stderr tare-inspect --select none "$matrices/good-stories260K.bin"
	[[ $stderr == *"no entry is selected"* ]]
	run -0 tare-inspect -t "$matrices/good-stories260K.bin"
	[[ $output == *"output.weight.in_sum2"* ]]
}

@test "inspect tells what a matrix does not fit" {
	run -0 tare-inspect --for m.gguf "$matrices/good-stories260K.bin"
	[[ $output == *"36 of 37 weights that llama-quantize quantizes have an entry"* ]]
	[[ $output == *"1 without one: token_embd.weight"* ]]
	run -1 tare-inspect --for m.gguf "$matrices/good-dat.bin"
	[[ $output == *"blk.0.attn_q.weight has 4 values, but 64 x 64 needs 64"* ]]
	run -1 tare-inspect --for m.gguf "$matrices/good-experts.bin"
	[[ $output == *"1 entries for no weight of it: w"* ]]
	run -1 tare-inspect -q --for m.gguf "$matrices/good-experts.bin"
	[ -z "$output" ]
	run -2 --separate-stderr tare-inspect --for m.gguf m.gguf
	[[ $stderr == *"it is no importance matrix"* ]]
}

@test "a damaged matrix: the entry and the byte" {
	for how in "" --json -q; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr tare-inspect $how "$matrices/good-but-nan.bin"
		[[ $stderr == *"good-but-nan.bin: entry 'w': number 2 of its sums is NaN"*"(byte 296)" ]] || { echo "$stderr"; false; }
		one_line "$stderr" && [ -z "$output" ]
	done
	tare-inspect -t "$matrices/good-but-nan.bin"
	run -2 --separate-stderr tare-requantize -t Q4_K_M --imatrix "$matrices/good-but-nan.bin" m.gguf -o x.gguf
	[[ $stderr == *"number 2 of its sums is NaN"* ]] && [ ! -e x.gguf ]
}

@test "from one form to the other, from pipes and packed" {
	cp "$matrices/good-stories260K.bin" m.imatrix.gguf
	tare-convert -q m.imatrix.gguf -o m.dat
	tare-convert m.dat -o again.gguf
	[ "$(tare-inspect --get imatrix.chunk_count again.gguf)" -eq 14 ]
	tare-convert again.gguf -o again.dat
	cmp m.dat again.dat
	tare-convert -q m.imatrix.gguf -o m.dat.zst
	zstd -dqc m.dat.zst | cmp - m.dat
	cat m.dat.zst | tare-convert --to gguf | cmp - again.gguf
	cat m.dat | tare-inspect | grep -q "importance matrix, imatrix-dat: 35 entries"
	tare-convert -q m.imatrix.gguf -o copy.gguf
	cmp copy.gguf m.imatrix.gguf
	tare-convert m.dat -o m.safetensors
	tare-convert m.safetensors -o back.dat
	cmp m.dat back.dat
	run -0 --separate-stderr tare-convert m.imatrix.gguf -o warned.dat
	[[ $stderr == *"1 entries without any data are left out"*"of 2 datasets the last alone is named"* ]]
	run -0 --separate-stderr tare-convert "$matrices/good-other-tensors.bin" -o x.dat
	[[ $stderr == *"1 tensors and 0 metadata keys that are no part of a matrix are left behind"* ]]
}

@test "added up" {
	a=$matrices/good-experts.bin b=$matrices/good-dat.bin
	run -0 --separate-stderr tare-convert -n "$a" "$b" "$a" -o sum.gguf
	[ "$output" = "gguf: 3 entries, 3 chunks of 512 tokens, 800 B" ]
	[ ! -e sum.gguf ]
	tare-convert -q "$a" "$b" "$a" -o sum.gguf
	[ "$(stat -c %s sum.gguf)" -eq 800 ]
	[ "$(tare-inspect --get imatrix.datasets sum.gguf | wc -l)" -eq 3 ]
	run -0 tare-inspect --json sum.gguf
	[ "$(jq -c '[.imatrix.entries[] | select(.name == "w") | .slices, .empty, .count]' <<<"$output")" = "[3,1,8]" ]
	run -2 --separate-stderr tare-convert "$a" -o sum.gguf --chunk-size 4
	[[ $stderr == *"is there already; -f replaces it"* ]]
	tare-convert -qf "$a" -o sum.gguf --chunk-size 4
	[ "$(tare-inspect --get imatrix.chunk_count sum.gguf)" -eq 1 ]
}

@test "what a matrix cannot be" {
	a=$matrices/good-experts.bin
	for args in "--type f16" "--endian big" "--split-count 1" "--split-size 1K" "--select x" "--exclude x" --json; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr tare-convert $args "$a" -o x.dat
		[[ $stderr == *"${args%% *}: not for importance matrices"* ]] || { echo "$stderr"; false; }
	done
	run -2 --separate-stderr tare-convert m.gguf m.gguf -o x.gguf
	[[ $stderr == *"one model at a time"* ]]
	run -2 --separate-stderr tare-convert "$a" m.gguf -o x.gguf
	[[ $stderr == *"m.gguf: it is no importance matrix"* ]]
	run -2 --separate-stderr tare-convert --chunk-size 5 m.gguf -o x.gguf
	[[ $stderr == *"is no importance matrix"* ]]
	run -2 --separate-stderr tare-convert m.gguf -o x.dat
	[[ $stderr == *"imatrix-dat holds importance matrices only"* ]]
	[ ! -e x.gguf ] && [ ! -e x.dat ]
}

@test "quantizing with a matrix: noted, refused, chosen from" {
	cp "$matrices/good-stories260K.bin" im.gguf
	run -0 --separate-stderr tare-requantize -t IQ2_XXS --imatrix im.gguf m.gguf -o q.gguf
	[[ $stderr == *"token_embd.weight: no entry in the importance matrix: "*"without it"* ]]
	[ "$(tare-inspect --get quantize.imatrix.file q.gguf)" = im.gguf ]
	[ "$(tare-inspect --get quantize.imatrix.dataset q.gguf)" = stories.txt ]
	[ "$(tare-inspect --json q.gguf | jq -r '.metadata[-1].key')" = quantize.imatrix.chunks_count ]
	tare-convert -q im.gguf -o im.dat
	tare-requantize -q -t Q4_K_M --imatrix im.dat m.gguf -o dat.gguf
	tare-requantize -q -t Q4_K_M --imatrix <(cat im.gguf) m.gguf -o pipe.gguf
	tare-convert --split-count 20 im.gguf -o shard.gguf
	tare-requantize -q -t Q4_K_M --imatrix shard-00002-of-00004.gguf m.gguf -o shards.gguf
	tare-inspect --json --hash pipe.gguf shards.gguf | jq -r .content_sha256 | uniq | wc -l | grep -qx 1
	[ "$(tare-inspect --json --hash dat.gguf pipe.gguf | jq -r '.tensors | map(.sha256) | join(",")' | uniq | wc -l)" -le 2 ]
	tare-requantize -q -t Q4_K_M --imatrix im.gguf --exclude-weights ffn --exclude-weights attn_v m.gguf -o some.gguf
	[ "$(tare-inspect --get quantize.imatrix.entries_count some.gguf)" -eq 16 ]
	tare-requantize -q -t Q4_K_M --imatrix im.gguf --include-weights ffn m.gguf -o some.gguf -f
	[ "$(tare-inspect --get quantize.imatrix.entries_count some.gguf)" -eq 15 ]
	run -2 --separate-stderr tare-requantize -t Q4_K_M --imatrix im.gguf --include-weights a --exclude-weights b m.gguf -o x.gguf
	run -2 --separate-stderr tare-requantize -t Q4_K_M --exclude-weights b m.gguf -o x.gguf
	[[ $stderr == *"wants an imatrix"* ]]
	run -1 --separate-stderr tare-requantize -t Q4_K_M --imatrix "$matrices/good-dat.bin" m.gguf -o x.gguf
	[[ $stderr == *"the importance matrix has 4 values for it, expected 64; it is of another model"* ]]
	[ ! -e x.gguf ]
}

@test "the printed recipe carries the matrix and what is used of it" {
	run -0 tare-requantize -t Q4_K_M --imatrix "a b.gguf" --include-weights ffn --include-weights attn --print-recipe
	[[ $output == *'imatrix: "a b.gguf"'* ]]
	[[ $output == *'include_weights:'*ffn*attn* ]]
}
