# Loaded by every bats file: a folder of its own with the real model as m.gguf, and a few ways to look.
bats_require_minimum_version 1.5.0

root=$BATS_TEST_DIRNAME/../..
build=$root/${BUILD:-build}
case ${BUILD:-build} in /*) build=$BUILD ;; esac
programs=$(cd "$build" && ls -d tare-* | grep -v '[.]')

setup() {
	mkdir "$BATS_TEST_TMPDIR/work" && cd "$BATS_TEST_TMPDIR/work" || return
	cp "$root/fixtures/models/stories260K.gguf" m.gguf
	PATH=$build:$PATH
	unset NO_COLOR POSIXLY_CORRECT
	export LC_ALL=C.UTF-8 # columns, not bytes, where a test counts them
}

# A GGUF with one f32 tensor of eight values, whose name and architecture are given as fixtures/assemble reads texts.
small_model() { # file name architecture
	printf 'text "GGUF"; u32 3; u64 1; u64 1\nstr "general.architecture"; u32 8; str "%s"\nstr "%s"; u32 1; u64 8; u32 0; u64 0\nalign 32\nf32 1 2 3 4 5 6 7 8\n' \
		"$3" "$2" >"$1.txt"
	"$build/fixtures/assemble" "$1.txt" "$1"
}

# What a command shows on a terminal of so many columns; its status is that of the command.
on_terminal() { # columns command...
	python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"
}

one_line() { # text
	[ -n "$1" ] && [ "$(printf '%s\n' "$1" | wc -l)" -eq 1 ]
}
