#!/bin/sh
# Two replays give the same EVE file and the same journal; casusctl reads, exports and verifies it, and sees a change.
set -eu
top=$(cd "${top_srcdir:-..}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
capture=${CAPTURE:-$dir/t.pcap}
[ -n "${CAPTURE:-}" ] || "$build/tools/mkpcap/mkpcap" - -o "$capture" << 'END'
start 2026-03-01T00:00:00Z
repeat i 1..100 { udp 198.51.100.7:50000+i -> 10.1.0.{i}:53 { > "question"; < "answer" }; wait 10ms }
END
ctl="$build/tools/casusctl/casusctl"
fail() { echo "journal.sh: $*" >&2; exit 1; }

echo 'alert ip any any -> any any (msg:"every packet"; sid:1; rev:1;)' > "$dir/r.rules"
for run in 1 2; do
	mkdir "$dir/$run"
	"$build/sensor/casus" -r "$capture" -S "$dir/r.rules" -l "$dir/$run" > "$dir/$run/out" 2>&1 || fail "casus: $(cat "$dir/$run/out")"
done
[ -s "$dir/1/eve.json" ] || fail "no records"
cmp "$dir/1/eve.json" "$dir/2/eve.json" || fail "EVE files differ"
cmp "$dir/1/journal/0000000001.cjl" "$dir/2/journal/0000000001.cjl" || fail "journals differ"
"$ctl" journal export --dir "$dir/1/journal" | cmp - "$dir/1/eve.json" || fail "export is not what eve.json holds"
[ "$("$ctl" journal tail -n 3 --dir "$dir/1/journal" | wc -l)" = 3 ] || fail "tail"
[ "$("$ctl" journal export --from 2 --to 4 --dir "$dir/1/journal" | wc -l)" = 3 ] || fail "export --from --to"
"$ctl" journal verify --dir "$dir/1/journal" > /dev/null || fail "verify"
printf '!' | dd of="$dir/1/journal/0000000001.cjl" bs=1 seek=900 conv=notrunc 2> /dev/null
rc=0
"$ctl" journal verify --dir "$dir/1/journal" > /dev/null 2>&1 || rc=$?
[ $rc = 1 ] || fail "a changed byte was not found (exit code $rc)"
rc=0
"$ctl" --socket "$dir/none" status 2> /dev/null || rc=$?
[ $rc = 2 ] || fail "no sensor: exit code $rc, expected 2"
