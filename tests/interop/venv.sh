#!/bin/sh
# Makes the pinned environment of the peers once, in build/venv, and prints its folder. Exit 1 with a reason when it cannot be had.
set -eu
here=$(dirname "$0")
venv=build/venv
want=$(sha256sum <"$here/requirements.txt")
if [ "$(cat $venv/made-from 2>/dev/null)" != "$want" ]; then
	rm -rf $venv
	mkdir -p build
	python3 -m venv $venv >&2 || { echo "python3 -m venv failed"; exit 1; }
	$venv/bin/pip -q --disable-pip-version-check install --require-hashes --no-deps --only-binary :all: -r "$here/requirements.txt" >&2 ||
		{ echo "the package registry did not give the pinned packages"; exit 1; }
	$venv/bin/python "$here/older_libc.py" $venv/lib/python*/site-packages/llama_cpp_py_sync/lib*.so.0 >&2 || { echo "older_libc.py failed"; exit 1; }
	echo "$want" >$venv/made-from
fi
echo $venv
