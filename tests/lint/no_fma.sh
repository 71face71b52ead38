#!/bin/sh
# No fused multiply-add in the code that defines bytes: one rounding less is another result.
set -eu
command -v objdump >/dev/null || { echo "objdump is not installed"; exit 77; }
bad=0
for o in "$BUILD"/libformat/types/*.o "$BUILD"/libformat/schemes/*.o "$BUILD"/libformat/model/*.o; do
	[ -e "$o" ] || continue
	n=$(objdump -d "$o" | grep -cE '[[:space:]](vfn?m|fn?madd|fn?msub|fml[as])' || true)
	[ "$n" -eq 0 ] || { echo "$o: $n fused instructions"; bad=1; }
done
exit $bad
