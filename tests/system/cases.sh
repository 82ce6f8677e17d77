#!/bin/sh
# The shipped cases, played: marked throughout, told in order, where the published characterisation puts them; bad cases told whole.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus="$build/sensor/casus"
fail() { echo "cases.sh: $*" >&2; exit 1; }
[ -x "$casus" ] || { echo "cases.sh: skipped: not built" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
play() { "$casus" exercise --packs "$top/rules/policy" --effects "$top/rules/effects.yaml" "$@"; }

n=0 good=0
for c in "$top"/rules/cases/*.yaml; do
	n=$((n + 1))
	rc=0
	play "$c" > "$dir/text" 2> "$dir/err" || rc=$?
	[ $rc -le 1 ] || fail "$c: $(cat "$dir/err")"
	[ $rc -eq 1 ] || good=$((good + 1))
	play --json "$c" > "$dir/json" || [ $? -eq 1 ] || fail "$c: no JSON"
	! grep -qv '"exercise":true,"marking":"EXERCISE"' "$dir/json" || fail "$c: a record is not marked"
	tail -n 1 "$dir/json" | grep -q '"record":"result"' || fail "$c: no result"
	! grep -q '"a_band_above":true' "$dir/json" || fail "$c: a whole band above what is published"
	# every step is told, and every step of it begins with the mark
	[ "$(grep -c '"record":"step"' "$dir/json")" -eq "$(grep -c '^  - at:' "$c")" ] || fail "$c: steps are missing"
	[ "$(grep -c '^EXERCISE' "$dir/text")" -eq $(($(grep -c '^  - at:' "$c") + 2)) ] || fail "$c: steps are not marked"
done
[ $n -ge 14 ] || fail "only $n cases"
[ "$good" -ge $((n - 1)) ] || fail "only $good of $n cases where they are published to be"
echo "cases.sh: $good of $n cases hold the midpoint and at least half of their published range"

# Every explanation: each line traceable, nothing a sensor may never assert; and the lint finds what it is there for.
if command -v python3 > /dev/null; then
	says() { python3 "$top/tests/system/explain_says.py" "$@"; }
	for c in "$top"/rules/cases/*.yaml; do
		play --explain "$c" > "$dir/explained" || [ $? -eq 1 ] || fail "$c: no explanation"
		says "${c##*/}" < "$dir/explained" || fail "$c: its explanation says what it should not"
	done
	for c in ukraine-grid-2015 stuxnet-2010 colonial-2021; do
		for p in $(sed -n 's/^id: *//p' "$top"/rules/policy/??.yaml "$top"/rules/policy/nato.yaml); do
			play --explain --party "$p" "$top/rules/cases/$c.yaml" > "$dir/explained" || fail "$c: no explanation for $p"
			says "$c, $p" < "$dir/explained" || fail "$c: its explanation for $p says what it should not"
		done
	done
	play --explain "$top/rules/cases/ukraine-grid-2015.yaml" > "$dir/explained"
	tr -s ' \n' ' ' < "$dir/explained" | grep -q 'c2 (told, no sensor saw it).*ot-control (21 alerts in ukraine-grid-2015.pkt; told too)' || fail "which signs a sensor saw"
	for flaw in 's/^The sensor attributes nothing.*/This is an armed attack./' 's/(told, no sensor saw it)/(seen)/' '/source: ladder B1: short/,/of this project/d' \
		's/ (inventory)$//' 's/; if the acts are attributed to a State//' 's/B2–B4, likely B2; ind/B4–B4, likely B4; ind/' 's/^  signs  /  seen   /' \
		's/facts: criticality.*/much was lost/' 's/B2 up to B4: commands/B2 up to B4: deliberate commands/' 's/prompts for officials/by the GRU/' \
		's/a band is what the facts/Article 5 applies: what the facts/'; do
		sed "$flaw" "$dir/explained" > "$dir/flawed"
		! cmp -s "$dir/explained" "$dir/flawed" || fail "a planted flaw changed nothing: $flaw"
		! says planted < "$dir/flawed" 2> /dev/null || fail "a planted flaw was not found: $flaw"
	done
fi

# The same bytes each time.
play "$top"/rules/cases/*.yaml > "$dir/once"
play "$top"/rules/cases/*.yaml > "$dir/twice"
cmp -s "$dir/once" "$dir/twice" || fail "two runs differ"

# Told and not told: unknown is not zero.
cat > "$dir/a.yaml" <<'END'
kind: case
id: a
title: a
sources: [ a drill ]
assets: [ { name: plant, owner: JP, sector: energy, criticality: critical, zone: ot } ]
timeline: [ { at: "2026-01-01T00:00:00Z", say: it stops, effects: [ot-stop] } ]
END
sed 's/effects: \[ot-stop\]/effects: [ot-stop], facts: { deaths: 0, injuries: 0, physical_damage: 0, function_loss_h: 0, people_without_service: 0, coercion: 0, state_function: 0, economic_loss_musd: 0 }/' "$dir/a.yaml" > "$dir/b.yaml"
hi() { play --json --party JP "$1" | tail -n 1 | sed 's/.*"parties":{"JP":{"lo":"B[0-9]","likely":"B[0-9]","hi":"\(B[0-9]\)"}.*/\1/'; }
[ "$(hi "$dir/a.yaml")" = B5 ] || fail "unknown harm: $(hi "$dir/a.yaml"), B5 was expected"
[ "$(hi "$dir/b.yaml")" = B2 ] || fail "no harm: $(hi "$dir/b.yaml"), B2 was expected"

