# tare-diff: what is the same, what is told, in which form, and the gates.
# shellcheck disable=SC2154 # helper and bats set them
load helper

quantized() {
	tare-requantize -q -t F16 m.gguf -o f16.gguf
	tare-requantize -q -t Q4_K_M f16.gguf -o q4.gguf
}

# One byte of a file becomes another.
damage() {
	python3 - "$1" "$2" "$3" <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(-1, 1)
    f.write(bytes([byte ^ int(sys.argv[3])]))
PY
}

# The same bytes for others of one length, once.
replace() { # file old new
	python3 - "$@" <<'PY'
import sys
path, old, new = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode()
data = open(path, "rb").read()
assert data.count(old) >= 1 and len(old) == len(new)
open(path, "wb").write(data.replace(old, new, 1))
PY
}

place_of() { # file tensor
	tare-inspect --json "$1" | jq ".tensors[] | select(.name == \"$2\").offset"
}

@test "the same model in any form is the same, and nothing is said" {
	tare-convert m.gguf -o m.safetensors
	tare-convert --endian big m.gguf -o big.gguf
	tare-convert --split-size 300K m.gguf -o s.gguf
	tare-convert --split-size 300K m.gguf -o s.safetensors
	zstd -q m.gguf -o z.gguf.zst
	run -0 --separate-stderr tare-diff m.gguf m.safetensors big.gguf s-00001-of-*.gguf s-00001-of-*.safetensors z.gguf.zst
	[ -z "$output$stderr" ]
	run -0 bash -c 'cat m.gguf | tare-diff - m.safetensors'
	run -0 bash -c 'cat z.gguf.zst | tare-diff m.safetensors -'
	mkdir folder && mv s.safetensors.index.json s-*.safetensors folder
	run -0 tare-diff -v m.gguf folder
	[[ $output == *"48 equal"*"size"* ]]
	run -0 tare-diff m.gguf m.gguf
}

@test "only those who want it exact see the rest" {
	tare-convert --endian big m.gguf -o big.gguf
	run -1 tare-diff --exact m.gguf big.gguf
	[[ $output == *"byte order: little-endian -> big-endian"*"differs from byte 4 on"* ]]
	cp m.gguf n.gguf
	run -0 tare-diff --exact m.gguf n.gguf
	[ -z "$output" ]
	printf x >>n.gguf
	run -0 tare-diff m.gguf n.gguf
	run -1 tare-diff --exact m.gguf n.gguf
	[[ $output == *"file 1: "*" bytes"* ]]
	tare-convert m.gguf -o m.safetensors
	run -1 tare-diff --exact m.gguf m.safetensors
	[[ $output == *"format: gguf -> safetensors"* ]]
}

@test "a quantized model: types, losses, layers, total, on a screen of 80 columns" {
	quantized
	run -1 tare-diff f16.gguf q4.gguf
	[ "${#lines[@]}" -le 24 ]
	for line in "${lines[@]}"; do
		[ "${#line}" -le 80 ] || { echo "$line"; false; }
	done
	[[ $output == "--- f16.gguf  "*"+++ q4.gguf "* ]]
	[[ $output == *"metadata: 1 changed, 20 equal"*"general.file_type  u32      1 -> 15"* ]]
	[[ $output == *"tensors: 32 of another type, 16 equal"* ]]
	[[ $output == *"f16 -> q5_0"*"0.0429"*"f16 -> q8_0"* ]]
	[[ $output == *"largest loss"*"blk.0.attn_v.weight"*"++++++++"*"by layer"*"total: rel.error 0.0353, SQNR 29.0 dB, size -49.4 %" ]]
	run -1 tare-diff --all f16.gguf q4.gguf
	[ "$(grep -c ' -> q' <<<"$output")" -eq 34 ]
	run -1 tare-diff --top 3 --sort name f16.gguf q4.gguf
	[[ $output == *"by name"*blk.0.attn_k.weight*blk.0.attn_output.weight*blk.0.attn_q.weight*"29 more"* ]]
	run -1 tare-diff --top 1 --sort size f16.gguf q4.gguf
	[[ $output == *"largest tensors"*output.weight* ]]
	run -1 tare-diff -q f16.gguf q4.gguf
	[ -z "$output" ]
}

