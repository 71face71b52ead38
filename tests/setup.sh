#!/bin/sh
# Installs what is missing on Debian 12 (root or sudo).
#   tests/setup.sh          what building and the demo need
#   tests/setup.sh check    what the tests need as well
set -eu

build="gcc make libc6-dev pkg-config libyaml-dev libzstd-dev libssl-dev libxxhash-dev libprotobuf-c-dev protobuf-c-compiler"
check="clang llvm libclang-rt-14-dev libcmocka-dev libjansson-dev bats mandoc shellcheck git zstd jq python3 python3-venv python3-jsonschema
	procps util-linux file g++ qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross musl-tools"
cross="libc6:arm64 libyaml-dev:arm64 libzstd-dev:arm64 libjansson-dev:arm64 libssl-dev:arm64 libxxhash-dev:arm64
	libprotobuf-c-dev:arm64 libcmocka-dev:arm64"

want=$build
[ "${1:-}" = check ] && want="$build $check $cross"

missing=
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	as_root() { "$@"; }
elif command -v sudo >/dev/null; then
	as_root() { sudo "$@"; }
else
	echo "setup.sh: these packages are missing, and neither root nor sudo is at hand:$missing" >&2
	exit 1
fi
case $missing in
*:arm64*) as_root dpkg --add-architecture arm64 ;;
esac
as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
