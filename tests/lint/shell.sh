#!/bin/sh
# shellcheck over every script of the project.
set -eu
command -v shellcheck >/dev/null || { echo "SKIP shellcheck is not installed"; exit 77; }
git ls-files '*.sh' '.ci/run' | xargs shellcheck -x -e SC1091
git ls-files '*.bats' | xargs -r shellcheck -x -s bats -e SC1091,SC2030,SC2031,SC2314,SC2315
