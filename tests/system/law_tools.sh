#!/bin/sh
# casusctl explain and pack: any revision of a journal comes out as it was told, other packs are named, differences are in words.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus="$build/sensor/casus" ctl="$build/tools/casusctl/casusctl"
fail() { echo "law_tools.sh: $*" >&2; exit 1; }
skip() { echo "law_tools.sh: skipped: $*" >&2; exit 77; }
[ -x "$casus" ] && [ -x "$ctl" ] || skip "not built"
scenario="$build/contrib/scenario/scenario.pcap"
[ -r "$scenario" ] || make -s -C "$build" contrib/scenario/scenario.pcap > /dev/null 2>&1 || skip "no scenario"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
packs="--packs $top/rules/policy --effects $top/rules/effects.yaml"

"$casus" -q -r "$scenario" -l "$dir/out" --inventory "$top/contrib/scenario/inventory.yaml" --context "$top/contrib/scenario/context.yaml" --exercise \
	--set "packs=$top/rules/policy" --set "effects=$top/rules/effects.yaml" > "$dir/log" 2>&1 || fail "$(cat "$dir/log")"
id=$(grep -o '"incident":{"id":"I-[0-9]*-[0-9]*"' "$dir/out/eve.json" | head -n 1 | cut -d'"' -f6)
[ -n "$id" ] || fail "no incident"
explain() { "$ctl" explain --dir "$dir/out/journal" $packs "$@"; }

# Bare statements of a file: of whose file it is, unless it is a drill.
cp "$top/contrib/scenario/context.yaml" "$dir/context.yaml"
replay() { "$casus" -q -r "$scenario" -l "$dir/real" --context "$dir/context.yaml" --set "packs=$top/rules/policy" --set "effects=$top/rules/effects.yaml" "$@" > "$dir/log" 2>&1; }
chmod 666 "$dir/context.yaml"
rc=0; replay || rc=$?
[ $rc -eq 78 ] && [ "$(grep -c 'context.yaml:[0-9]*:[0-9]*: .*not signed.*nobody else may write' "$dir/log")" -eq 4 ] || fail "a file that others may write was believed: exit $rc, $(cat "$dir/log")"
replay --exercise || fail "a drill: $(cat "$dir/log")"
chmod 644 "$dir/context.yaml"
replay || fail "a file of one's own: $(cat "$dir/log")"

# Every revision that was told comes out with the same intervals: nothing on standard error.
n=0
for r in $(grep '"event_type":"incident"' "$dir/out/eve.json" | grep -o "\"incident\":{\"id\":\"$id\",\"revision\":[0-9]*" | sed 's/.*://' | sort -nu); do
	explain "$id@$r" --format json > "$dir/json" 2> "$dir/err" || fail "revision $r: $(cat "$dir/err")"
	[ ! -s "$dir/err" ] || fail "revision $r: $(cat "$dir/err")"
	grep -q "\"incident\":\"$id\",\"revision\":$r,\"exercise\":true" "$dir/json" || fail "revision $r: another, or not marked"
	n=$((n + 1))
done
[ $n -ge 5 ] || fail "only $n revisions"
# In words; of one party.
explain "$id" --party JP > "$dir/lines" || fail "no text"
tr -s ' \n' ' ' < "$dir/lines" > "$dir/text"
! sed 's/[^ -~]\{2,3\}/x/g' "$dir/lines" | grep -v '^ *[^ ]*$' | grep -q '.\{81\}' || fail "a line is longer than 80 columns"
for want in '^EXERCISE I-' 'Japan B2–B5' 'position on sovereignty: rule-effects' 'source: https://' 'what would change it' 'to be shown:' 'for consideration by' \
	'finds no legal threshold met' 'Kitakaze Electric, control centre, 2026-11-20T03:14:00Z' 'on the scale "low / moderate / high"'; do
	grep -q "$want" "$dir/text" || fail "the text lacks: $want"
done
# What a sensor may never say.
! grep -qiE 'threshold is met|applies now|this is an armed attack|is lawful now|deadline|retaliate' "$dir/text" || fail "$(grep -iE 'threshold is met|applies now|this is an armed attack|is lawful now|deadline|retaliate' "$dir/text")"
if command -v python3 > /dev/null; then
	explain "$id" | python3 "$top/tests/system/explain_says.py" scenario || fail "an explanation says what it should not"
	python3 "$top/tests/system/explain_says.py" "scenario, one party" < "$dir/lines" || fail "an explanation says what it should not"
fi
# What is not there.
! explain "$id@9999" > /dev/null 2> "$dir/err" || fail "a revision that never was"
grep -q 'no record of revision 9999' "$dir/err" || fail "$(cat "$dir/err")"
! explain I-19990101-00000000 > /dev/null 2>&1 || fail "an incident that never was"
! explain "$id@x" > /dev/null 2>&1 || fail "a revision that is no number"

# Other packs than then are named, and what comes out otherwise is counted.
cp -r "$top/rules/policy" "$dir/packs"
sed 's/^assert_cap: B2/assert_cap: B1/' "$top/rules/policy/ladder.yaml" > "$dir/packs/ladder.yaml"
"$ctl" explain --dir "$dir/out/journal" --packs "$dir/packs" --effects "$top/rules/effects.yaml" "$id" > /dev/null 2> "$dir/err" || fail "other packs: $(cat "$dir/err")"
grep -qE 'other packs .* [1-9][0-9]* intervals come out otherwise' "$dir/err" || fail "other packs: $(cat "$dir/err")"

# Differences: two versions, two parties, none.
rc=0; "$ctl" pack $packs diff "$top/rules/policy" "$dir/packs" > "$dir/diff" || rc=$?
[ $rc -eq 1 ] || fail "versions: exit code $rc"
grep -q 'a sensor alone says at most B2, now B1' "$dir/diff" || fail "versions: $(cat "$dir/diff")"
"$ctl" pack $packs diff "$top/rules/policy" "$top/rules/policy" > "$dir/diff" || fail "a folder differs from itself: $(cat "$dir/diff")"
rc=0; "$ctl" pack $packs diff US JP > "$dir/diff" || rc=$?
[ $rc -eq 1 ] || fail "parties: exit code $rc"
grep -q 'on sovereignty: US undetermined .*; JP rule-effects' "$dir/diff" || fail "parties: $(cat "$dir/diff")"
"$ctl" pack $packs diff US US > /dev/null || fail "a party differs from itself"
! "$ctl" pack $packs diff US ZZ > /dev/null 2>&1 || fail "a party that is not there"

# Checking: good ones are counted, all that is bad is told with its place.
"$ctl" pack --effects "$top/rules/effects.yaml" check "$top/rules/policy" | grep -q 'good: 16 parties' || fail "the shipped packs"
printf 'kind: party\nid: QQ\nname: Q\ndate: "x"\ncolour: red\npositions: { sovereignty: { code: a, sources: [ s ] } }\nadjust: [ { condition: none, band: B9, because: nothing, sources: [ s ] } ]\n' > "$dir/packs/qq.yaml"
rc=0; "$ctl" pack --effects "$top/rules/effects.yaml" check "$dir/packs" > /dev/null 2> "$dir/err" || rc=$?
[ $rc -eq 1 ] || fail "bad packs: exit code $rc"
for want in 'qq.yaml:5:.*colour' 'qq.yaml:6:.*verified is missing' 'qq.yaml:7:.*no condition "none"'; do
	grep -qE "$want" "$dir/err" || fail "not told: $want; told: $(cat "$dir/err")"
done
