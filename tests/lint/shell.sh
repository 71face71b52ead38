#!/bin/sh
# Every script of the project through the linter.
set -eu
command -v shellcheck >/dev/null || { echo "SKIP shellcheck is not installed"; exit 77; }
find tests tools .ci \( -name '*.sh' -o -path .ci/run \) -print0 | xargs -0 shellcheck -x -S warning -e SC1091,SC2034
find tests -name '*.bats' -print0 | xargs -0 -r shellcheck -x -S warning -s bats -e SC1091,SC2030,SC2031,SC2314,SC2315
