#!/usr/bin/env bash
# make install, uninstall and dist do what they say; the manual's library example compiles against the installed tree.
. tests/tap.sh
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
M="make -s BUILD=$BUILD DESTDIR=$root PREFIX=/usr"
tap "install" $M install
files() {
	for f in bin/tare-inspect lib/libtare.a lib/libtare.so lib/libtare.so.0 include/tare.h lib/pkgconfig/tare.pc \
		share/man/man1/tare-inspect.1 share/man/man5/tare-recipe.5 share/man/man7/tare.7 share/man/man3/libtare.3 \
		share/tare/schemas/recipe.schema.json; do
		[ -e "$root/usr/$f" ] || { echo "missing: $f"; return 1; }
	done
}
tap "what is installed" files
run_installed() {
	"$root/usr/bin/tare-inspect" --version && "$root/usr/bin/tare-inspect" fixtures/models/stories260K.gguf
}
tap "an installed program runs" run_installed
example() { # the program in libtare(3), compiled shared and static
	sed -n '/^\.Bd -literal -compact/,/^\.Ed/p' man/libtare.3 | sed '1d;$d;s/\\e/\\/g;s/^\\&//' >"$root/example.c"
	export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
	# shellcheck disable=SC2046
	gcc -std=c11 -Wall -Wextra -Werror -o "$root/shared" "$root/example.c" -I"$root/usr/include" -L"$root/usr/lib" -ltare &&
		gcc -std=c11 -o "$root/static" "$root/example.c" -I"$root/usr/include" "$root/usr/lib/libtare.a" \
			$(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --libs yaml-0.1 libzstd libcrypto libxxhash libprotobuf-c) -lm -pthread &&
		LD_LIBRARY_PATH=$root/usr/lib "$root/shared" fixtures/models/stories260K.gguf >"$root/a" &&
		"$root/static" fixtures/models/stories260K.gguf >"$root/b" && cmp "$root/a" "$root/b" && grep -q token_embd "$root/a"
}
if [ "${SAN:-0}" = 1 ]; then
	tap_skip "the example of libtare(3)" "sanitized build"
else
	tap "the example of libtare(3), shared and static" example
fi
tap "uninstall" $M uninstall
left() {
	[ -z "$(find "$root/usr" -type f -o -type l | grep -vE '/(example\.c|shared|static|a|b)$')" ] || find "$root/usr" -type f -o -type l
	[ -z "$(find "$root/usr" ! -type d)" ]
}
tap "uninstall leaves nothing" left
dist() {
	make -s dist >/dev/null && cp build/tare-*.tar.zst "$root/1.zst" && sleep 0 && make -s dist >/dev/null && cmp build/tare-*.tar.zst "$root/1.zst"
}
if git rev-parse HEAD >/dev/null 2>&1; then
	tap "dist is reproducible" dist
else
	tap_skip "dist is reproducible" "not a git checkout"
fi
exit $tap_fail
