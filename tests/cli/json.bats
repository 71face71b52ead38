# Every JSON output against its schema, and the exactness of numbers.
# shellcheck disable=SC2154 # helper and bats set them
load helper

valid() { # schema, reading standard input
	python3 - "$root/schemas/$1.schema.json" /dev/fd/3 3<&0 <<'PY'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
for line in open(sys.argv[2], encoding="utf-8"):
    jsonschema.validate(json.loads(line, parse_constant=lambda c: sys.exit("not JSON: " + c)), schema)
PY
}

setup_file() {
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
}

@test "inspection" {
	tare-inspect --json --hash --stats m.gguf | valid inspect-1
	for f in "$build"/fixtures/*/good-*.bin; do
		case $f in */good-*but-*) continue ;; esac # sound as files, but not as what they hold
		tare-inspect -q --json "$f" >/dev/null
		tare-inspect --json --hash "$f" 2>/dev/null | valid inspect-1 || { echo "$f"; false; }
	done
	tare-inspect --json --get general.name m.gguf | valid value-1
	tare-inspect --json --get tokenizer.ggml.tokens m.gguf | valid value-1
}

@test "plan and report" {
	tare-requantize --dry-run --json -t Q4_K_M m.gguf | valid plan-1
	tare-requantize --dry-run --json -t Q4_K_M --split-size 100K m.gguf -o x.gguf | valid plan-1
	{ ! tare-requantize --dry-run --json -t IQ2_XXS m.gguf 2>/dev/null; } | valid plan-1
	tare-requantize -q -t Q6_K m.gguf -o q.gguf
	{ ! tare-requantize --dry-run --json -t type:q4_K q.gguf 2>/dev/null; } | valid plan-1
	tare-requantize --dry-run --json --fit 300K --fit-types q4_0,q8_0 --fallback adjust m.gguf | valid plan-1
	tare-convert --dry-run --json m.gguf -o x.safetensors | valid plan-1
	tare-requantize -q -t Q5_K_M m.gguf -o v.gguf
	tare-requantize --json -t Q5_K_M --verify v.gguf m.gguf | valid verify-1
	tare-requantize --json -t Q4_K_M --verify v.gguf m.gguf | valid verify-1
	tare-requantize -q --json -t Q4_K_M --min-sqnr 10 m.gguf -o x.gguf | valid report-1
}

@test "difference" {
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	{ ! tare-diff --json m.gguf q.gguf; } | valid diff-1
	{ ! tare-diff --json --all --hash --exact --max-rel-error 0.01 --allow-metadata 'a*' m.gguf q.gguf; } | valid diff-1
	tare-diff --json m.gguf m.gguf | valid diff-1
	for f in "$build"/fixtures/gguf/good-*.bin; do
		{ tare-diff --json --all "$f" m.gguf 2>/dev/null || [ $? -eq 1 ]; } | valid diff-1 || { echo "$f"; false; }
		tare-diff -q "$f" "$f" || { echo "$f"; false; }
	done
}

@test "one object a line, the schema first" {
	run -0 tare-inspect --json m.gguf m.gguf
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == '{"schema":"inspect-1","file":"m.gguf",'* ]]
}

@test "64-bit integers are exact" {
	printf 'text "GGUF"; u32 3; u64 0; u64 2\nstr "a"; u32 10; u64 2^64-1\nstr "b"; u32 11; u64 2^63\n' >i.txt
	"$build/fixtures/assemble" i.txt i.gguf
	run -0 tare-inspect --json i.gguf
	[[ $output == *18446744073709551615* ]]
	[[ $output == *-9223372036854775808* ]]
	[ "$(tare-inspect --get a i.gguf)" = 18446744073709551615 ]
	[ "$(tare-inspect --get b i.gguf)" = -9223372036854775808 ]
}

@test "a name with every kind of byte is JSON all the same" {
	small_model s.gguf 'quote\" back\\ new\n \x1b \xff' x
	tare-inspect --json s.gguf | valid inspect-1
}
