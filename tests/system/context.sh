#!/bin/sh
# What people tell a running sensor: bare only by the control socket's owner, signed by the Redis stream, checked on each way; kept over a
# restart (a kill too), told as records, gone when it expires. Listens on lo: needs root; needs redis-server and openssl. Skips without.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus=$build/sensor/casus ctl=$build/tools/casusctl/casusctl
skip() { echo "context.sh: skipped: $*" >&2; exit 77; }
fail() { echo "context.sh: $*" >&2; cat "$dir/log" >&2 || true; exit 1; }
[ -x "$casus" ] && [ -x "$ctl" ] || skip "not built"
[ "$(id -u)" = 0 ] || skip "not root"
for tool in redis-server redis-cli openssl unshare; do command -v $tool > /dev/null || skip "no $tool"; done
if [ -z "${CONTEXT_INSIDE:-}" ]; then
	unshare -n true 2> /dev/null || skip "network namespaces cannot be made"
	CONTEXT_INSIDE=1 exec unshare -n sh "$0"
fi
ip link set lo up 2> /dev/null || skip "no lo here"

dir=$(mktemp -d /tmp/casus-context-test.XXXXXX) redis='' pid=''
cleanup() {
	for p in $pid $redis; do kill "$p" 2> /dev/null && wait "$p" 2> /dev/null || true; done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# until_true WHAT COMMAND...
until_true() {
	what=$1 n=200
	shift
	until "$@" > /dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || fail "$what"
		sleep 0.1
	done
}
rcli() { redis-cli -s "$dir/s" "$@"; }
answers() { [ "$(rcli ping)" = PONG ]; }
status() { "$ctl" --socket "$dir/out/casus.sock" --json status; }
start() {
	"$casus" -i lo -S "$dir/none.rules" -l "$dir/out" --set sensor-name=c1 --set "context-keys=$dir/keys.yaml" --set "redis.socket=$dir/s" --control-socket "$dir/out/casus.sock" \
		--set "packs=$top/rules/policy" --set "effects=$top/rules/effects.yaml" > "$dir/log" 2>&1 &
	pid=$!
	until_true "the sensor does not start" status
}
recorded() { grep '"event_type":"context"' "$dir/out/eve.json" | grep -c "\"id\":\"$1\""; }

openssl genpkey -algorithm ed25519 -out "$dir/pem" 2> /dev/null
openssl genpkey -algorithm ed25519 -out "$dir/other.pem" 2> /dev/null
echo "keys: [ { name: centre, author: duty officer, key: $("$ctl" context key "$dir/pem") } ]" > "$dir/keys.yaml"
: > "$dir/none.rules"
mkdir "$dir/out"
chmod 755 "$dir"
redis-server --port 0 --unixsocket "$dir/s" --unixsocketperm 777 --save '' --appendonly no --dir "$dir" > "$dir/redis.out" 2>&1 < /dev/null &
redis=$!
until_true "redis-server does not answer" answers
say() { printf 'id: %s\nauthor: duty officer\ntime: "2026-01-01T00:00:00Z"\n%sterritory: JP\ncircumstance: gray-zone\n' "$1" "${2:-}" > "$dir/$1.yaml"; }
for id in bare redis good forged past; do say $id; done
say past 'expires: "2026-01-02T00:00:00Z"
'
"$ctl" context sign "$dir/pem" centre "$dir/redis.yaml" > "$dir/redis.signed"
"$ctl" context sign "$dir/pem" centre "$dir/good.yaml" > "$dir/good.signed"
"$ctl" context sign "$dir/pem" centre "$dir/past.yaml" > "$dir/past.signed"
"$ctl" context sign "$dir/other.pem" centre "$dir/forged.yaml" > "$dir/forged.signed"
key='casus:1:{c1}:context'
post() { rcli -x XADD "$key" '*' y < "$1" > /dev/null; }
refused() { [ "$(rcli XLEN "$key-refused")" = "$1" ]; }

# Each way: the socket's owner bare, the stream signed; what is bare there, or forged, is refused and its author told.
start
"$ctl" --socket "$dir/out/casus.sock" context add "$dir/bare.yaml" > /dev/null || fail "bare by the socket's owner"
until_true "no record of what the socket's owner told" recorded bare
"$ctl" --socket "$dir/out/casus.sock" context add "$dir/forged.signed" > "$dir/answer" 2>&1 && fail "a forged statement was taken by the socket"
grep -q 'does not fit' "$dir/answer" || fail "the socket does not tell why: $(cat "$dir/answer")"
post "$dir/redis.signed"
post "$dir/redis.yaml"
post "$dir/forged.signed"
post "$dir/past.signed"
rcli XADD "$key" '*' other field > /dev/null
until_true "no record of what came by Redis" recorded redis
until_true "three refusals expected, Redis has $(rcli XLEN "$key-refused")" refused 3
rcli XRANGE "$key-refused" - + > "$dir/refusals"
grep -q 'not signed' "$dir/refusals" && grep -q 'does not fit' "$dir/refusals" || fail "the refusals do not tell why: $(cat "$dir/refusals")"
[ "$(recorded forged)" = 0 ] || fail "a forged statement is on record"
grep '"event_type":"context"' "$dir/out/eve.json" | grep '"id":"redis"' | grep -q '"signed_by":"centre"' || fail "the record does not say whose key it was"

# A kill: nothing is forgotten, nothing told twice, the stream goes on where it was.
kill -9 "$pid"
wait "$pid" 2> /dev/null || true
rm -f "$dir/out/casus.sock"
start
grep -q 'count again: 2' "$dir/log" || fail "after a kill two statements were expected (bare, redis; past has expired)"
post "$dir/good.signed"
until_true "the stream does not go on after a restart" recorded good
refused 3 || fail "what was refused before was read again"
[ "$(recorded redis)" = 1 ] && [ "$(recorded bare)" = 1 ] || fail "a statement was recorded twice"
"$ctl" --socket "$dir/out/casus.sock" context add "$dir/bare.yaml" > "$dir/answer" 2>&1 && fail "told twice and taken twice"
kill -TERM "$pid"
wait "$pid" || fail "exit $? after SIGTERM"
# Torn, as a power cut would leave it: the rest counts. Written by others: not believed.
printf '{"channel":"control socket","tex' >> "$dir/out/told.jsonl"
start
grep -q 'count again: 3' "$dir/log" && grep -q '1 lines are no statements' "$dir/log" || fail "a torn line"
kill -TERM "$pid"
wait "$pid" || true
chmod 666 "$dir/out/told.jsonl"
"$casus" -i lo -S "$dir/none.rules" -l "$dir/out" --set sensor-name=c1 --set "packs=$top/rules/policy" --set "effects=$top/rules/effects.yaml" > "$dir/log" 2>&1 &
pid=$!
rc=0
wait "$pid" || rc=$?
pid=
[ $rc = 1 ] && grep -q 'only root and the sensor' "$dir/log" || fail "a file that others may write was believed: exit $rc"
