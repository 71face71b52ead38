# shellcheck disable=SC2154 # helper and bats set them
load helper

legacy=q4_0,q4_1,q5_0,q5_1,q8_0

# Sum of squared errors in a report.
lost() {
	jq '[.tensors[] | select(.copied | not) | .loss.rmse * .loss.rmse * (.shape | reduce .[] as $d (1; . * $d))] | add // 0' "$1"
}

# The mix's own size as budget loses less than the mix: MODEL TYPES MIX
beats() {
	tare-requantize -q -f -t "$3" "$1" -o mix.gguf --report mix.json
	tare-requantize -q -f --fit "$(stat -c %s mix.gguf)" --fit-types "$2" --fallback adjust "$1" -o fit.gguf --report fit.json
	[ "$(stat -c %s fit.gguf)" -le "$(stat -c %s mix.gguf)" ]
	echo "$3: mix $(lost mix.json), fit $(lost fit.json)"
	jq -en "$(lost fit.json) < 0.98 * $(lost mix.json)"
}

@test "a budget loses less than the mix of the same size" {
	for mix in Q3_K_M Q4_K_M Q5_K_M; do
		beats m.gguf $legacy $mix
	done
	[ -n "$TARE_SHARED" ] || return 0
	for mix in Q2_K Q3_K_M Q4_K_M; do
		beats "$TARE_SHARED/golden/requant/tiny-phi3-f16.gguf" q2_K,q3_K,q4_K,q5_K,q6_K,q8_0 $mix
	done
}

@test "a budget: never above it, the same with any number of threads, and frozen to a plain recipe" {
	for size in 265K 280000 300000 300001 333K 400K 10M; do
		tare-requantize -q -f -j 1 --fit $size --fit-types $legacy --fallback adjust m.gguf -o a.gguf
		[ "$(stat -c %s a.gguf)" -le "$(numfmt --from=iec $size)" ]
		tare-requantize -q -f -j 3 --fit $size --fit-types $legacy --fallback adjust m.gguf -o b.gguf
		cmp a.gguf b.gguf
	done
	tare-requantize --fit 300K --fit-types $legacy --fallback adjust m.gguf --print-recipe >r.yaml
	! grep -q fit: r.yaml
	tare-requantize -q -r r.yaml m.gguf -o c.gguf
	tare-requantize -q --fit 300K --fit-types $legacy --fallback adjust --verify c.gguf m.gguf
	cat m.gguf | tare-requantize -q --fit 300K --fit-types $legacy --fallback adjust | cmp - c.gguf
	tare-requantize --fit 300K --fit-types q4_0 --print-recipe | grep -q "fit: 300K"
}

@test "a budget: rules go before; sharded; the curve falls" {
	printf 'tare: 1\nbase: {fit: 330K, types: [q4_0, q5_0, q8_0]}\nfallback: adjust\nrules:\n- {match: "*attn_v*", type: q8_0}\n' >r.yaml
	tare-requantize -q -r r.yaml m.gguf -o a.gguf
	tare-inspect --json a.gguf | jq -e '[.tensors[] | select(.name | contains("attn_v")) | .type] | unique == ["q8_0"]'
	tare-requantize -q -r r.yaml --split-size 100K m.gguf -o s.gguf
	[ "$(cat s-0*.gguf | wc -c)" -le $((330 * 1024)) ]
	tare-requantize --dry-run --json -r r.yaml m.gguf >plan.json
	jq -e '.fit.curve | . as $c | [range(1; length)] | all($c[.].nbytes > $c[. - 1].nbytes and $c[.].loss < $c[. - 1].loss)' plan.json
	jq -e '.fit.chosen.nbytes == .files[0].nbytes and .fit.chosen.nbytes <= 330 * 1024' plan.json
	run -0 tare-requantize --dry-run -r r.yaml m.gguf
	[[ $output == *chosen* ]]
}

@test "a budget that cannot be met, and mistakes" {
	run -1 --separate-stderr tare-requantize --fit 100K --fit-types q4_0,q8_0 --fallback adjust m.gguf -o x.gguf
	[[ $stderr == *"not even the smallest types fit"* ]]
	run -1 --separate-stderr tare-requantize --fit 300K --fit-types q4_0,q8_0 m.gguf -o x.gguf
	[[ $stderr == *"does not divide"* ]]
	run -2 tare-requantize --fit 300K m.gguf -o x.gguf
	run -2 tare-requantize --fit 300K --fit-types q4_0 -t Q4_K_M m.gguf -o x.gguf
	run -2 tare-requantize --fit 300K --fit-types q4_9 m.gguf -o x.gguf
	printf 'tare: 1\nbase: {fit: 330K, types: [q4_0, q5_0]}\nfallback: adjust\nrules:\n- {match: "*attn_v*", rename: {attn_v: x}}\n' >r.yaml
	run -2 --separate-stderr tare-requantize -r r.yaml m.gguf -o x.gguf
	[[ $stderr =~ ^r.yaml:5: ]]
	[ ! -e x.gguf ]
}

@test "a budget with an importance matrix" {
	[ -n "$TARE_SHARED" ] || skip "TARE_SHARED is not set"
	p=$TARE_SHARED/golden/requant/tiny-phi3-f16
	tare-requantize -q --fit 4M --fit-types q2_K,iq2_xs,q3_K,q4_K,q6_K --token-embedding-type q4_K --output-tensor-type q6_K --imatrix $p.imatrix.gguf $p.gguf -o a.gguf
	[ "$(stat -c %s a.gguf)" -le $((4 << 20)) ]
	tare-requantize -q -j 1 --fit 4M --fit-types q2_K,iq2_xs,q3_K,q4_K,q6_K --token-embedding-type q4_K --output-tensor-type q6_K --imatrix $p.imatrix.gguf --verify a.gguf $p.gguf
	run -1 tare-requantize -q --fit 4M --fit-types q2_K,iq2_xs,q3_K,q4_K,q6_K --token-embedding-type q4_K --output-tensor-type q6_K $p.gguf -o b.gguf
}
