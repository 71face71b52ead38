# shellcheck disable=SC2154 # helper and bats set them
load helper

@test "a pipe gives the bytes of a file, packed or not" {
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	cat m.gguf | tare-requantize -q -t Q4_K_M - -o - | cmp - q.gguf
	tare-requantize -q -t Q4_K_M <m.gguf | cmp - q.gguf
	zstd -q m.gguf
	cat m.gguf.zst | tare-requantize -q -t Q4_K_M -o - - | cmp - q.gguf
	tare-requantize -q -t Q4_K_M m.gguf.zst -o q2.gguf.zst
	zstd -dqc q2.gguf.zst | cmp - q.gguf
	tare-requantize -q -t Q4_K_M m.gguf --zstd --level 1 --zstd-threads 2 --long -o - | zstd -dqc --long=27 | cmp - q.gguf
}

@test "mixes in any case and by alias; a type throughout" {
	for t in q4_k_m Q4_K Q4_K_M; do
		tare-requantize -q -f -t $t m.gguf -o "$t.gguf"
	done
	cmp q4_k_m.gguf Q4_K_M.gguf
	cmp Q4_K.gguf Q4_K_M.gguf
	run -2 --separate-stderr tare-requantize -t Q4_K_X m.gguf -o x.gguf
	[[ $stderr == *Q4_K_X* ]]
	run -2 --separate-stderr tare-requantize -t type:q4_9 m.gguf -o x.gguf
	tare-requantize -q -t type:q8_0 --fallback adjust m.gguf -o q8.gguf
	[ "$(tare-inspect --json q8.gguf | jq -r '.tensors[].type' | sort -u | tr '\n' ' ')" = "f16 f32 q8_0 " ]
}

@test "options are a recipe" {
	tare-requantize -t q5_k_m --pure --output-tensor-type q8_0 --token-embedding-type q8_0 --tensor-type 'attn_(q|k)=q5_1' \
		--override-kv general.name=str:"it's \"so\"" --override-kv llama.context_length=int:99 --override-kv a.b=float:1.5 \
		--override-kv c.d=bool:true --nonfinite keep --allow-requantize --max-size 1M --min-sqnr 5 --max-error 1 \
		--print-recipe >recipe.yaml
	tare-requantize -q -t q5_k_m --pure --output-tensor-type q8_0 --token-embedding-type q8_0 --tensor-type 'attn_(q|k)=q5_1' \
		--override-kv general.name=str:"it's \"so\"" --override-kv llama.context_length=int:99 --override-kv a.b=float:1.5 \
		--override-kv c.d=bool:true --nonfinite keep --allow-requantize --max-size 1M --min-sqnr 5 --max-error 1 \
		m.gguf -o a.gguf
	tare-requantize -q -r recipe.yaml m.gguf -o b.gguf
	cmp a.gguf b.gguf
	[ "$(tare-inspect --get general.name a.gguf)" = "it's \"so\"" ]
	[ "$(tare-inspect --get llama.context_length a.gguf)" = 99 ]
	[ "$(tare-inspect --get a.b a.gguf)" = 1.5 ]
	[ "$(tare-inspect --get c.d a.gguf)" = true ]
	[ "$(tare-inspect --json a.gguf | jq -r '.tensors[] | select(.name == "blk.0.attn_q.weight").type')" = q5_1 ]
	tare-requantize -r recipe.yaml --print-recipe | cmp - recipe.yaml
}

@test "a recipe's own rules are not put aside in silence" {
	printf 'tare: 1\nbase: Q4_K_M\nrules:\n- {match: "*norm*", keep: true}\n' >r.yaml
	printf 'tare: 1\nbase: Q4_K_M\ntensor_types: {attn_k: q8_0}\n' >t.yaml
	run -2 --separate-stderr tare-requantize -r t.yaml --tensor-type a=q8_0 m.gguf -o x.gguf
	[[ $stderr == *tensor_types* ]]
	run -2 tare-requantize -r r.yaml -t Q4_0 m.gguf -o x.gguf
	run -0 tare-requantize -r r.yaml --max-size 1M --print-recipe
	[[ $output == *"size: {max: 1M}"* ]]
}

@test "mistakes in a recipe carry line and column" {
	printf 'tare: 1\nbase: Q4_K_M\nruels: []\n' >r.yaml
	run -2 --separate-stderr tare-requantize -r r.yaml m.gguf -o x.gguf
	[[ $stderr =~ ^r\.yaml:3:1:\  ]]
	printf 'tare: 1\nrules:\n- {match: "nothing.*", type: q8_0}\n' >r.yaml
	run -2 --separate-stderr tare-requantize -r r.yaml m.gguf -o x.gguf
	[[ $stderr =~ ^r\.yaml:3: ]]
	run -2 --separate-stderr tare-requantize -r nowhere.yaml m.gguf -o x.gguf
	[[ $stderr == *nowhere.yaml* ]]
	[ ! -e x.gguf ]
}

