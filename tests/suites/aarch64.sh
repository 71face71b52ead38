#!/usr/bin/env bash
# The whole built for aarch64 by the cross compiler; its unit tests, and so the quantizers' bytes, under qemu-user.
. tests/tap.sh
cross=aarch64-linux-gnu
if ! command -v $cross-gcc >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
	tap_skip "aarch64" "the cross compiler or qemu-user is not installed"
	exit 0
fi
if [ ! -e /usr/lib/$cross/pkgconfig/yaml-0.1.pc ]; then
	tap_skip "aarch64" "the libraries for aarch64 are not installed"
	exit 0
fi
tap "cross build" make -s -j"$(nproc)" CC=$cross-gcc AR=$cross-ar BUILD=build/aarch64 WERROR=1 \
	PKG_CONFIG="env PKG_CONFIG_LIBDIR=/usr/lib/$cross/pkgconfig pkg-config" all tests
fail=$tap_fail
for t in ${AARCH64_TESTS:-test_types test_golden_types test_kernels test_guarded test_gguf test_safetensors test_requant}; do
	[ -e "build/aarch64/tests/unit/$t" ] || { echo "not ok - $t was not built"; fail=1; continue; }
	# Emulated, the project's own golden rows are enough: every type and mix is among them.
	env -u TARE_SHARED CMOCKA_MESSAGE_OUTPUT=TAP qemu-aarch64 "build/aarch64/tests/unit/$t" || fail=1
done
exit $fail
