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
mkdir "$dir/newer"
cp "$top"/rules/policy/* "$dir/newer/"
sed 's/systems_lost: ">= 100"/systems_lost: ">= 500"/; s/say: a critical or government service blocked/say: a critical service blocked/' "$top/rules/policy/ladder.yaml" > "$dir/newer/ladder.yaml"
rc=0; "$ctl" pack $packs diff "$top/rules/policy" "$dir/newer" > "$dir/diff" || rc=$?
[ $rc -eq 1 ] || fail "versions: exit code $rc"
grep -q 'wide-destruction: asked for .*systems_lost >= 100.*; now for .*systems_lost >= 500' "$dir/diff" || fail "a condition that changed: $(cat "$dir/diff")"
grep -q 'denial-critical: said "a critical or government .*", now "a critical service' "$dir/diff" || fail "words that changed: $(cat "$dir/diff")"
"$ctl" pack $packs diff "$top/rules/policy" "$top/rules/policy" > "$dir/diff" || fail "a folder differs from itself: $(cat "$dir/diff")"
rc=0; "$ctl" pack $packs diff US JP > "$dir/diff" || rc=$?
[ $rc -eq 1 ] || fail "parties: exit code $rc"
grep -q 'on sovereignty: US undetermined .*; JP rule-effects' "$dir/diff" || fail "parties: $(cat "$dir/diff")"
"$ctl" pack $packs diff US US > /dev/null || fail "a party differs from itself"
! "$ctl" pack $packs diff US ZZ > /dev/null 2>&1 || fail "a party that is not there"

# Checking: good ones are counted, all that is bad is told with its place.
"$ctl" pack --effects "$top/rules/effects.yaml" check "$top/rules/policy" | grep -q 'good: 16 parties' || fail "the shipped packs"
printf 'kind: party\nid: QQ\nname: Q\ndate: "x"\ncolour: red\npositions: { sovereignty: { code: a, sources: [ s ] } }\nadjust: [ { condition: none, band: B9, because: nothing, sources: [ s ] } ]\n' > "$dir/packs/qq.yaml"
cp "$top/rules/policy/ladder.yaml" "$dir/packs/ladder.yaml"
check() {
	rc=0; "$ctl" pack --effects "$top/rules/effects.yaml" check "$dir/packs" > /dev/null 2> "$dir/err" || rc=$?
	[ $rc -eq 78 ] || fail "bad packs: exit code $rc"
	grep -vqE '^[^ ]+:[0-9]+:[0-9]+: error: ' "$dir/err" && fail "a problem without its place: $(cat "$dir/err")"
	for want in "$@"; do
		grep -qE "$want" "$dir/err" || fail "not told: $want; told: $(cat "$dir/err")"
	done
}
check 'qq.yaml:5:1: .*colour' 'qq.yaml:6:[0-9]+: .*verified is missing' 'qq.yaml:7:[0-9]+: .*no condition "none"'
# Of every file at once, whatever is wrong with the others: types, doubles, order, references, a claim to have read what nobody has.
cat > "$dir/packs/qq.yaml" <<'END'
kind: party
id: JP
name: [Q]
version: many
date: "x"
widen: -1
accumulation: perhaps
positions:
  read: { code: a, verified: true, sources: [ { text: s, verified: false } ] }
  bare: { code: a, verified: true }
  odd: { code: a, verified: false, sources: [ [s] ] }
adjust:
  - { condition: intrusion, band: B3, upto: B1, because: read, sources: [ s ] }
  - { condition: intrusion, band: B1, because: no-such, sources: none }
actors: text
END
printf -- '- a\n- b\n' > "$dir/packs/list.yaml"
: > "$dir/packs/empty.yaml"
printf 'kind: partyy\nid: Z\n' > "$dir/packs/kind.yaml"
cat > "$dir/packs/more.yaml" <<'END'
kind: instruments
id: more
version: 1
instruments:
  - { id: nato-5, layer: gloss, title: t, date: d, trigger: x, gloss_of: no-such, parties: { a: b }, obliges: none, decides: [a], from: 2, say: s, verified: true, sources: [ s ] }
END
sed -e 's/^  - { id: B0, /  - { id: B9, /; s/^low_coverage: 0.5/low_coverage: 5/; s/^hold: 300/hold: -3/; s/^confirm_above: B3/confirm_above: B1/' \
	-e 's/^  - { name: deaths, .*/&\n  - { name: deaths, help: again }\n  - { name: targets, help: measured }/' -e 's/^  - id: coercion/  - id: intrusion/' \
	-e 's/when: { state_function: ">= 1" }/when: { state_function: "= 1", estate: ">= 1", reported: [nothing], effect: [], sector: { a: b, c: d } }/' \
	"$top/rules/policy/ladder.yaml" > "$dir/packs/ladder.yaml"
