#!/usr/bin/env bash
# One command again and again, with one system call or allocation failing each time: the first, the second, and so on until a run has no
# such call. Whatever fails: exit 0 with the right result, or exit 2 with a message; the target as it was (or whole); nothing beside it.
#
#   tests/fault/run.sh NAME TARGET COMMAND...
#       NAME     what the lines of TAP say
#       TARGET   the file that COMMAND writes, alone in its folder; - if it writes none
#   CLASSES="alloc open ..." restricts the classes; FAULT_DENSE (300) calls of a class are tried one by one, later ones in growing steps.
#   AFTERWARDS=1: COMMAND prints a report once the target is in place, and may fail in that; the target may then be whole.
# Needs $BUILD/tests/fault/inject.so.
set -u
name=$1 target=$2
shift 2
inject=$(realpath "${BUILD:-build}/tests/fault/inject.so") || exit 2
dense=${FAULT_DENSE:-300}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp"
export LSAN_OPTIONS=suppressions=$PWD/tests/fault/lsan.supp:print_suppressions=0
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99}:verify_asan_link_order=0
n_test=0 bad=0

# The command with its n-th call of a class failing; $n 0: as it is.
run() {
	rm -f "$work/hit"
	if [ "$2" -eq 0 ]; then
		TMPDIR=$work/tmp "${command[@]}" >"$work/out" 2>"$work/err" </dev/null
	else
		TMPDIR=$work/tmp TARE_FAULT=$1:$2 TARE_FAULT_HIT=$work/hit LD_PRELOAD=$inject "${command[@]}" >"$work/out" 2>"$work/err" </dev/null
	fi
}

# The target's folder as it was: with an old file ($1 yes) or without.
prepare() {
	[ "$target" = - ] && return
	rm -f "$target"
	[ "$1" = yes ] && printf 'the old file\n' >"$target"
	return 0
}

same_target() {
	[ "$target" = - ] || cmp -s "$target" "$work/whole"
}

untouched() {
	[ "$target" = - ] && return
	if [ "$1" = yes ]; then
		printf 'the old file\n' | cmp -s - "$target"
	else
		[ ! -e "$target" ]
	fi
}

# What is wrong after a run with exit code $1 that started with an old file or not ($2); prints nothing if all is well.
verdict() {
	local rc=$1 old=$2 files
	if grep -qE 'Sanitizer|runtime error:|double free|corrupted|Assertion' "$work/err"; then
		echo "a finding of the sanitizers or of the C library"
	elif [ "$rc" -eq 0 ]; then
		same_target || echo "exit 0, but the target is not what it should be"
		cmp -s "$work/out" "$work/answer" || echo "exit 0, but standard output is not what it should be"
	elif [ "$rc" -eq 2 ]; then
		[ -s "$work/err" ] || echo "exit 2 without a message"
		if grep -q 'is in place' "$work/err"; then
			same_target || echo "the message says that the target is in place, but it is not"
		else
			untouched "$old" || { [ -n "${AFTERWARDS:-}" ] && same_target; } || echo "exit 2, but the target changed"
		fi
	else
		echo "exit $rc"
	fi
	if [ "$target" != - ]; then
		files=$(find "$(dirname "$target")" -mindepth 1 ! -path "$target")
		[ -z "$files" ] || { echo "left beside the target: $files"; rm -f $files; }
	fi
	files=$(find "$work/tmp" -mindepth 1)
	[ -z "$files" ] || { echo "left in TMPDIR: $files"; rm -rf "$work/tmp"; mkdir "$work/tmp"; }
}

# Every call of class $1, starting with an old file or not ($2; turns: by turns).
every_call() {
	local class=$1 n=1 tried=0 old=$2 rc why over=
	[ "$2" = yes ] && over=", over an old file"
	n_test=$((n_test + 1))
	while :; do
		[ "$2" = turns ] && { [ $((tried % 2)) -eq 0 ] && old=yes || old=no; }
		prepare "$old"
		run "$class" $n
		rc=$?
		why=$(verdict $rc "$old")
		if [ -n "$why" ]; then
			echo "not ok $n_test - $name: $class call $n fails (old file: $old)"
			printf '%s\n' "$why" | sed 's/^/# /'
			head -n 20 "$work/err" | sed 's/^/#   /'
			bad=1
			return
		fi
		[ -e "$work/hit" ] || break
		tried=$((tried + 1))
		n=$((n < dense ? n + 1 : n + n / 20))
	done
	if [ $tried -gt 0 ]; then
		echo "ok $n_test - $name: $class, $tried calls failed one at a time$over"
	else
		n_test=$((n_test - 1))
	fi
}

command=("$@")
prepare no
if ! run none 0; then
	echo "not ok 1 - $name: the command itself fails"
	sed 's/^/# /' "$work/err"
	exit 1
fi
[ "$target" = - ] || cp "$target" "$work/whole"
cp "$work/out" "$work/answer"
for class in ${CLASSES:-open read write sync rename link map truncate reserve stat thread nameless}; do
	if [ "$target" = - ]; then
		every_call "$class" no
	else
		every_call "$class" yes
		every_call "$class" no
	fi
done
[ -n "${CLASSES:-}" ] || every_call alloc turns
prepare no
exit $bad
