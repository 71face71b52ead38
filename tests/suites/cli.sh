#!/usr/bin/env bash
# Command lines: every bats file of tests/cli, with the built programs first in PATH.
PATH=$PWD/$BUILD:$PATH
export PATH
exec bats --tap tests/cli