@test "loss is the one that writing reported" {
	tare-requantize -q -t F16 m.gguf -o f16.gguf
	tare-requantize -q -t type:q8_0 --fallback adjust f16.gguf -o q8.gguf --report r.json
	want=$(jq -r '.tensors[] | select(.name == "blk.2.attn_q.weight").loss.sqnr_db' r.json)
	got=$({ tare-diff --json f16.gguf q8.gguf || :; } | jq -r '.changes[] | select(.a.name == "blk.2.attn_q.weight").sqnr_db')
	[ -n "$want" ] && [ "$want" = "$got" ]
}

@test "tolerance: near enough is the same, in any type" {
	quantized
	run -1 tare-diff -q --tolerance 0.04 --ignore general.file_type f16.gguf q4.gguf
	run -0 tare-diff -q --tolerance 0.05 --ignore general.file_type f16.gguf q4.gguf
	tare-requantize -q -t F32 f16.gguf -o f32.gguf
	run -1 tare-diff f16.gguf f32.gguf
	[[ $output == *"f16 -> f32"*equal* ]]
	run -0 tare-diff --tolerance 0 --ignore 'general.file_type' f16.gguf f32.gguf
	run -1 tare-diff --tolerance 0 --ignore 'general.file_type' m.gguf f16.gguf
}

@test "one token" {
	cp m.gguf t.gguf
	replace t.gguf $'\xe2\x96\x81ha' zzzzz
	run -1 tare-diff m.gguf t.gguf
	[[ $output == *"tokenizer.ggml.tokens"*"[512] differ at 300"*"300  \""*"ha\" -> \"zzzzz\""*"48 equal"* ]]
	run -1 tare-diff --only tokenizer m.gguf t.gguf
	[[ $output != *tensors:* ]]
	run -0 tare-diff --only tensors,template m.gguf t.gguf
	run -0 tare-diff --ignore 'tokenizer.ggml.t*' m.gguf t.gguf
	run -0 tare-diff --allow-metadata tokenizer.ggml.tokens m.gguf t.gguf
	run -1 tare-diff --json m.gguf t.gguf
	[ "$(jq -c '.metadata[0] | [.key, .differ, .ranges, .elements.added, .elements.some[0].a]' <<<"$output")" = \
		'["tokenizer.ggml.tokens",1,[[300,300]],1,300]' ]
}

@test "templates line by line" {
	printf 'tare: 1\nmetadata: {set: {tokenizer.chat_template: "{%% for m in messages %%}\\nA\\n{{ m }}\\n{%% endfor %%}\\n"}}\n' >a.yaml
	sed 's/A/B/' a.yaml >b.yaml
	tare-requantize -q -r a.yaml m.gguf -o a.gguf
	tare-requantize -q -r b.yaml m.gguf -o b.gguf
	run -1 tare-diff --only template a.gguf b.gguf
	[[ $output == *"@@ -1,4 +1,4 @@"*"-A"*"+B"*" {{ m }}"* ]]
	run -1 tare-diff m.gguf a.gguf
	[[ $output == *"1 added"*"+ tokenizer.chat_template"* ]]
	run -1 tare-diff a.gguf m.gguf
	[[ $output == *"1 removed"*"- tokenizer.chat_template"* ]]
}

@test "one bit: the block, its field, its value" {
	quantized
	cp q4.gguf d.gguf
	damage d.gguf $(($(place_of q4.gguf blk.1.ffn_up.weight) + 40)) 4
	run -1 tare-diff q4.gguf d.gguf
	[[ $output == *"1 with other values, 47 equal"* ]]
	run -1 tare-diff --hex blk.1.ffn_up.weight q4.gguf d.gguf
	[[ $output == *"1 of 11,008 values differ"*"block 1, elements from 32, byte 22"*"u4 low[24..]"*"*"*"1 of 32 values differ" ]]
	run -0 tare-diff --hex blk.0.ffn_up.weight q4.gguf d.gguf
	[ -z "$output" ]
	run -1 tare-diff --hex blk.1.ffn_up.weight f16.gguf q4.gguf
	[[ $output == *"--- f16 block 0"*"+++ q5_0 block 0"* ]]
	run -2 tare-diff --hex nothing f16.gguf q4.gguf
	cp m.gguf n.gguf
	damage n.gguf $(($(place_of m.gguf output_norm.weight) + 6)) 1
	run -1 tare-diff --hex output_norm.weight m.gguf n.gguf
	[[ $output == *"block 1, element 1, byte 4 of the tensor"*f32* ]]
}

