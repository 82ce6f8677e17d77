#!/bin/sh
# casusctl stix and misp: valid, the same twice, and nothing lost of what was released; see exchange.py.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus=$build/sensor/casus ctl=$build/tools/casusctl/casusctl packs=$top/rules/policy effects=$top/rules/effects.yaml
fail() { echo "exchange.sh: $*" >&2; exit 1; }
skip() { echo "exchange.sh: skipped: $*" >&2; exit 77; }
[ -x "$casus" ] && [ -x "$ctl" ] || skip "not built"
command -v python3 > /dev/null || skip "no python3"
scenario="$build/contrib/scenario/scenario.pcap"
[ -r "$scenario" ] || make -s -C "$build" contrib/scenario/scenario.pcap > /dev/null 2>&1 || skip "no scenario"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for drill in --exercise ""; do
	rm -rf "$dir/out"
	"$casus" -q -r "$scenario" -l "$dir/out" --inventory "$top/contrib/scenario/inventory.yaml" --context "$top/contrib/scenario/context.yaml" $drill \
		--set "packs=$packs" --set "effects=$effects" > "$dir/log" 2>&1 || fail "$(cat "$dir/log")"
	id=$(grep -o '"incident":{"id":"I-[0-9]*-[0-9a-f]*"' "$dir/out/eve.json" | head -n 1 | cut -d'"' -f6)
	python3 "$top/tests/system/exchange.py" "$ctl" "$dir/out/journal" "$packs" "$effects" "$id" JP US NATO FR TW || fail "$id $drill"
done
! "$ctl" stix I-00000000-00000000 --dir "$dir/out/journal" --packs "$packs" --effects "$effects" 2> /dev/null || fail "an incident that never was"
