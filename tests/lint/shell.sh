#!/bin/sh
# Every script of the project through the linter.
set -eu
command -v shellcheck >/dev/null || { echo "SKIP shellcheck is not installed"; exit 77; }
git ls-files '*.sh' '.ci/run' | xargs shellcheck -x -S warning -e SC1091,SC2034
git ls-files '*.bats' | xargs -r shellcheck -x -S warning -s bats -e SC1091,SC2030,SC2031,SC2314,SC2315
