#!/bin/sh
# Replays with every kind of record fit rules/schema, and still fit the EVE subset without `casus`; so does the shipped data.
#
#   schema.sh [CAPTURE]...   other captures; RULES=file other rules
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus="$build/sensor/casus"
skip() { echo "schema.sh: skipped: $*" >&2; exit 77; }
fail() { echo "schema.sh: $*" >&2; exit 1; }
python=
for p in /usr/bin/python3 python3; do
	[ -n "$python" ] || ! "$p" -c 'import yaml; from jsonschema import Draft202012Validator' 2> /dev/null || python=$p
done
[ -n "$python" ] || skip "no python3 with jsonschema and yaml"
check() { "$python" -W ignore "$top/tests/system/validate.py" "$@"; }
check "$top/rules/policy" "$top/rules/cases" "$top/rules/effects.yaml" || fail "shipped data"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# A validator that lets everything through proves nothing.
echo '{"timestamp":"2026-01-01T00:00:00.000000+0000","event_type":"alert","casus":{"v":1}}' > "$dir/eve-bad.json"
! check "$dir/eve-bad.json" 2> /dev/null > /dev/null || fail "a bad record fits"
echo '{"event_type":"incident","casus":{"v":1,"incident":{"id":"I-20260101-00000001"},"release":{"party":"JP","marking":"TLP:GREEN"}}}' > "$dir/eve-bad.json"
! check "$dir/eve-bad.json" 2> /dev/null > /dev/null || fail "a bad record of a party fits"

[ -x "$casus" ] || skip "not built"
shared="$top/../shared/traffic"
[ $# -gt 0 ] || set -- "$shared/realistic/http-packets.pcap" "$shared/realistic/dns.pcap" "$shared/realistic/smb2.pcap" "$shared/ics/ModbusTCP.pcap" \
	"$shared/attack/emotet-icedid-2018-11-14.pcap"
[ -r "$1" ] || set -- "$build/contrib/scenario/scenario.pcap"
cat > "$dir/rules" <<'END'
alert http any any -> any any (msg:"request"; flow:established,to_server; flowbits:set,seen; http.method; content:"GET"; metadata:casus_effect c2; reference:url,example.com; sid:1; rev:2;)
alert http any any -> any any (msg:"again"; flow:established,to_server; flowbits:isset,seen; target:src_ip; metadata:casus_effect intrusion; sid:2; rev:1;)
alert tcp any any -> any 502 (msg:"write"; flow:established; target:dest_ip; metadata:casus_effect ot-write; sid:3; rev:1;)
alert udp any any -> any any (msg:"datagram"; metadata:casus_effect scan; sid:4; rev:1;)
alert tcp any any -> any 445 (msg:"smb"; flow:established; metadata:casus_effect lateral; sid:5; rev:1;)
END
cat > "$dir/conf.yaml" <<'END'
%YAML 1.1
---
outputs:
  - eve-log:
      enabled: yes
      community-id: yes
      pcap-file: yes
      types: [ { alert: { payload: yes, packet: yes, metadata: yes } }, { anomaly: { types: { decode: yes, stream: yes }, packethdr: yes } }, http, dns, tls, files, smtp, ssh, smb, ftp, modbus, dnp3, iec104, s7comm, flow, stats ]
END
cat > "$dir/inventory.yaml" <<'END'
version: 1
assets:
  - { name: site, networks: [10.0.0.0/8, 192.168.0.0/16, 172.16.0.0/12, "fe80::/10"], owner: JP, sector: energy, criticality: high, zone: ot, capacity: { bps: 1000000 }, services: [ { port: 502 }, { port: 80 } ] }
END
cat > "$dir/context.yaml" <<'END'
statements:
  - { id: s1, author: analyst A, time: "2000-01-01T00:00:00Z", owner: JP, circumstance: gray-zone, confidence: { scale: "ICD 203", value: likely }, facts: { function_loss_h: [1, 4], deaths: 0 } }
END
check "$dir/inventory.yaml" "$dir/context.yaml" || fail "input files"
# What parties are let have of it.
released() {
	for party in JP US NATO; do
		"$build/tools/casusctl/casusctl" release $party --dir "$1/journal" --packs "$top/rules/policy" --effects "$top/rules/effects.yaml" > "$1/eve-$party.json" 2> "$dir/out" || continue
		[ ! -s "$1/eve-$party.json" ] || parts=$((parts + 1))
		[ ! -s "$1/eve-$party.json" ] || check "$1/eve-$party.json" || fail "$capture: what $party is let have does not fit"
	done
}

# Its last incident as two sensors saw it, joined.
fused() {
	grep '"event_type":"incident"' "$1/eve.json" | tail -n 1 > "$dir/one"
	[ -s "$dir/one" ] || return 0
	sed 's/"sensor":"[a-z0-9-]*"/"sensor":"other"/' "$dir/one" | cat "$dir/one" - > "$dir/both"
	"$build/tools/fusion/casus-fusion" --set "packs=$top/rules/policy" --set "effects=$top/rules/effects.yaml" --assess "$dir/both" > "$dir/joined" 2> "$dir/out" ||
		fail "$capture: casus-fusion: $(cat "$dir/out" "$dir/joined")"
	{
		printf '{"timestamp":"2026-01-01T00:00:00.000000+0000","event_type":"incident","casus":{"v":1,"sensor":"fusion","epoch":"fusion","seq":1,"eid":"%032d","incident":' 1
		tr -d '\n' < "$dir/joined"
		echo '}}'
	} > "$1/eve-joined.json"
	check "$1/eve-joined.json" || fail "$capture: what was joined does not fit"
	grep -q '"sensors":\[{' "$1/eve-joined.json" || fail "$capture: nothing was joined"
}

n=0 parts=0
for capture; do
	n=$((n + 1))
	mkdir "$dir/$n"
	"$casus" -r "$capture" -k none -c "$dir/conf.yaml" -S "${RULES:-$dir/rules}" -l "$dir/$n" --inventory "$dir/inventory.yaml" \
		--set "packs=$top/rules/policy" --set "effects=$top/rules/effects.yaml" --set "context=$dir/context.yaml" \
		> "$dir/out" 2>&1 || fail "$capture: $(cat "$dir/out")"
	[ -s "$dir/$n/eve.json" ] || fail "$capture: no records"
	check "$dir/$n/eve.json" || fail "$capture: records do not fit"
	released "$dir/$n"
	fused "$dir/$n"
done
[ "$parts" -gt 0 ] || fail "nothing was released, or nothing was joined"
