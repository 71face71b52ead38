#!/usr/bin/env bash
# The README's two commands as a newcomer has them: in a bare Debian 12 root (debootstrap, chroot), as they stand in the README.
#   tests/bare-root.sh [FOLDER]     needs root and the debootstrap package; FOLDER (default: a new temporary one) keeps the root
set -eu
cd "$(dirname "$0")/.."
root=${1:-$(mktemp -d)}
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 /debian$ || echo http://deb.debian.org/debian)

[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1
for c in gcc make cc; do
	[ ! -e "$root/usr/bin/$c" ] || echo "note: $c is already in $root"
done
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -r /etc/ssl "$root/etc/" 2>/dev/null || true
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mountpoint -q "$root/dev" || mount --rbind /dev "$root/dev"
trap 'umount -l "$root/dev" "$root/proc" 2>/dev/null || true' EXIT

rm -rf "$root/tare" && mkdir "$root/tare"
git archive HEAD | tar -x -C "$root/tare"
fence() { awk -v want="$1" '/^```sh$/ { n++; next } n == want { print; exit }' README.md; }
for n in 1 2; do
	command=$(fence $n)
	echo "+ $command"
	start=$SECONDS
	if chroot "$root" env -i HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb sh -c "cd /tare && $command"; then
		echo "= command $n: exit 0 after $((SECONDS - start)) s"
	else
		echo "= command $n: exit $? after $((SECONDS - start)) s"
		exit 1
	fi
done
