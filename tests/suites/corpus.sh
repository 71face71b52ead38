#!/usr/bin/env bash
# Every file of the shared corpus through tare-inspect: an answer or a message, never a crash, a hang or a silent failure.
. tests/tap.sh
if [ -z "${TARE_SHARED:-}" ]; then
	tap_skip "corpus" "the shared corpus is not here"
	exit 0
fi
n=0 opened=0 bad=0
while IFS= read -r f; do
	n=$((n + 1))
	msg=$(timeout 20 "$BUILD/tare-inspect" --json "$f" 2>&1 >/dev/null)
	rc=$?
	case $rc in
	0) opened=$((opened + 1)) ;;
	2) [ -n "$msg" ] || { echo "# $f: exit 2 without a message"; bad=$((bad + 1)); } ;;
	*) echo "# $f: exit $rc $msg"; bad=$((bad + 1)) ;;
	esac
done < <(find "$TARE_SHARED/corpus" -type f | sort)
echo "# $n files, $opened opened, $bad bad"
tap "corpus: $n files, $opened opened, none crashed" test "$bad" -eq 0 -a "$n" -gt 500 -a "$opened" -gt 50
exit $tap_fail
