#!/bin/sh
# A replay into a private Redis: the consumer group of contrib/consumer.py reads every record with no gap in seq, twice over,
# and what it reads is what eve.json holds. Then the same replay with Redis away: nothing fails. Skips without redis-server or python3-redis.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus=$build/sensor/casus
python=/usr/bin/python3
skip() { echo "redis.sh: skipped: $*" >&2; exit 77; }
fail() { echo "redis.sh: $*" >&2; for f in "$dir"/*.out; do [ ! -s "$f" ] || { echo "-- $f"; tail -n 20 "$f"; } >&2; done; exit 1; }
command -v redis-server > /dev/null && command -v redis-cli > /dev/null || skip "no redis-server"
[ -x $python ] && $python -c 'import redis' 2> /dev/null || skip "no python3-redis"
dir=$(mktemp -d /tmp/casus-redis-test.XXXXXX) pid=
cleanup() {
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2> /dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

cat > "$dir/t.pkt" << 'END'
start 2026-03-01T00:00:00Z
host web 10.1.0.80
host mallory 198.51.100.7
repeat i 1..300 { tcp mallory:40000+i -> web:80 {
  > http get www.example.jp /
  < http answer 200 "hello"
}; wait 20ms }
END
"$build/tools/mkpcap/mkpcap" "$dir/t.pkt" -o "$dir/t.pcap" > "$dir/mkpcap.out" 2>&1 || fail "mkpcap"
echo 'alert tcp any any -> any 80 (msg:"a request"; flow:established,to_server; content:"GET"; sid:1; rev:1;)' > "$dir/r.rules"

redis-server --port 0 --unixsocket "$dir/s" --save '' --appendonly no --dir "$dir" > "$dir/redis.out" 2>&1 < /dev/null &
pid=$!
n=100
until [ "$(redis-cli -s "$dir/s" ping 2> /dev/null)" = PONG ]; do
	n=$((n - 1))
	[ $n -gt 0 ] || fail "redis-server does not answer"
	sleep 0.1
done

for run in 1 2; do
	mkdir "$dir/$run"
	rc=0
	"$casus" -r "$dir/t.pcap" -S "$dir/r.rules" -l "$dir/$run" --set "redis.socket=$dir/s" > "$dir/casus.out" 2>&1 || rc=$?
	[ $rc = 0 ] || fail "casus: exit code $rc"
	rc=0
	$python "$top/contrib/consumer.py" --socket "$dir/s" --sensor replay-t-pcap --group "g$run" --idle-exit 1 > "$dir/read.$run" 2> "$dir/consumer.out" || rc=$?
	[ $rc = 0 ] || fail "consumer, run $run: exit code $rc (1: a gap)"
	grep -q ' 0 gaps' "$dir/consumer.out" || fail "consumer, run $run: gaps"
	[ "$(wc -l < "$dir/read.$run")" = "$(wc -l < "$dir/$run/eve.json")" ] ||
		fail "consumer read $(wc -l < "$dir/read.$run") records, eve.json has $(wc -l < "$dir/$run/eve.json")"
	sort "$dir/read.$run" > "$dir/a"
	sort "$dir/$run/eve.json" > "$dir/b"
	cmp -s "$dir/a" "$dir/b" || fail "the records in Redis are not those of eve.json"
	[ "$(grep -c '"event_type":"alert"' "$dir/read.$run")" = 300 ] || fail "$(grep -c '"event_type":"alert"' "$dir/read.$run") alerts, expected 300"
done
cmp "$dir/1/eve.json" "$dir/2/eve.json" || fail "two replays differ"
redis-cli -s "$dir/s" hget 'casus:1:{replay-t-pcap}:state' journal_backlog | grep -qx 0 || fail "a backlog is left"

kill "$pid"
wait "$pid" 2> /dev/null || true
pid=
mkdir "$dir/3"
rc=0
"$casus" -r "$dir/t.pcap" -S "$dir/r.rules" -l "$dir/3" --set "redis.socket=$dir/s" --set shutdown-grace=1s > "$dir/casus.out" 2>&1 || rc=$?
[ $rc = 0 ] || fail "Redis away: exit code $rc"
[ "$(grep -c '"event_type":"alert"' "$dir/3/eve.json")" = 300 ] || fail "Redis away: alerts are missing in eve.json"
"$build/tools/casusctl/casusctl" journal verify --dir "$dir/3/journal" > /dev/null || fail "Redis away: the journal is not whole"
