#!/usr/bin/env bash
# A command whose target does not fit on its disk (a small tmpfs of its own): exit 2, a message that names the disk, the old file untouched,
# nothing beside it.
#
#   tests/fault/full-disk.sh NAME SIZE COMMAND...      SIZE as mount takes it; @ at the start of an argument is the disk's folder,
#                                                      and the target is @/out
set -u
if [ "${1:-}" != --inside ]; then
	for how in "unshare -m" "unshare -rm"; do
		if $how mount -t tmpfs -o size=64k none /mnt 2>/dev/null; then
			exec $how "$BASH" "$0" --inside "$@"
		fi
	done
	echo "ok 1 - $1 # skip mounting a tmpfs is not permitted here"
	exit 0
fi
shift
name=$1 size=$2
shift 2
work=$(mktemp -d) || exit 2
disk=$work/disk
mkdir "$disk"
trap 'umount "$disk" 2>/dev/null; rm -rf "$work"' EXIT
mount -t tmpfs -o "size=$size" none "$disk" || exit 2
printf 'the old file\n' >"$disk/out"
args=()
for a in "$@"; do
	args+=("${a/#@/$disk}")
done

fail() {
	echo "not ok 1 - $name: $1"
	sed 's/^/# /' "$work/err"
	ls -lA "$disk" | sed 's/^/# /'
	exit 1
}

"${args[@]}" >/dev/null 2>"$work/err" </dev/null
rc=$?
[ $rc -eq 2 ] || fail "exit $rc, expected 2"
grep -qF "the disk of '$disk'" "$work/err" || fail "the message does not name the disk"
grep -q 'No space left' "$work/err" || fail "the message does not say that it is full"
printf 'the old file\n' | cmp -s - "$disk/out" || fail "the old file changed"
[ "$(ls -A "$disk")" = out ] || fail "something is left beside the target"
echo "ok 1 - $name: $(head -n 1 "$work/err" | sed "s|$disk|DISK|g")"
