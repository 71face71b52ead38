#!/usr/bin/env bash
# Unit tests: every cmocka program of tests/unit, from the repository's root.
fail=0
for t in tests/unit/test_*.c; do
	name=${t##*/}
	name=${name%.c}
	CMOCKA_MESSAGE_OUTPUT=TAP "$BUILD/tests/unit/$name" || fail=1
done
exit $fail