@test "a dry run is the exact plan and writes nothing" {
	run -0 tare-requantize -t Q4_K_M --dry-run --json m.gguf -o q.gguf
	[ ! -e q.gguf ]
	jq -c '.tensors | map({name, shape, type, nbytes, offset})' <<<"$output" >plan
	size=$(jq '.files[0].nbytes' <<<"$output")
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	tare-inspect --json q.gguf | jq -c '.tensors | map({name, shape, type, nbytes, offset})' | cmp - plan
	[ "$(stat -c %s q.gguf)" -eq "$size" ]
	run -0 tare-requantize -n -t Q4_K_M m.gguf
	[[ $output == *"bits each"* && $output == *Q4_K_M* ]]
}

@test "a dry run plans what would be refused, and says so" {
	tare-requantize -q -t Q6_K m.gguf -o q.gguf
	run -1 --separate-stderr tare-requantize -n --json -t Q4_K_M q.gguf
	[ "$(jq '.refusals | length' <<<"$output")" -eq 1 ]
	[[ $stderr == *refused* ]]
	tare-requantize -n --json --allow-requantize -t Q4_K_M q.gguf >allowed
	jq -e --slurpfile allowed allowed '.refused_tensors == ([.tensors[] | select(.refused)] | length) and .refused_tensors == 29
		and $allowed[0].refused_tensors == 0 and .nbytes == $allowed[0].nbytes and .files == $allowed[0].files
		and (.tensors | map(del(.refused))) == $allowed[0].tensors
		and all(.tensors[]; has("refused") == (.source_type == "q8_0" and .type != "q8_0"))' <<<"$output"
	run -1 --separate-stderr tare-requantize -n -t Q4_K_M q.gguf
	[[ $output =~ 'blk.0.attn_k.weight '[^=]*'q5_0 '[^=]*' ! quantized already (q8_0) and would become q5_0' ]]
	[[ $output == *'! refused: '*' of 48 tensors, so nothing would be written'* ]]
	[ "$(grep -c ' ! quantized already' <<<"$output")" -eq "$(jq .refused_tensors <(tare-requantize -n --json -t Q4_K_M q.gguf 2>/dev/null))" ]
	run -1 --separate-stderr tare-requantize -t Q4_K_M q.gguf -o x.gguf
	[ ! -e x.gguf ]
	[[ $stderr == *refused* ]]
	run -0 tare-requantize -q --allow-requantize -t Q4_K_M q.gguf -o x.gguf
}

@test "a gate that is not met leaves nothing" {
	run -1 --separate-stderr tare-requantize -q -t Q4_K_M --min-sqnr 60 m.gguf -o x.gguf
	[[ $stderr == *sqnr* ]]
	[ "$(ls -A)" = m.gguf ]
	run -1 --separate-stderr tare-requantize -q -t Q4_K_M --max-size 100K m.gguf -o x.gguf
	run -1 --separate-stderr tare-requantize -q -t Q4_K_M --max-error 1e-9 --min-sqnr 90 --report r.json m.gguf -o x.gguf
	[ "$(ls -A | tr '\n' ' ')" = "m.gguf r.json " ]
	[ "$(jq '[.gates[].passed] | any' r.json)" = false ]
	echo old >x.gguf
	run -1 tare-requantize -q -f -t Q4_K_M --min-sqnr 60 m.gguf -o x.gguf
	[ "$(cat x.gguf)" = old ]
	run -0 tare-requantize -q -f -t Q4_K_M --min-sqnr 10 --max-size 1M m.gguf -o x.gguf
}

@test "loss and report" {
	run -0 --separate-stderr tare-requantize -q -t Q4_K_M --loss m.gguf -o q.gguf
	[[ $output == *"SQNR"*"worst first"*"more (-v"* ]]
	tare-requantize -q -f -t Q4_K_M --report - m.gguf -o q.gguf >r1.json
	tare-requantize -q -f -t Q4_K_M --json m.gguf -o q.gguf >r2.json
	tare-requantize -q -f -t Q4_K_M --report r3.json m.gguf -o - >q2.gguf
	cmp r1.json r2.json
	[ "$(wc -l <r1.json)" -eq 1 ]
	cmp <(jq -c . r1.json) <(jq -c . r3.json)
	cmp q.gguf q2.gguf
	[ "$(jq '.total.sqnr_db > 20' r1.json)" = true ]
	run -2 tare-requantize -t Q4_K_M --report nowhere/r.json -f m.gguf -o q.gguf
}

@test "two things on standard output are refused" {
	run -2 --separate-stderr tare-requantize -t Q4_K_M --json m.gguf
	one_line "$stderr"
	run -2 tare-requantize -t Q4_K_M --report - m.gguf -o -
	run -2 tare-requantize -t Q4_K_M --report - --json m.gguf -o x.gguf
}