@test "renamed, missing, new" {
	cp m.gguf n.gguf
	replace n.gguf blk.2.attn_q.weight blk.2.attn_Q.weight
	run -1 tare-diff m.gguf n.gguf
	[[ $output == *"1 renamed"*"blk.2.attn_q.weight -> blk.2.attn_Q.weight"* ]]
	tare-convert -q --exclude blk.4.attn_norm.weight m.gguf -o less.gguf
	run -1 tare-diff m.gguf less.gguf
	[[ $output == *"1 removed, 47 equal"*"- blk.4.attn_norm.weight  f32  64"* ]]
	run -1 tare-diff less.gguf m.gguf
	[[ $output == *"1 added, 47 equal"*"+ blk.4.attn_norm.weight  f32  64"* ]]
	run -0 tare-diff --ignore 'blk.4.*' m.gguf less.gguf
	run -0 tare-diff --select 'blk.[0-3].*' m.gguf less.gguf
}

@test "names of another convention are no difference between formats" {
	printf 'text "GGUF"; u32 3; u64 1; u64 0\nstr "blk.0.attn_q.weight"; u32 2; u64 2; u64 4; u32 0; u64 0\nalign 32\nf32 1 2 3 4 5 6 7 8\n' >a.txt
	"$build/fixtures/assemble" a.txt a.gguf
	python3 - <<'PY'
import json, struct
name = "model.layers.0.self_attn.q_proj.weight"
head = json.dumps({name: {"dtype": "F32", "shape": [4, 2], "data_offsets": [0, 32]}}).encode()
open("b.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + struct.pack("<8f", 1, 2, 3, 4, 5, 6, 7, 8))
open("c.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + struct.pack("<8f", 1, 2, 3, 4, 5, 6, 7, 9))
PY
	run -0 tare-diff a.gguf b.safetensors
	run -1 tare-diff a.gguf c.safetensors
	[[ $output == *"1 with other values; 1 paired by role"*blk.0.attn_q.weight* ]]
}

@test "gates" {
	quantized
	run -0 tare-diff -q --max-rel-error 0.05 f16.gguf q4.gguf
	run -1 tare-diff --max-rel-error 0.04 f16.gguf q4.gguf
	[[ $output == *"max-rel-error  FAILED  0.0400  0.0498  blk.0.attn_v.weight"* ]]
	run -0 tare-diff -q --min-sqnr 29 f16.gguf q4.gguf
	run -1 tare-diff -q --min-sqnr 29.1 f16.gguf q4.gguf
	run -0 tare-diff -q --max-size-growth=-49% f16.gguf q4.gguf
	run -1 tare-diff -q --max-size-growth=-50 f16.gguf q4.gguf
	run -1 tare-diff -q --max-size-growth 20% q4.gguf f16.gguf
	run -1 tare-diff -q --max-rel-error 1 --allow-metadata 'none*' f16.gguf q4.gguf
	run -0 tare-diff -q --max-rel-error 1 --allow-metadata 'general.*' f16.gguf q4.gguf
	tare-convert -q --exclude blk.4.attn_norm.weight q4.gguf -o less.gguf
	run -1 tare-diff --max-rel-error 1 f16.gguf less.gguf
	[[ $output == *"FAILED"*"blk.4.attn_norm.weight: a tensor is missing"* ]]
	run -1 tare-diff --json --min-sqnr 1 f16.gguf less.gguf
	[ "$(jq -c '.gates[0] | [.name, .passed, .why]' <<<"$output")" = '["min-sqnr",false,"a tensor is missing"]' ]
	run -2 tare-diff --min-sqnr x f16.gguf q4.gguf
	run -2 tare-diff --max-rel-error=-1 f16.gguf q4.gguf
}

@test "several candidates: each is told, the greatest status counts" {
	quantized
	run -1 tare-diff --stat f16.gguf f16.gguf q4.gguf
	[[ $output == *" q4.gguf: 1 key and 32 tensors differ, 16 equal; rel.error 0.0353, size -49.4 %" ]]
	run -1 tare-diff --json f16.gguf f16.gguf q4.gguf m.gguf
	[ "$(jq -c '[.b.path, .equal]' <<<"$output" | tr '\n' ' ')" = '["f16.gguf",true] ["q4.gguf",false] ["m.gguf",false] ' ]
	run -2 tare-diff -q f16.gguf q4.gguf nowhere.gguf f16.gguf
}

@test "for awk" {
	quantized
	run -1 tare-diff --porcelain f16.gguf q4.gguf
	[ "${lines[0]}" = "$(printf 'models\tf16.gguf\tq4.gguf')" ]
	[ "${lines[1]}" = "$(printf 'key\tchanged\tgeneral.file_type\tu32\tu32\t1\t15\t0\t-')" ]
	[ "$(awk -F'\t' '$1 == "tensor" && $2 == "retyped" && NF == 17' <<<"$output" | wc -l)" -eq 32 ]
	[[ ${lines[-1]} == "$(printf 'total\tdifferent\t0.0353')"* ]]
	run -0 tare-diff --porcelain f16.gguf f16.gguf
	[ "${lines[1]}" = "$(printf 'total\tsame\t-\t-\t601248\t601248')" ]
}

@test "threads and instruction sets do not change the answer" {
	quantized
	{ tare-diff --json -j 1 --cpu none f16.gguf q4.gguf || :; } >a
	{ tare-diff --json -j 5 f16.gguf q4.gguf || :; } >b
	cmp a b
}

@test "mistakes and trouble" {
	run -2 --separate-stderr tare-diff m.gguf
	[[ $stderr == *"two models are needed"* ]]
	run -2 tare-diff
	run -2 tare-diff - -
	run -2 tare-diff --stat --json m.gguf m.gguf
	run -2 tare-diff --only nothing m.gguf m.gguf
	run -2 tare-diff --tolerance 1e m.gguf m.gguf
	run -2 tare-diff --select 're:(' m.gguf m.gguf
	run -2 tare-diff --hash m.gguf m.gguf
	run -2 --separate-stderr tare-diff m.gguf nowhere.gguf
	[[ $stderr == "tare-diff: nowhere.gguf: "* ]]
	head -c 900000 m.gguf >cut.gguf
	run -2 tare-diff m.gguf cut.gguf
	run -2 bash -c 'tare-diff m.gguf m.gguf --json >/dev/full'
}

@test "a reader that goes away, a pager that comes" {
	quantized
	run -0 bash -c 'tare-diff $(printf "f16.gguf "; for i in $(seq 50); do printf "q4.gguf "; done) 2>err | head -n 1; cat err'
	[ "${#lines[@]}" -eq 1 ]
	PAGER='sed s/^/P/' TERM=xterm run -1 on_terminal 80 tare-diff --color=never f16.gguf q4.gguf
	[[ ${lines[0]} == "P--- f16.gguf"* && ${lines[-1]} == "Ptotal: "* ]]
	PAGER='sed s/^/P/' TERM=xterm run -1 on_terminal 80 tare-diff --pager=never --color=never f16.gguf q4.gguf
	[[ ${lines[0]} == "--- f16.gguf"* ]]
	PAGER='sed s/^/P/' run -1 tare-diff f16.gguf q4.gguf
	[[ ${lines[0]} == "--- f16.gguf"* ]]
	PAGER='sed s/^/P/' run -1 tare-diff --pager=always --json f16.gguf q4.gguf
	[[ $output == "{"* ]]
	PAGER=cat TERM=xterm run -1 on_terminal 80 tare-diff f16.gguf q4.gguf
	[[ $output == *$(printf '\033')* ]]
	for line in "${lines[@]}"; do
		line=$(sed 's/\x1b\[[0-9]*m//g' <<<"$line")
		[ "${#line}" -le 80 ]
	done
}

# A sparse GGUF of 256 MiB in one tensor, and one byte of it.
sparse_model() { # file byte
	printf 'text "GGUF"; u32 3; u64 1; u64 0\nstr "w"; u32 2; u64 4096 32768; u32 1; u64 0\nalign 32\n' >"$1.txt"
	"$build/fixtures/assemble" "$1.txt" "$1"
	python3 - "$1" "$2" <<'PY'
import os, sys
with open(sys.argv[1], "r+b") as f:
    start = f.seek(0, os.SEEK_END)
    f.truncate(start + 2 * 4096 * 32768)
    f.seek(start + 100000001)
    f.write(bytes([int(sys.argv[2])]))
PY
}

@test "memory does not grow with the models" {
	sparse_model a.gguf 60
	sparse_model b.gguf 60
	sparse_model c.gguf 61
	for with in b c; do
		run -0 python3 - tare-diff -j2 -q a.gguf $with.gguf <<'PY'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 48 << 10)
PY
		[ "$output" = "$([ $with = b ] && echo 0 || echo 1) True" ]
	done
}

@test "names with control characters do no harm" {
	small_model a.gguf 'x\x1b[31m\n' llama
	small_model b.gguf 'y\x1b[31m\n' lla\\x07a
	run -1 tare-diff a.gguf b.gguf
	[[ $output != *$(printf '\033')* && $output == *'\x1b'* ]]
	run -1 tare-diff --porcelain a.gguf b.gguf
	[[ $output != *$(printf '\033')* ]]
}
