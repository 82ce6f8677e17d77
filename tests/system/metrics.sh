#!/bin/sh
# A live sensor tells Prometheus every name it promises; promtool, where it is, accepts them, the alert rules and what the
# dashboard asks for; /healthz and /readyz answer; contrib/sse.py hands on what comes behind Last-Event-ID.
# Needs root and unshare(1); skips without.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
skip() { echo "metrics.sh: skipped: $*" >&2; exit 77; }
fail() { echo "metrics.sh: $*" >&2; [ ! -f "$dir/log" ] || cat "$dir/log" >&2; exit 1; }
[ "$(id -u)" = 0 ] || skip "not root"
for tool in unshare ip redis-server; do command -v $tool > /dev/null || skip "no $tool"; done
/usr/bin/python3 -c 'import redis' 2> /dev/null || skip "no python3-redis"
if [ -z "${METRICS_INSIDE:-}" ]; then
	unshare -n true 2> /dev/null || skip "no network namespaces"
	METRICS_INSIDE=1 exec unshare -n sh "$0"
fi
ip link set lo up
dir=$(mktemp -d) pids=
cleanup() {
	for p in $pids; do kill "$p" 2> /dev/null || true; done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

redis-server --port 0 --unixsocket "$dir/s" --save '' --dir "$dir" > /dev/null 2>&1 &
pids="$pids $!"
echo 'alert udp any any -> any 9999 (msg:"a datagram"; classtype:trojan-activity; sid:1; rev:1;)' > "$dir/r.rules"
"$build/sensor/casus" -i lo -S "$dir/r.rules" -l "$dir" -k none --set metrics.port=9477 --set "redis.socket=$dir/s" --set sensor-name=edge-1 \
	--set capture.promiscuous=no --set stats.interval=1s > "$dir/log" 2>&1 &
pids="$pids $!"
cat > "$dir/get.py" << 'END'
import sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(f"http://127.0.0.1:9477{sys.argv[1]}", timeout=10) as r:
        sys.stdout.write(r.read().decode())
except urllib.error.HTTPError as e:
    sys.exit(e.code - 400)
END
get() { /usr/bin/python3 "$dir/get.py" "$1" 2> /dev/null; }
n=300
until [ "$(get /readyz)" = ready ]; do
	n=$((n - 1))
	[ $n -gt 0 ] || fail "not ready"
	sleep 0.1
done
[ "$(get /healthz)" = ok ] || fail "/healthz"
rc=0
get /else > /dev/null || rc=$?
[ $rc = 4 ] || fail "an unknown page: $rc"
/usr/bin/python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(50): s.sendto(b"x", ("127.0.0.1", 9999))'
n=100
until get /metrics > "$dir/m" && grep -q '^casus_alerts_total{severity="1"} 50$' "$dir/m" && ! grep -q '^casus_output_events_total{output="redis"} 0$' "$dir/m"; do
	n=$((n - 1))
	[ $n -gt 0 ] || { cat "$dir/m"; fail "50 alerts are not told"; }
	sleep 0.1
done
for name in build_info capture_packets_total capture_dropped_packets_total stream_gap_ratio decode_errors_total flows memory_bytes \
	memcap_hits_total rules ruleset_reload_timestamp_seconds alerts_total alerts_suppressed_total journal_bytes \
	journal_oldest_unacked_seconds output_events_total output_dropped_total redis_connected redis_roundtrip_seconds incidents \
	assessment_seconds; do
	grep -q "^# TYPE casus_$name " "$dir/m" || fail "casus_$name is missing"
done
grep -q '^casus_capture_packets_total{iface="lo"} [1-9]' "$dir/m" || fail "no packets of lo"
grep -q '^casus_redis_connected 1$' "$dir/m" || fail "Redis is not connected"
for name in $(grep -oh 'casus_[a-z_]*' "$top/contrib/prometheus/casus-alerts.yml" "$top/contrib/grafana/casus.json" | sed 's/_bucket$//' | sort -u); do
	grep -q "^# TYPE $name " "$dir/m" || fail "rules or dashboard ask for $name, which is not there"
done
if command -v promtool > /dev/null; then
	promtool check metrics < "$dir/m" || fail "promtool does not accept the metrics"
	promtool check rules "$top/contrib/prometheus/casus-alerts.yml" > "$dir/promtool" || fail "promtool: $(cat "$dir/promtool")"
fi
/usr/bin/python3 -m json.tool "$top/contrib/grafana/casus.json" > /dev/null || fail "the dashboard is no JSON"

"$top/contrib/sse.py" --socket "$dir/s" --listen 127.0.0.1:9478 &
pids="$pids $!"
cat > "$dir/sse.py" << 'END'
import json, time, urllib.request
def events(last, n):
    q = urllib.request.Request("http://127.0.0.1:9478/edge-1", headers={"Last-Event-ID": last})
    out, one = [], {}
    with urllib.request.urlopen(q, timeout=20) as r:
        while len(out) < n:
            line = r.readline().decode().rstrip("\n")
            if not line and "data" in one:
                out.append((one["id"], json.loads(one["data"])["casus"]["eid"]))
                one = {}
            elif ": " in line and not line.startswith(":"):
                key, value = line.split(": ", 1)
                one[key] = value
    return out
for _ in range(50):
    try:
        all50 = events("0-0", 50)
        break
    except OSError:
        time.sleep(0.1)
assert events(all50[19][0], 30) == all50[20:], "what comes behind Last-Event-ID"
assert len(set(e for _, e in all50)) == 50
END
/usr/bin/python3 "$dir/sse.py" || fail "sse.py"
