# shellcheck disable=SC2154 # helper and bats set them
load helper

@test "the demo shows the whole job and leaves its result" {
	run -0 --separate-stderr env BUILD="$build" sh "$root/tests/demo/demo.sh"
	for text in '$ tare-inspect stories260K.gguf' 'base: Q4_0' 'rules[1] (line 7)' 'SQNR' 'worst first' 'stories260K-q.gguf' '#####'; do
		[[ $output == *"$text"* ]] || { echo "missing: $text"; false; }
	done
	tare-inspect -q --strict "$root/build/demo/stories260K-q.gguf"
}
