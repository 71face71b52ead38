#!/bin/sh
# Every header stands alone; the public one also in C++.
set -eu
for h in libformat/*/*.h; do
	echo "#include \"${h#libformat/}\"" | ${CC:-gcc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Werror -Ilibformat -I"$BUILD/gen" \
		-fsyntax-only -x c -
done
echo '#include "tare.h"' | ${CC:-gcc} -std=c11 -Wall -Wextra -Wpedantic -Werror -Ilibformat -fsyntax-only -x c -
if command -v g++ >/dev/null; then
	echo '#include "tare.h"' | g++ -Wall -Wextra -Werror -Ilibformat -fsyntax-only -x c++ -
fi
