#!/bin/sh
# --engine-analysis names the pattern each rule is found by; --rule-profile counts looks and matches as the alerts do.
set -eu
top=$(cd "${top_srcdir:-..}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
export top_srcdir="$top"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
casus="$build/sensor/casus"
cd "$dir"
fail() { echo "analysis.sh: $*" >&2; exit 1; }

cat > r.rules << 'END'
alert udp any any -> any 5001 (msg:"a"; content:"pi"; content:"g thr"; fast_pattern; sid:1; rev:2;)
alert udp any any -> any any (msg:"b"; content:"ab"; sid:2;)
alert udp any any -> any 5001 (msg:"e"; content:"ab"; sid:5;)
alert http any any -> any any (msg:"c"; http.uri; content:"index"; http.method; content:"GET"; sid:3;)
alert udp any any -> any any (msg:"d"; pcre:"/p[io]ng/"; sid:4;)
END
"$build/tools/mkpcap/mkpcap" - -o t.pcap << 'END'
udp 198.51.100.7:5000 -> 10.1.0.80:5001 { > "ping one"; > "ping two"; > "ping three" }
END
"$casus" --engine-analysis -S r.rules > analysis 2> errors || fail "$(cat errors)"
grep -Eq 'sid 1 rev 2: .*found by "g thr" in payload$' analysis || fail "the fast pattern of sid 1: $(cat analysis)"
grep -Eq 'sid 3 .*found by "index" in http\.uri$' analysis || fail "the fast pattern of sid 3: $(cat analysis)"
grep -Eq '^rules that cost more than others: 2$' analysis || fail "costly rules: $(cat analysis)"
grep -Eq 'sid 2: the pattern it is found by is shorter' analysis || fail "a short pattern"
grep -Eq 'sid 5 .*found by its ports$' analysis || fail "one port tells more than a short pattern: $(cat analysis)"
grep -Eq 'sid 4: a regular expression without a pattern' analysis || fail "a lonely regular expression"
! grep -q inside analysis || fail "rules that name no addresses are in one group: $(cat analysis)"
cat > home.rules << 'END'
alert udp 10.0.0.0/8 any -> !10.0.0.0/8 any (msg:"a"; content:"outbound"; sid:1;)
alert udp !10.0.0.0/8 any -> 10.0.0.0/8 any (msg:"b"; content:"inbound"; sid:2;)
alert udp any any -> 10.0.0.0/8 any (msg:"c"; content:"to home"; sid:3;)
END
"$casus" --engine-analysis -S home.rules > analysis 2> errors || fail "$(cat errors)"
grep -q '^  10\.0\.0\.0 - 10\.255\.255\.255$' analysis || fail "what most rules name is told: $(cat analysis)"
for kind in 'inside to inside 1' 'inside to outside 1' 'outside to inside 2'; do
	grep -Eq "^  udp payload, to client, ${kind% *} +${kind##* } " analysis || fail "patterns, $kind: $(cat analysis)"
done
! grep -q 'outside to outside' analysis || fail "no rule is on strangers among themselves: $(cat analysis)"
cat > often.rules << 'END'
alert udp !192.0.2.1 any -> 198.51.100.0/24 any (msg:"a"; content:"one"; sid:1;)
alert udp !192.0.2.1 any -> 198.51.100.0/24 any (msg:"b"; content:"two"; sid:2;)
alert udp !10.0.0.0/8 any -> any any (msg:"c"; content:"three"; sid:3;)
alert udp 10.0.0.0/8 any -> any any (msg:"d"; content:"four"; sid:4;)
alert udp [10.0.0.0/9,10.128.0.0/9] any -> any any (msg:"e"; content:"five"; sid:5;)
END
"$casus" --engine-analysis -S often.rules > analysis 2> errors || fail "$(cat errors)"
grep -A1 '^inside' analysis | grep -q '^  10\.0\.0\.0 - 10\.255\.255\.255$' || fail "a set, the same in other words and all but it count together: $(cat analysis)"
cat > told.rules << 'END'
alert http any any -> any any (msg:"a verb of most requests"; http.method; content:"GET"; http.user_agent; content:"asd"; depth:3; endswith; sid:1;)
alert http any any -> any any (msg:"a word of every page"; http.header; content:"Host|3a 20|"; http.user_agent; content:"6."; depth:2; sid:2;)
alert http any any -> any any (msg:"a byte anywhere"; http.header; content:"|3a|"; http.user_agent; content:"0"; startswith; sid:3;)
alert http any any -> any any (msg:"the rule says so"; http.method; content:"GET"; fast_pattern; http.user_agent; content:"asdf"; sid:4;)
alert http any any -> any any (msg:"of one size"; http.user_agent; content:"Mozilla"; bsize:7; sid:5;)
alert http any any -> any any (msg:"begins so"; http.user_agent; content:"Mozilla"; startswith; sid:6;)
END
"$build/tools/mkpcap/mkpcap" - -o told.pcap << 'END'
tcp 198.51.100.7:5000 -> 10.1.0.80:80 {
	> "GET /1 HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla\r\n\r\n"
	< "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	> "GET /2 HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
	< "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
}
END
"$casus" --engine-analysis -S told.rules > analysis 2> errors || fail "$(cat errors)"
for by in '1 "asd" in http.user_agent' '2 "6." in http.user_agent' '3 "0" in http.user_agent' '4 "GET" in http.method'; do
	grep -q "sid ${by%% *} .*found by ${by#* }" analysis || fail "what tells more: $by: $(cat analysis)"
done
"$casus" -r told.pcap -S told.rules -l told --rule-profile=json > profile 2> errors || fail "$(cat errors)"
grep -q '"signature_id":5,.*"checks":1,"matches":1,' profile || fail "a field of another size is not looked at: $(cat profile)"
grep -q '"signature_id":6,.*"checks":2,"matches":2,' profile || fail "one that begins so is: $(cat profile)"
! grep -Eq '"signature_id":[123],' profile || fail "rules whose pattern is not there: $(cat profile)"
for w in 1 2; do
	"$casus" -r t.pcap -S r.rules -l "out$w" -w $w --rule-profile=json > "profile$w" 2> errors || fail "$(cat errors)"
	grep -q '"signature_id":4,.*"checks":3,"matches":3,' "profile$w" || fail "-w $w: sid 4: $(cat "profile$w")"
	grep -q '"signature_id":1,.*"checks":1,"matches":1,' "profile$w" || fail "-w $w: sid 1 is looked at where its pattern is: $(cat "profile$w")"
	! grep -q '"signature_id":3,' "profile$w" || fail "-w $w: sid 3 was never looked at"
done
"$casus" -r t.pcap -S r.rules -l out3 --rule-profile > table 2> errors || fail "$(cat errors)"
[ "$(wc -l < table)" = 4 ] || fail "a table with a head and three rows: $(cat table)"
