# shellcheck disable=SC2154 # helper and bats set them
load helper

# NAME type, for names that hold the text
types() {
	tare-inspect --json "$1" | jq -r --arg n "$2" '.tensors[] | select(.name | contains($n)) | .name + " " + .type'
}

@test "tensor types: the mix does not count what they match, as llama-quantize; a rule shifts nothing" {
	tare-requantize -q -t Q4_K_M m.gguf -o plain.gguf
	# Of five layers Q4_K_M gives more bits (here q8_0 for q6_K, and q5_0 for q4_K: rows are short) by the place of a V among those seen.
	[ "$(types plain.gguf attn_v | cut -d' ' -f2 | tr '\n' ' ')" = "q5_0 q5_0 q8_0 q5_0 q8_0 " ]
	tare-requantize -q -t Q4_K_M --tensor-type 'BLK\.0\.attn_v=q4_1' m.gguf -o shifted.gguf
	[ "$(types shifted.gguf attn_v | cut -d' ' -f2 | tr '\n' ' ')" = "q4_1 q5_0 q5_0 q8_0 q5_0 " ]
	printf 'tare: 1\nbase: Q4_K_M\nrules: [{match: "blk.0.attn_v.*", type: q4_1}]\n' >r.yaml
	tare-requantize -q -r r.yaml m.gguf -o rule.gguf
	[ "$(types rule.gguf attn_v | cut -d' ' -f2 | tr '\n' ' ')" = "q4_1 q5_0 q8_0 q5_0 q8_0 " ]
}

@test "tensor types: the first decides, rows fall back, norms stay, from a file too" {
	printf 'attn_q=q8_0\nattn_(q|k)=q6_K\n' >types.txt
	tare-requantize -q -t Q4_0 --fallback adjust --tensor-type-file types.txt m.gguf -o a.gguf
	tare-requantize -q -t Q4_0 --fallback adjust --tensor-type attn_q=q8_0 --tensor-type 'attn_(q|k)=q6_K' m.gguf -o b.gguf
	cmp a.gguf b.gguf
	[ "$(types a.gguf attn_q.weight | cut -d' ' -f2 | sort -u)" = q8_0 ]
	[ "$(types a.gguf attn_k.weight | cut -d' ' -f2 | sort -u)" = q8_0 ]
	run -2 --separate-stderr tare-requantize -t Q4_0 --fallback adjust --tensor-type norm=q8_0 m.gguf -o c.gguf
	[[ $stderr == *"norm matches no tensor that it could decide for"* ]]
	run -2 tare-requantize -t F16 --tensor-type attn_q=q8_0 m.gguf -o d.gguf
	run -2 tare-requantize -t Q4_0 --tensor-type attn_q m.gguf -o d.gguf
	run -2 tare-requantize -t Q4_0 --tensor-type-file nowhere.txt m.gguf -o d.gguf
	tare-requantize -q -t type:q8_0 --fallback adjust --tensor-type attn_q=q5_0 m.gguf -o e.gguf
	[ "$(types e.gguf attn_q.weight | cut -d' ' -f2 | sort -u)" = q5_0 ]
}

@test "layers left out: numbers move down, block_count follows, bytes are those of the layers that stay" {
	tare-requantize -q -t COPY --prune-layers 1,3 m.gguf -o p.gguf
	[ "$(tare-inspect --get llama.block_count p.gguf)" = 3 ]
	[ "$(tare-inspect --json p.gguf | jq -r '.metadata[-1].key')" = llama.block_count ]
	[ "$(tare-inspect --json p.gguf | jq -r '[.tensors[].name | capture("blk.(?<n>[0-9]+)").n] | unique | join(" ")')" = "0 1 2" ]
	tare-inspect --json --hash m.gguf | jq -r '.tensors[] | select(.name | startswith("blk.4.")) | .sha256' | sort >was
	tare-inspect --json --hash p.gguf | jq -r '.tensors[] | select(.name | startswith("blk.2.")) | .sha256' | sort >is
	cmp was is
	tare-requantize -q -t COPY --prune-layers 3,1-1 m.gguf | cmp - p.gguf
	tare-requantize -q -t COPY --prune-layers 3,1-1 --verify p.gguf m.gguf
	run -2 --separate-stderr tare-requantize -t COPY --prune-layers 1,9 m.gguf -o x.gguf
	[[ $stderr == *"no layer 9"* ]]
	tare-requantize -q -t Q4_K_M --prune-layers 0 m.gguf -o q.gguf
	# The mix still takes the model for one of five layers, of which four values are left.
	[ "$(types q.gguf attn_v | wc -l)" -eq 4 ]
}

@test "the source's files are kept, with the same tensors" {
	tare-convert -q m.gguf -o in.gguf --split-count 9
	tare-requantize -q -t Q4_K_M --keep-split in-00001-of-*.gguf -o out.gguf
	[ "$(ls in-*.gguf | wc -l)" -eq "$(ls out-*.gguf | wc -l)" ]
	for f in in-*.gguf; do
		tare-inspect --single --json "$f" | jq -c '[.tensors[].name]' >a
		tare-inspect --single --json "out${f#in}" | jq -c '[.tensors[].name]' >b
		cmp a b
	done
	tare-requantize -q -t Q4_K_M --keep-split --verify out-00001-of-*.gguf in-00001-of-*.gguf
	tare-requantize -t Q4_K_M --keep-split --print-recipe >r.yaml
	grep -qx 'keep_split: true' r.yaml
	tare-requantize -q -r r.yaml --verify out-00001-of-*.gguf in-00001-of-*.gguf
	tare-requantize -r r.yaml --print-recipe | cmp - r.yaml
	printf 'tare: 1\nbase: Q4_K_M\nkeep_split: yes please\n' >bad.yaml
	run -2 --separate-stderr tare-requantize -r bad.yaml in-00001-of-*.gguf -o x.gguf
	[[ $stderr =~ ^bad.yaml:3: ]]
	tare-requantize -q -t COPY --keep-split m.gguf -o one.gguf
	[ -e one.gguf ]
	run -2 tare-requantize -q -t Q4_K_M --keep-split --split-size 1M in-00001-of-*.gguf -o x.gguf
	run -2 tare-requantize -q -t Q4_K_M --keep-split in-00001-of-*.gguf -o x.safetensors
}
