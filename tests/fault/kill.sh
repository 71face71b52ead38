#!/usr/bin/env bash
# Kills a command (SIGKILL, or SIGNAL=TERM and so on) at many moments: drawn by a fixed sequence from a span that follows how long the command takes just now, so that
# kills fall before, during and after. Afterwards its target is the old file, or absent if there was none, or whole; and nothing lies beside it.
#
#   tests/fault/kill.sh NAME TARGET COMMAND...      KILLS=200 SEED=1; TARGET is alone in its folder
#   SWEPT=1: temporary files may be left, and are gone after the next undisturbed run.
set -u
name=$1 target=$2
shift 2
kills=${KILLS:-200} seed=${SEED:-1} signal=${SIGNAL:-KILL} swept=${SWEPT:-}
work=$(mktemp -d) || exit 2
# Not by a trap on EXIT: a child that is terminated before it has become the command would run it too.
leave() {
	rm -rf "$work"
	exit "$1"
}
mkfifo "$work/clock"
exec 9<>"$work/clock"

beside() {
	find "$(dirname "$target")" -mindepth 1 ! -path "$target"
}

# True if the target is the old file ($1 not 0) or absent.
as_before() {
	if [ "$1" -ne 0 ]; then
		[ -e "$target" ] && cmp -s "$target" "$work/old"
	else
		[ ! -e "$target" ]
	fi
}

# Says "whole" or "untouched"; false if the target is neither.
verdict() {
	if [ -e "$target" ] && cmp -s "$target" "$work/whole"; then
		echo whole
	elif as_before "$1"; then
		echo untouched
	else
		return 1
	fi
}

now() {
	echo "${EPOCHREALTIME/[.,]/}"
}

rm -f "$target"
"$@" >/dev/null 2>"$work/err" </dev/null || { echo "not ok 1 - $name: the command itself fails"; sed 's/^/# /' "$work/err"; leave 1; }
cp "$target" "$work/whole"
printf 'the old file\n' >"$work/old"
from=$(now)
"$@" >/dev/null 2>&1 </dev/null
span=$((($(now) - from) * 5 / 4))
untouched=0 whole=0 seen='' left=0 least=$((span / 50)) most=$((span * 4))
for ((i = 1; i <= kills; i++)); do
	rm -f "$target"
	had=$((i % 4))
	[ $had -eq 0 ] || cp "$work/old" "$target"
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	delay=$((seed * span / 0x7fffffff))
	"$@" >/dev/null 2>&1 </dev/null &
	pid=$!
	printf -v pause '%d.%06d' $((delay / 1000000)) $((delay % 1000000))
	read -r -t "$pause" -u 9
	kill -s $signal $pid 2>/dev/null
	wait $pid 2>/dev/null
	# The step into place is finished by a child of the killed process, within microseconds: what is not settled yet is looked at again.
	for ((look = 0; look < 100; look++)); do
		{ [ -n "$swept" ] || [ -z "$(beside)" ]; } && seen=$(verdict "$had") && break
		read -r -t 0.01 -u 9
	done
	[ -z "$(beside)" ] || left=$((left + 1))
	if [ -z "$swept" ] && [ $left -gt 0 ]; then
		echo "not ok 1 - $name: killed after $delay us, left beside the target: $(beside)"
		leave 1
	fi
	case $seen in
	whole) whole=$((whole + 1)) span=$((span > least ? span * 15 / 16 : span)) ;;
	untouched) untouched=$((untouched + 1)) span=$((span < most ? span * 17 / 16 : span)) ;;
	*)
		echo "not ok 1 - $name: killed after $delay us, the target is torn"
		ls -l "$(dirname "$target")" | sed 's/^/# /'
		leave 1
		;;
	esac
done
"$@" >/dev/null 2>&1 </dev/null
if [ -n "$swept" ] && { [ "$left" -eq 0 ] || [ -n "$(beside)" ]; }; then
	echo "not ok 1 - $name: a temporary file was left $left times, and after one more run: $(beside)"
	leave 1
fi
rm -f "$target"
if [ $untouched -lt $((kills / 10)) ] || [ $whole -lt $((kills / 10)) ]; then
	echo "not ok 1 - $name: of $kills kills too few came in time ($untouched) or too late ($whole) to mean anything"
	leave 1
fi
echo "ok 1 - $name: $kills kills, the target untouched $untouched times and whole $whole times${swept:+, $left leftovers swept}"
leave 0