sed 's/from: B0/from: low/; s/id: call,/id: breach,/' "$top/rules/policy/responses.yaml" > "$dir/packs/responses.yaml"
sed 's/of: US, to: JP, from: B5/of: XX, to: JP, from: B5/; s/instrument: nato-4/instrument: nato-44/' "$top/rules/policy/support.yaml" > "$dir/packs/support.yaml"
sed 's/{ value: 3,/{ value: three,/; s/id: immediacy/id: severity_of_harm/' "$top/rules/policy/factors.yaml" > "$dir/packs/factors.yaml"
check 'qq.yaml:2:1|qq.yaml:1:1: .*JP has a pack already' 'qq.yaml:3:7: .*expected a text' 'qq.yaml:4:10: ' 'qq.yaml:6:8: ' 'qq.yaml:7:15: ' \
	'qq.yaml:9:[0-9]+: .*verified: true, and none of its sources' 'qq.yaml:10:[0-9]+: .*no sources' 'qq.yaml:11:[0-9]+: .*a source such as' 'qq.yaml:13:[0-9]+: .*upto is below' \
	'qq.yaml:14:[0-9]+: .*intrusion is adjusted already' 'qq.yaml:14:[0-9]+: .*no-such.*none of the party' 'qq.yaml:15:9: .*a list was expected' 'list.yaml:1:1: .*kind: expected' \
	'empty.yaml:1:1: .*empty' 'kind.yaml:1:7: .*kind: expected' 'more.yaml:5:[0-9]+: .*instrument nato-5 is there already' 'more.yaml:5:[0-9]+: .*no-such' \
	'more.yaml:5:[0-9]+: .*parties' 'more.yaml:5:[0-9]+: .*from: "2" is not a band' 'more.yaml:5:[0-9]+: .*verified: true, and none' \
	'ladder.yaml:[0-9]+:5: .*band B1 stands after B9' 'ladder.yaml:[0-9]+:[0-9]+: .*share from 0 to 1' 'ladder.yaml:[0-9]+:7: .*hold: seconds' 'ladder.yaml:[0-9]+:[0-9]+: .*confirm_above' \
	'ladder.yaml:[0-9]+:5: .*fact deaths is there already' 'ladder.yaml:[0-9]+:5: .*targets is a feature' 'ladder.yaml:[0-9]+:5: .*condition intrusion is there already' \
	'ladder.yaml:[0-9]+:[0-9]+: .*state_function: expected ">= number"' 'ladder.yaml:[0-9]+:[0-9]+: .*"estate" is neither' 'ladder.yaml:[0-9]+:[0-9]+: .*"nothing" is not a fact' \
	'ladder.yaml:[0-9]+:[0-9]+: .*effect: an empty list' 'ladder.yaml:[0-9]+:[0-9]+: .*sector: a word or a list' 'responses.yaml:[0-9]+:[0-9]+: .*from: "low"' 'responses.yaml:[0-9]+:9: .*precondition breach is there already' \
	'support.yaml:[0-9]+:[0-9]+: .*of: "XX" has no pack' 'support.yaml:[0-9]+:[0-9]+: .*no "nato-44"' 'factors.yaml:[0-9]+:[0-9]+: .*expected a number' \
	'factors.yaml:[0-9]+:5: .*gauge severity_of_harm is there already'
! "$ctl" pack --effects "$top/rules/effects.yaml" diff "$dir/packs" "$top/rules/policy" > /dev/null 2>&1 || fail "bad packs were compared"
