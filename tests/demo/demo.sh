#!/bin/sh
# The main job on a real model: a trained llama of 260,000 parameters is inspected, quantized by a recipe, and weighed again.
# Shows every command it runs. Leaves build/demo/stories260K-q.gguf.
set -eu
cd "$(dirname "$0")/../.."
case ${BUILD:-build} in /*) ;; *) BUILD=$PWD/${BUILD:-build} ;; esac
PATH=$BUILD:$PATH
export PATH
demo=$PWD/build/demo
mkdir -p "$demo"
cp fixtures/models/stories260K.gguf tests/demo/recipe.yaml "$demo"
cd "$demo"

say() { printf '\n=== %s\n' "$1"; }
run() {
	printf '\n$'
	printf ' %s' "$@"
	printf '\n'
	"$@"
}

say "What is in the model"
run tare-inspect stories260K.gguf

say "What should become of it"
run cat recipe.yaml

say "The plan: every size and offset, before a byte is written"
run tare-requantize -r recipe.yaml --dry-run stories260K.gguf

say "The work, and what was lost"
run tare-requantize -f -v -r recipe.yaml --loss --report report.json stories260K.gguf -o stories260K-q.gguf

say "What came out"
run tare-inspect stories260K-q.gguf
run wc -c stories260K.gguf stories260K-q.gguf

say "To safetensors and back: the same bytes"
run tare-convert -f stories260K-q.gguf -o stories260K-q.safetensors
run tare-convert -f stories260K-q.safetensors -o back.gguf
run cmp stories260K-q.gguf back.gguf

printf '\nbuild/demo/stories260K-q.gguf runs with llama.cpp; build/demo/report.json has the loss of every tensor.\n'