# A capture goes through the sensor: what it measures are facts of the case, signs that nobody has confirmed, and what is told comes after them.
cat > "$dir/crane.pkt" <<'END'
start 2026-03-01T04:00:00Z
host station 10.7.0.66
repeat i 1..3 { host crane{i} 10.7.1.{9+i} }
repeat i 1..3 { tcp station -> crane{i}:502 { > modbus unit 1 write-coil 4 = off; < modbus unit 1 write-coil 4 = off } ; +2s }
END
cat > "$dir/film.yaml" <<'END'
kind: case
id: film
title: cranes
sources: [ a drill ]
assets: [ { name: cranes, owner: JP, sector: transport, criticality: critical, zone: ot, networks: [10.7.1.0/24] }, { name: offices, owner: JP, sector: transport } ]
timeline:
  - { at: "2026-03-01T04:00:00Z", say: cranes stop, capture: crane.pkt }
  - { at: "2026-03-01T05:00:00Z", say: somebody counted, facts: { ot_writes: 7 } }
END
play --json "$dir/film.yaml" > "$dir/film.json" 2> "$dir/err" || fail "a case with a capture: $(cat "$dir/err")"
step() { sed -n "$1p" "$dir/film.json"; }
step 1 | grep -q '"measured":{"alerts":3,"incidents":1,"effects":\["ot-write"\]' || fail "what the sensor saw in a capture: $(step 1)"
step 1 | grep -q '"ot_writes":{"lo":3,"likely":3,"hi":3,"method":"measured in crane.pkt: ' || fail "what it measured: $(step 1)"
step 1 | grep -q '"targets":{"lo":3,' || fail "targets: $(step 1)"
play --json "$dir/film.yaml" > "$dir/film2.json"
cmp -s "$dir/film.json" "$dir/film2.json" || fail "a capture played twice differs"
echo 'alert tcp any any -> any 502 (msg:"own"; flow:established,to_server; content:"|05 00 04|"; metadata:casus_effect ot-control; sid:1; rev:1;)' > "$dir/own.rules"
sed 's/capture: crane.pkt/capture: crane.pkt, rules: own.rules/' "$dir/film.yaml" > "$dir/own.yaml"
play --json "$dir/own.yaml" | grep -q '"effects":\["ot-control"\]' || fail "a case's own rules"
sed 's/crane.pkt/none.pkt/' "$dir/film.yaml" > "$dir/none.yaml"
play "$dir/none.yaml" > "$dir/out" 2> "$dir/err" && fail "a capture that is not there"
grep -q 'none.yaml:7:1: error: capture: none.pkt: cannot be read' "$dir/err" || fail "the problem: $(cat "$dir/err")"
echo 'tcp nobody' > "$dir/crane.pkt"
play "$dir/film.yaml" > "$dir/out" 2> "$dir/err" && fail "a capture that is none"
grep -q 'film.yaml:7:1: error: capture: crane.pkt: mkpcap makes no packets of it' "$dir/err" || fail "the problem: $(cat "$dir/err")"

# All problems at once, each with its place and what was expected.
cat > "$dir/bad.yaml" <<'END'
kind: case
id: bad
title: bad
sources: [ a drill ]
assets: [ { name: plant, owner: JP, sector: energy, criticality: vital } ]
published: { legal: [B3, B1] }
timeline:
  - at: "2026-01-02T00:00:00Z"
    say: one
    touches: [plants]
    effects: [denail]
    facts: { death: 0, outage_s: many }
    circumstance: war
  - at: "2026-01-01T00:00:00Z"
    actor: gang
    colour: red
END
rc=0
play "$dir/bad.yaml" > "$dir/out" 2> "$dir/err" || rc=$?
[ $rc -eq 2 ] || fail "a bad case: exit code $rc"
for want in ':5:.*vital' ':6:.*lower one first' ':10:.*plants' ':11:.*denail.*denial' ':12:.*death.*deaths' ':12:.*outage_s' \
	':13:.*war.*peacetime, gray-zone, armed-conflict' ':14:.*say is missing' ':14:.*order of time' ':15:.*gang.*state, non-state' ':16:.*colour'; do
	grep -qE "bad.yaml$want" "$dir/err" || fail "not told: $want; told: $(cat "$dir/err")"
done
