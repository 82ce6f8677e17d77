#!/bin/sh
# Partner release: for each party and each marking what comes out is exactly what the rules of rules/policy/release.yaml say, computed apart
# from the program; each party's stream in a Redis with users holds only that, and whoever tries to read more is refused.
# RELEASE_FULL=1: also every marking as that of every field, and more rules drawn by lot.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus=$build/sensor/casus ctl=$build/tools/casusctl/casusctl python=/usr/bin/python3
skip() { echo "release.sh: skipped: $*" >&2; exit 77; }
fail() { echo "release.sh: $*" >&2; for f in "$dir"/*.out; do [ ! -s "$f" ] || { echo "-- $f"; tail -n 20 "$f"; } >&2; done; exit 1; }
[ -x "$casus" ] && [ -x "$ctl" ] || skip "not built"
[ -x $python ] && $python -c 'import yaml' 2> /dev/null || skip "no python3-yaml"
dir=$(mktemp -d /tmp/casus-release-test.XXXXXX) pid=
cleanup() {
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2> /dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
scenario="$build/contrib/scenario/scenario.pcap"
[ -r "$scenario" ] || make -s -C "$build" contrib/scenario/scenario.pcap > /dev/null 2>&1 || skip "no scenario"
packs=$top/rules/policy effects=$top/rules/effects.yaml
replay() {
	out=$1
	shift
	mkdir "$out"
	"$casus" -q -r "$scenario" -l "$out" --inventory "$top/contrib/scenario/inventory.yaml" --context "$top/contrib/scenario/context.yaml" \
		--set "packs=$packs" --set "effects=$effects" "$@" "net 10.9.0.0/16 or host 10.3.0.15 or host 10.4.0.15" > "$dir/casus.out" 2>&1 || fail "casus: exit code $?"
}

replay "$dir/1" --exercise
$python "$top/tests/system/release_check.py" matrix "$ctl" "$dir/1/journal" "$dir/1/eve.json" "$packs" "$effects" || fail "matrix"

# Rules that are not good are told with their place.
cp -r "$packs" "$dir/packs"
sed -i 's/marking: "TLP:CLEAR" }$/marking: "TLP:MAUVE" }/; s/to: \[its-owner\]/to: [Atlantis]/' "$dir/packs/release.yaml"
! "$ctl" pack check "$dir/packs" --effects "$effects" > "$dir/check.out" 2>&1 || fail "bad rules of release pass"
grep -Eq 'release.yaml:[0-9]+:[0-9]+: error: "TLP:MAUVE" is not one of the markings' "$dir/check.out" || fail "no place of a bad marking"
grep -Eq 'release.yaml:[0-9]+:[0-9]+: error: "Atlantis" is not a party' "$dir/check.out" || fail "no place of a bad party"

command -v redis-server > /dev/null && $python -c 'import redis' 2> /dev/null || skip "no redis-server or python3-redis: streams not tried"
sh "$top/contrib/redis/make-acl.sh" "$dir/acl" replay-scenario-pcap $(grep -lx 'kind: party' "$packs"/*.yaml | xargs sed -n 's/^id: *//p') || fail "make-acl.sh"
redis-server --port 0 --unixsocket "$dir/s" --save "" --appendonly no --dir "$dir" --aclfile "$dir/acl/users.acl" > "$dir/redis.out" 2>&1 < /dev/null &
pid=$!
n=100
until [ -S "$dir/s" ]; do
	n=$((n - 1))
	[ $n -gt 0 ] || fail "redis-server does not start"
	sleep 0.1
done
for run in 2 3; do # the second time nothing is added
	replay "$dir/$run" --exercise --set shutdown-grace=2m --set "redis.socket=$dir/s" --set redis.release=yes --set redis.user=sensor-replay-scenario-pcap \
		--set "redis.password-file=$dir/acl/sensor-replay-scenario-pcap.password"
	! grep -E 'error|warning' "$dir/casus.out" || fail "the sensor complains"
	$python "$top/tests/system/release_check.py" streams "$dir/s" "$dir/acl" "$dir/$run/eve.json" "$packs" replay-scenario-pcap || fail "streams"
done
