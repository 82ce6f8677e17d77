#!/bin/sh
# Incidents of labelled mixes of own captures: what belongs together is one, what does not is not. The large run over captures of
# others is tests/bench/grouping.py by itself.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
[ -x "$build/sensor/casus" ] || { echo "grouping.sh: skipped: not built" >&2; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/attack" "$dir/realistic"
pcap() { "$build/tools/mkpcap/mkpcap" - -o "$dir/$1.pcap"; }

# A probe, an exploit, then the host that was hit calls out: to another address each time, under one name, with gaps of over an hour.
pcap attack/campaign <<'END'
start 2026-11-20T03:00:00Z
tcp 198.51.100.7 -> 192.168.5.10:80 { > http get shop.example /probe; < http answer 404 "no" }
+20s
tcp 198.51.100.7 -> 192.168.5.10:80 { > http get shop.example /exploit; < http answer 200 "uid=0(root)" }
repeat i 1..5 every 90m { tcp 192.168.5.10 -> 203.0.113.{i*9}:80 { > http get drop.example.net /beacon; < http answer 200 "task" } }
+2h
tcp 192.168.5.11 -> 192.0.2.77:80 { > http get drop.example.net /beacon; < http answer 200 "task" }
END
# Many ports of one host.
pcap attack/scan <<'END'
start 2026-11-20T03:00:00Z
repeat i 1..40 every 100ms { syn 198.51.100.99:40000 -> 192.168.5.20:{20+i} }
END
# A host that asks a resolver for names of its own masters.
pcap attack/names <<'END'
start 2026-11-20T03:00:00Z
repeat i 1..8 every 11m { udp 192.168.5.30 -> 9.9.9.9:53 { > dns-query c{i}.evil.example A; < dns-answer c{i}.evil.example A 192.0.2.{i} } }
END
# Another one, by the same resolver, with another malady.
pcap attack/other <<'END'
start 2026-11-20T03:00:00Z
repeat i 1..8 every 7m { udp 192.168.5.40 -> 9.9.9.9:53 { > dns-query x{i}.bad.example A; < dns-answer x{i}.bad.example A 192.0.2.{100+i} } }
END
# An exploit that sits in an answer, and what the client does next.
pcap attack/answer <<'END'
start 2026-11-20T03:00:00Z
tcp 192.168.5.50 -> 198.18.7.200:80 { > http get news.example /page; < http answer 200 "EXPLOITKIT" }
+3s
tcp 192.168.5.50 -> 198.18.7.201:80 { > http get load.example /second-stage; < http answer 200 "MZ" }
tcp 192.168.5.50 -> 198.18.8.2:80 { > http get ip.example /myaddress; < http answer 200 "x" }
END
# Ordinary traffic, some of which alerts.
pcap realistic/day <<'END'
start 2026-11-20T03:00:00Z
repeat i 1..20 every 5m { tcp 192.168.5.{60+i} -> 203.0.113.50:80 { > http get www.example.org /; < http answer 200 "hello" } }
repeat i 1..10 every 9m { udp 192.168.5.90 -> 239.255.255.250:1900 "NOTIFY malformed" }
END
cat > "$dir/own.rules" <<'END'
alert http any any -> any any (msg:"probe"; http.uri; content:"/probe"; metadata:casus_effect intrusion-attempt; sid:1; rev:1;)
alert http any any -> any any (msg:"exploit"; http.uri; content:"/exploit"; metadata:casus_effect intrusion-attempt; sid:2; rev:1;)
alert http any any -> any any (msg:"root answers"; flow:to_client; file_data; content:"uid=0"; metadata:casus_effect intrusion; sid:3; rev:1;)
alert http any any -> any any (msg:"beacon"; http.uri; content:"/beacon"; metadata:casus_effect c2; sid:4; rev:1;)
alert tcp any any -> any any (msg:"SYN"; flags:S; flow:stateless; dsize:0; metadata:casus_effect scan; threshold:type both, track by_src, count 10, seconds 60; sid:5; rev:1;)
alert tcp any any -> any 22 (msg:"SYN to ssh"; flags:S; flow:stateless; metadata:casus_effect scan; sid:6; rev:1;)
alert dns any any -> any any (msg:"evil name"; dns.query; content:"evil.example"; metadata:casus_effect c2; sid:7; rev:1;)
alert dns any any -> any any (msg:"bad name"; dns.query; content:"bad.example"; metadata:casus_effect c2; sid:8; rev:1;)
alert http any any -> any any (msg:"kit"; flow:to_client; file_data; content:"EXPLOITKIT"; metadata:casus_effect intrusion-attempt; sid:9; rev:1;)
alert http any any -> any any (msg:"asks for its address"; http.uri; content:"/myaddress"; sid:10; rev:1;)
alert udp any any -> any 1900 (msg:"malformed NOTIFY"; content:"malformed"; metadata:casus_effect intrusion-attempt; sid:11; rev:1;)
alert http any any -> any any (msg:"second stage"; http.uri; content:"/second-stage"; metadata:casus_effect c2; sid:12; rev:1;)
END
python3 "$top/tests/bench/grouping.py" --captures "$dir" --rules "$dir/own.rules" --casus "$build/sensor/casus" --mixes 8 --jobs 1 --verbose > "$dir/out" || { cat "$dir/out" >&2; exit 1; }
tail -n 4 "$dir/out"
python3 "$top/tests/bench/grouping.py" --captures "$dir" --rules "$dir/own.rules" --casus "$build/sensor/casus" --mixes 2 --jobs 1 --verbose > "$dir/once"
head -n 40 "$dir/out" | grep '^[01] ' > "$dir/a"
grep '^[01] ' "$dir/once" > "$dir/b"
cmp -s "$dir/a" "$dir/b" || { echo "grouping.sh: two runs with one seed differ" >&2; exit 1; }
rc=0
python3 "$top/tests/bench/grouping.py" --captures "$dir/none" --casus "$build/sensor/casus" > "$dir/err" || rc=$?
[ $rc -eq 77 ] && grep -q 'skipped: no captures' "$dir/err" || { echo "grouping.sh: without captures: exit code $rc" >&2; exit 1; }
