#!/usr/bin/env bash
# One command again and again, with one system call or allocation failing each time: the first, the second, and so on, every single one,
# until a run has no such call. Whatever fails: the usual exit status with the right result, or exit 2 with a message; every target as it
# was (or whole); nothing beside it, nothing left in TMPDIR. In a sanitized build nothing leaks either.
#
#   tests/fault/run.sh NAME COMMAND...
#       NAME     what the lines of TAP say
#       COMMAND  @ at the start of an argument is the folder that it writes its files to; without one it writes none
#   STDIN=FILE   goes in through a pipe
#   OLD=FILE     what is in the way of the first target, always; else every class is tried over an old file, and without
#   PARTS=1      COMMAND goes on after the first file is in place (several files, a report): each by itself may then be whole
#   STATUS=1     the usual exit status, if it is not 0
#   TURNS=1      with the old file and without by turns, not both for every call
#   CLASSES="alloc open ..." restricts the classes.
# Needs $BUILD/tests/fault/inject.so.
set -u
name=$1
shift
inject=$(realpath "${BUILD:-build}/tests/fault/inject.so") || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp" "$work/target" "$work/whole"
printf 'the old file\n' >"$work/old"
command=("${@/#@/$work/target}")
writes=
[ "${command[*]}" = "$*" ] || writes=yes
export LSAN_OPTIONS=suppressions=$PWD/tests/fault/lsan.supp:print_suppressions=0
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99}:verify_asan_link_order=0
export TMPDIR=$work/tmp
n_test=0 bad=0 usual=${STATUS:-0} targets=()

# The command with its $2-th call of class $1 failing; without arguments: as it is.
run() {
	local in=/dev/null rc
	if [ -n "${STDIN:-}" ]; then
		in=$work/pipe
		cat "$STDIN" >"$in" 2>/dev/null &
	fi
	if [ $# -eq 0 ]; then
		"${command[@]}"
	else
		TARE_FAULT=$1:$2 TARE_FAULT_HIT=$work/hit LD_PRELOAD=$inject "${command[@]}"
	fi <"$in" >"$work/out" 2>"$work/err"
	rc=$?
	[ -z "${STDIN:-}" ] || wait
	return $rc
}

# The target's folder, empty till now, as it is before: with old files ($1 yes) or without.
prepare() {
	local t
	[ "$1" = no ] || for t in "${targets[@]}"; do
		cp "$work/old" "$work/target/$t"
	done
}

# Says "whole", "untouched" or, for something else, nothing. $1: the name of a target; $2: was there an old one?
look_at() {
	if [ ! -e "$work/target/$1" ]; then
		[ "$2" = yes ] || echo untouched
	elif cmp -s "$work/target/$1" "$work/whole/$1"; then
		echo whole
	elif [ "$2" = yes ] && cmp -s "$work/target/$1" "$work/old"; then
		echo untouched
	fi
}

# What is wrong with the targets after a run with exit code $1 that started with old files or not ($2).
targets_verdict() {
	local t seen in_place=
	[[ $err == *'is in place'* ]] && in_place=yes
	for t in "${targets[@]}"; do
		seen=$(look_at "$t" "$2")
		case $1:$seen in
		*:) echo "$t: neither what it was nor what it should be" ;;
		"$usual":untouched) echo "$t: exit $1, but not what it should be" ;;
		2:untouched) [ -z "$in_place" ] || [ -n "${PARTS:-}" ] || echo "$t: the message says that it is in place, but it is not" ;;
		2:whole) [ -n "$in_place" ] || [ -n "${PARTS:-}" ] || echo "$t: exit 2, but it changed" ;;
		esac
	done
	[ ${#targets[@]} -eq 0 ] || (cd "$work/target" && rm -f "${targets[@]}")
	for t in "$work/target"/* "$work/target"/.[!.]* "$work/tmp"/* "$work/tmp"/.[!.]*; do
		[ ! -e "$t" ] || { echo "left behind: ${t#"$work/"}"; rm -rf "$t"; }
	done
}

# What is wrong after a run; prints nothing if all is well.
verdict() {
	local err
	err=$(<"$work/err")
	if [[ $err =~ Sanitizer|'runtime error:'|'double free'|corrupted|Assertion ]]; then
		echo "a finding of the sanitizers or of the C library"
	fi
	case $1 in
	"$usual") cmp -s "$work/out" "$work/answer" || echo "exit $1, but standard output is not what it should be" ;;
	2) [ -n "$err" ] || echo "exit 2 without a message" ;;
	*) echo "exit $1" ;;
	esac
	targets_verdict "$@"
}

# Every call of class $1, starting with old files or not ($2; turns: by turns).
every_call() {
	local class=$1 n=1 old=$2 rc why over=
	[ "$2" = yes ] && over=", over an old file"
	n_test=$((n_test + 1))
	while :; do
		[ "$2" = turns ] && { [ $((n % 2)) -eq 1 ] && old=yes || old=no; }
		prepare "$old"
		run "$class" $n
		rc=$?
		why=$(verdict $rc "$old")
		if [ -n "$why" ]; then
			echo "not ok $n_test - $name: $class call $n fails (old file: $old)"
			printf '%s\n' "$why" | sed 's/^/# /'
			head -n 20 "$work/err" | sed 's/^/#   /'
			rm -f "$work/hit"
			bad=1
			return
		fi
		[ -e "$work/hit" ] || break
		rm -f "$work/hit"
		n=$((n + 1))
	done
	if [ $n -gt 1 ]; then
		echo "ok $n_test - $name: $class, every one of $((n - 1)) calls failed once$over"
	else
		n_test=$((n_test - 1))
	fi
}

[ -z "${STDIN:-}" ] || mkfifo "$work/pipe"
if [ -n "${OLD:-}" ]; then
	cp "$OLD" "$work/old"
	for t in "${command[@]}"; do
		[ "${t#"$work/target/"}" = "$t" ] || { cp "$work/old" "$t"; break; }
	done
fi
run
if [ $? -ne "$usual" ]; then
	echo "not ok 1 - $name: the command itself fails"
	sed 's/^/# /' "$work/err"
	exit 1
fi
[ -z "$writes" ] || mapfile -t targets < <(ls -A "$work/target")
[ -z "$writes" ] || mv "$work/target"/* "$work/whole"
cp "$work/out" "$work/answer"
for class in ${CLASSES:-alloc open read write sync rename link map truncate reserve stat thread nameless}; do
	if [ -z "$writes" ]; then
		every_call "$class" no
	elif [ -n "${OLD:-}" ]; then
		every_call "$class" yes
	elif [ -n "${TURNS:-}" ]; then
		every_call "$class" turns
	else
		every_call "$class" yes
		every_call "$class" no
	fi
done
exit $bad
