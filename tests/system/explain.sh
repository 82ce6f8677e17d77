#!/bin/sh
# casus explain names the true cause: for each case a rule, a capture, and the words the verdict must have.
set -eu
top=$(cd "${top_srcdir:-..}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
export top_srcdir="$top"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
casus="$build/sensor/casus" bad=0 n=0
cd "$dir"

"$build/tools/mkpcap/mkpcap" - -o web.pcap << 'END'
host client 198.51.100.7
host server 10.1.0.80
tcp client:40000 -> server:80 {
  > "GET /index.html?id=1 HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: curl\r\n\r\n"
  < "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
}
udp client:5000 -> server:5001 { > "ping one"; > "ping two"; > "ping three" }
END
"$build/tools/mkpcap/mkpcap" - -o mid.pcap << 'END'
host client 198.51.100.7
host server 10.1.0.80
tcp client:40000 -> server:80 midstream { > "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n" }
END
"$build/tools/mkpcap/mkpcap" - -o sums.pcap << 'END'
host client 198.51.100.7
host server 10.1.0.80
set checksum bad
tcp client:40000 -> server:80 { > "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n" }
END

"$build/tools/mkpcap/mkpcap" - -o echo.pcap << 'END'
host client 198.51.100.7
host server 10.1.0.80
icmp client -> server 8 0 seq 1 "abc"
END

# explains NAME CAPTURE WORDS [OPTIONS...] < rules: the rule with sid 7; WORDS: an extended regular expression on the whole answer.
explains() {
	name=$1 capture=$2 words=$3
	shift 3
	cat > r.rules
	n=$((n + 1))
	rc=0
	"$casus" explain --sid 7 -r "$capture" -S r.rules "$@" > answer 2> errors || rc=$?
	if [ $rc -ne 0 ] || ! grep -Eq -- "$words" answer; then
		echo "explain.sh: $name: exit code $rc, expected $words in:" >&2
		cat answer errors >&2
		bad=1
	fi
}

explains "alerts" web.pcap 'verdict +alerted 1 times' << 'END'
alert http any any -> any any (msg:"a"; http.uri; content:"index"; sid:7;)
END
explains "a keyword that does not exist" web.pcap 'because +r\.rules:1:[0-9]+: .*no_such_thing' << 'END'
alert http any any -> any any (msg:"a"; no_such_thing; sid:7;)
END
explains "commented out" web.pcap 'stands in r\.rules:2, commented out' << 'END'
alert udp any any -> any any (msg:"b"; sid:8;)
# alert http any any -> any any (msg:"a"; http.uri; content:"index"; sid:7;)
END
explains "not the address" web.pcap 'verdict +no match: destination address of .*: 10\.1\.0\.80 is not in it' << 'END'
alert http any any -> 10.9.0.0/16 any (msg:"a"; http.uri; content:"index"; sid:7;)
END
explains "not the port" web.pcap 'verdict +no match: destination port of .*: port 80 is not in it' << 'END'
alert tcp any any -> 10.1.0.80 8080 (msg:"a"; content:"index"; sid:7;)
END
explains "a port that nobody has" echo.pcap 'verdict +no match: content:"zzz"' << 'END'
alert ip any any -> any 80 (msg:"a"; content:"zzz"; sid:7;)
END
explains "another protocol" web.pcap 'verdict +no match: application protocol .*: the flow speaks http' << 'END'
alert tls any any -> any any (msg:"a"; tls.sni; content:"index"; sid:7;)
END
explains "the wrong direction" web.pcap '\[ \] content:"index" \(1:[0-9]+\) in (stream|payload)' << 'END'
alert tcp any any -> any any (msg:"a"; flow:established,to_client; content:"index"; sid:7;)
END
explains "a buffer without the words" web.pcap 'verdict +no match: content:"admin" .*in http\.uri: http\.uri has 16 bytes: "/index\.html\?id=1"' << 'END'
alert http any any -> any any (msg:"a"; flow:established,to_server; http.method; content:"GET"; http.uri; content:"index"; content:"admin"; distance:0; sid:7;)
END
explains "a buffer that is not there" web.pcap 'no match: content:"a" .*: there is no http\.cookie' << 'END'
alert http any any -> any any (msg:"a"; http.uri; content:"index"; http.cookie; content:"a"; sid:7;)
END
explains "too long" web.pcap 'no match: bsize:10 ' << 'END'
alert http any any -> any any (msg:"a"; http.uri; content:"index"; bsize:10; sid:7;)
END
explains "a place that does not fit" web.pcap 'no match: content:"html" .*in http\.uri' << 'END'
alert http any any -> any any (msg:"a"; http.uri; content:"/index"; content:"html"; within:4; distance:5; sid:7;)
END
explains "a flowbit nobody set" web.pcap 'no match: flowbits:isset,seen' << 'END'
alert http any any -> any any (msg:"a"; flowbits:isset,seen; http.uri; content:"index"; sid:7;)
END
explains "a size" web.pcap 'no match: dsize:>100 ' << 'END'
alert udp any any -> any 5001 (msg:"a"; content:"ping"; dsize:>100; sid:7;)
END
explains "held back by its threshold" web.pcap 'matched, and held back by a threshold' << 'END'
alert udp any any -> any 5001 (msg:"a"; content:"ping"; threshold:type threshold, track by_src, count 9, seconds 60; sid:7;)
END
echo 'suppress gen_id 1, sig_id 7' > threshold.config
explains "suppressed" web.pcap 'matched, and held back by a threshold or a suppression' --set threshold-file=threshold.config << 'END'
alert udp any any -> any 5001 (msg:"a"; content:"ping"; sid:7;)
END
explains "noalert" web.pcap 'it says noalert' << 'END'
alert udp any any -> any 5001 (msg:"a"; content:"ping"; noalert; sid:7;)
END
explains "a pass rule" web.pcap 'a pass rule had the last word' << 'END'
pass udp any any -> any 5001 (msg:"p"; content:"ping"; sid:8;)
alert udp any any -> any 5001 (msg:"a"; content:"ping"; sid:7;)
END
explains "too many alerts" web.pcap 'packet-alert-max alerts of other rules came first' --set packet-alert-max=1 << 'END'
alert udp any any -> any 5001 (msg:"b"; content:"ping"; priority:1; sid:8;)
alert udp any any -> any 5001 (msg:"a"; content:"ping"; priority:2; sid:7;)
END
explains "midstream" mid.pcap 'stream\.midstream' << 'END'
alert http any any -> any any (msg:"a"; http.uri; content:"index"; sid:7;)
END
explains "bad checksums" sums.pcap 'wrong checksum were left out; -k none' << 'END'
alert http any any -> any any (msg:"a"; http.uri; content:"index"; sid:7;)
END
explains "bad checksums taken" sums.pcap 'alerted 1 times' -k none << 'END'
alert http any any -> any any (msg:"a"; http.uri; content:"index"; sid:7;)
END
rc=0
"$casus" explain --sid 9 -r web.pcap -S r.rules > answer 2> errors || rc=$?
[ $rc = 78 ] && grep -q 'no rule with sid 9' errors || { echo "explain.sh: a sid that is nowhere: exit code $rc: $(cat errors)" >&2; bad=1; }
rc=0
"$casus" explain --sid 9 > answer 2> errors || rc=$?
[ $rc = 64 ] || { echo "explain.sh: without -r: exit code $rc" >&2; bad=1; }
[ $n -ge 20 ] || bad=1
exit $bad