@test "nothing asked for, two inputs: mistakes" {
	run -2 --separate-stderr tare-requantize m.gguf -o x.gguf
	one_line "$stderr"
	run -2 --separate-stderr tare-requantize -t Q4_K_M m.gguf x.gguf
	[[ $stderr == *-o* ]]
	run -2 tare-requantize -t Q4_K_M --tensor-type nonsense m.gguf -o x.gguf
	run -2 tare-requantize -t Q4_K_M --override-kv a=b m.gguf -o x.gguf
	run -2 tare-requantize -t Q4_K_M --override-kv a=int:x m.gguf -o x.gguf
}

@test "NaN in a source is found and named" {
	printf 'text "GGUF"; u32 3; u64 1; u64 0\nstr "blk.0.ffn_up.weight"; u32 2; u64 32; u64 2; u32 0; u64 0\nalign 32\nrepeat 37\nf32 1\nend\nf32 nan\nrepeat 26\nf32 2\nend\n' >n.txt
	"$build/fixtures/assemble" n.txt n.gguf
	run -1 --separate-stderr tare-requantize -t type:q8_0 n.gguf -o x.gguf
	[[ $stderr == "tare-requantize: n.gguf: "*blk.0.ffn_up.weight*"row 1"*"column 5"* ]]
	[ ! -e x.gguf ]
	run -0 tare-requantize -q -t type:q8_0 --nonfinite zero n.gguf -o x.gguf
}

@test "shards as the plan says" {
	tare-requantize -q -t Q8_0 --fallback adjust --split-size 100K m.gguf -o s.gguf
	[ "$(ls s-*.gguf | wc -l)" -ge 3 ]
	tare-requantize -q -t Q8_0 --fallback adjust m.gguf -o one.gguf
	run -0 bash -c 'tare-inspect --json --hash one.gguf s-00001-*.gguf | jq -r .content_sha256 | sort -u | wc -l'
	[ "$output" = 1 ]
}

@test "to another format at once" {
	tare-requantize -q -t Q4_K_M m.gguf -o q.safetensors
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	tare-convert q.safetensors -o back.gguf
	cmp q.gguf back.gguf
	tare-requantize -q -t Q4_K_M --to safetensors m.gguf -o - | cmp - q.safetensors
}

@test "the output's name says the format, or that there is none" {
	tare-requantize -q -t Q4_K_M m.gguf -o q.safetensors
	tare-requantize -q -t Q4_K_M m.gguf -o q.st
	cmp q.st q.safetensors
	tare-requantize -q -t Q4_K_M m.gguf -o q.ST.ZST
	zstd -dqc <q.ST.ZST | cmp - q.st
	for name in x.pth x.H5 x.npz.zst; do
		run -2 --separate-stderr tare-requantize -t Q4_K_M m.gguf -o $name
		[[ $stderr == "tare-requantize: $name: a file named so is "*"(--to)" ]]
		[ ! -e $name ]
	done
	tare-requantize -q -t Q4_K_M --to safetensors m.gguf -o x.pth
	cmp x.pth q.st
	run -2 --separate-stderr tare-convert -n m.gguf -o x.pth -f
	[[ $stderr == "tare-convert: x.pth: a file named so is PyTorch,"* ]]
}

@test "a message says which option or input it is about" {
	run -2 --separate-stderr tare-requantize -t Q4_K_M --tensor-type nothing=q8_0 m.gguf -o x.gguf
	[[ $stderr == "tare-requantize: --tensor-type: "*"matches no tensor"* ]]
	run -2 --separate-stderr tare-requantize -t Q9_K m.gguf -o x.gguf
	[[ $stderr == "tare-requantize: -t: expected a mix"*"'Q9_K'"* ]]
	run -2 --separate-stderr tare-requantize -t Q4_K_M --min-sqnr x m.gguf -o x.gguf
	[[ $stderr == "tare-requantize: --min-sqnr: expected a number, not 'x'" ]]
	run -2 --separate-stderr tare-requantize -r <(printf 'tare: 1\nbase: q8_O\n') --pure m.gguf -o x.gguf
	[[ $stderr =~ ^/dev/fd/[0-9]+:2:7:\  ]]
	head -c 600000 m.gguf >cut.gguf
	run -2 --separate-stderr bash -c 'cat cut.gguf | tare-requantize -q -t Q4_K_M - -o x.gguf'
	[[ $stderr == "tare-requantize: standard input: "*"cut short"* ]]
	run -1 --separate-stderr tare-requantize -t type:q6_K m.gguf -o x.gguf
	[[ $stderr == *"--fallback adjust"* ]]
	[ ! -e x.gguf ]
	run -2 --separate-stderr tare-requantize -r - m.gguf -o x.gguf <<<'tare: 2'
	[[ $stderr == "standard input:1:7: "* ]]
}
