# shellcheck disable=SC2154 # helper and bats set them
load helper

# One byte of a file becomes another.
damage() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "a file is what its recipe makes, in any packing and number of files" {
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	run -0 tare-requantize -t Q4_K_M --verify q.gguf m.gguf
	[ -z "$output" ]
	run -0 tare-requantize -t Q4_K_M -j 1 --verify q.gguf m.gguf
	cat m.gguf | tare-requantize -q -t Q4_K_M --verify q.gguf -
	cat q.gguf | tare-requantize -q -t Q4_K_M --verify - m.gguf
	zstd -q q.gguf -o q2.gguf.zst
	tare-requantize -q -t Q4_K_M --verify q2.gguf.zst m.gguf
	tare-requantize -q -t Q4_K_M --split-size 100K m.gguf -o s.gguf
	tare-requantize -q -t Q4_K_M --split-size 100K --verify s-00001-of-*.gguf m.gguf
	run -1 tare-requantize -q -t Q4_K_M --verify s-00001-of-*.gguf m.gguf
	tare-requantize -q -t type:f16 m.gguf -o f.safetensors
	tare-requantize -q -t type:f16 --verify f.safetensors m.gguf
	cp q.gguf before
	run -1 tare-requantize -q -t Q5_K_M --verify q.gguf m.gguf
	cmp q.gguf before
}

@test "what differs is named: type, bytes, tensors, metadata, padding" {
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	run -1 tare-requantize -t Q4_K_M --tensor-type 'blk\.2\.attn_q=q8_0' --verify q.gguf m.gguf
	[ "$output" = "tensor blk.2.attn_q.weight: q5_0, expected q8_0" ]
	run -1 tare-requantize -t Q4_K_M --override-kv a.b=int:1 --override-kv general.name=str:x --verify q.gguf m.gguf
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *"key a.b: not there"* && $output == *"key general.name: another value"* ]]

	at=$(tare-inspect --json q.gguf | jq '.tensors[] | select(.name == "blk.1.ffn_up.weight").offset')
	cp q.gguf d.gguf
	damage d.gguf $((at + 40))
	run -1 tare-requantize -t Q4_K_M --verify d.gguf m.gguf
	[[ $output =~ ^tensor\ blk.1.ffn_up.weight:\ 1\ of\ [0-9]+\ blocks\ differ$ ]]
	run -1 tare-requantize -t Q4_K_M --json --verify d.gguf m.gguf
	[ "$(jq -c '[.same, (.differences[] | .kind, .name, .blocks_differing)]' <<<"$output")" = '[false,"bytes","blk.1.ffn_up.weight",1]' ]

	printf 'tare: 1\nbase: Q4_K_M\nrules: [{match: "blk.4.attn_norm.weight", drop: true}]\n' >r.yaml
	run -1 tare-requantize -r r.yaml --verify q.gguf m.gguf
	[ "$output" = "tensor blk.4.attn_norm.weight: not expected" ]
	tare-requantize -q -r r.yaml m.gguf -o without.gguf
	run -1 tare-requantize -t Q4_K_M --verify without.gguf m.gguf
	[ "$output" = "tensor blk.4.attn_norm.weight: not there, expected f32" ]

	cp q.gguf longer.gguf
	printf x >>longer.gguf
	run -1 --separate-stderr tare-requantize -t Q4_K_M --verify longer.gguf m.gguf
	[[ $output == "file 1 of 1 is another from byte "* ]]
}

@test "verify: what is refused is an answer, what cannot be read is trouble" {
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	run -1 --separate-stderr tare-requantize -t type:q8_0 --verify q.gguf m.gguf
	[[ $stderr == *"does not divide"* ]]
	run -2 tare-requantize -t Q4_K_M --verify nowhere.gguf m.gguf
	run -2 tare-requantize -t Q4_K_M --verify q.gguf nowhere.gguf
	run -2 tare-requantize -t Q4_K_M --verify q.gguf m.gguf -o x.gguf
	head -c 100000 q.gguf >cut.gguf
	run -2 tare-requantize -t Q4_K_M --verify cut.gguf m.gguf
}
