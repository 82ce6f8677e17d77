#!/bin/sh
# A sensor at work, as operators meet it: started as root it keeps no rights, it obeys its signals and casusctl, and its exit
# codes tell what was wrong. Listens on lo only. Needs root and setpriv; skips without.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus=$build/sensor/casus ctl=$build/tools/casusctl/casusctl
skip() { echo "operation.sh: skipped: $*" >&2; exit 77; }
fail() { echo "operation.sh: $*" >&2; [ ! -f "$dir/out" ] || cat "$dir/out" >&2; exit 1; }
[ "$(id -u)" = 0 ] || skip "not root"
command -v setpriv > /dev/null || skip "no setpriv"
dir=$(mktemp -d) pid=
cleanup() {
	[ -z "$pid" ] || kill -9 "$pid" 2> /dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
chmod 755 "$dir"
mkdir "$dir/log" "$dir/sensor"
chmod 777 "$dir/log"
# The tree may lie where only root can read; the sensor becomes somebody else and reads its data again on a reload.
cp "$casus" "$dir/sensor/"
cp -r "$top/rules" "$dir/rules"
chmod -R a+rX "$dir/sensor" "$dir/rules"
casus=$dir/sensor/casus
echo 'alert udp any any -> any 9 (msg:"a datagram to discard"; sid:1; rev:1;)' > "$dir/r.rules"
sanitized=no
! "$casus" --build-info | grep -q 'sanitizers: yes' || sanitized=yes

# until SECONDS COMMAND...: waits for it to be true
until_true() {
	n=$(($1 * 10))
	shift
	while ! "$@" > /dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.1
	done
}
records() { grep -c "\"event_type\":\"$1\"" "$dir/log/eve.json" 2> /dev/null || true; }
more() { [ "$(records "$1")" -gt "$2" ]; }
field() { sed -n "s/^$1:[[:space:]]*\([0-9a-f]*\).*/\1/p" "/proc/$pid/status"; }
datagram() { python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))'; }

"$casus" -i lo -S "$dir/r.rules" -l "$dir/log" --user nobody --set stats.interval=1h udp port 9 > "$dir/out" 2>&1 &
pid=$!
if ! until_true 30 "$ctl" -s "$dir/log/casus.sock" status; then
	kill -0 $pid 2> /dev/null || { rc=0; wait $pid || rc=$?; pid=; [ $rc != 77 ] || skip "may not capture on lo"; }
	fail "does not answer casusctl"
fi

# Rights.
[ "$(field Uid)" != 0 ] || fail "still root"
for c in CapInh CapPrm CapEff CapBnd CapAmb; do
	[ "$(field $c)" = 0000000000000000 ] || fail "$c is $(field $c)"
done
[ "$(field NoNewPrivs)" = 1 ] || fail "NoNewPrivs"
[ $sanitized = yes ] || [ "$(field Seccomp)" = 2 ] || fail "no seccomp filter"

# casusctl.
C="$ctl -s $dir/log/casus.sock"
$C status | grep -q 'loaded  *1' || fail "status does not tell of the rule"
$C --json status > "$dir/status" && python3 -m json.tool "$dir/status" > /dev/null || fail "status is no JSON"
$C stats | grep -q kernel_drops || fail "stats lack kernel_drops"
$C incidents > /dev/null || fail "incidents"
rc=0; $C explain nothing > /dev/null 2>&1 || rc=$?
[ $rc = 1 ] || fail "explain of an unknown incident: exit code $rc, expected 1"
rc=0; CASUS=$casus $C check -S "$dir/r.rules" > /dev/null 2>&1 || rc=$?
[ $rc = 0 ] || fail "check: exit code $rc"

# A packet, and SIGUSR1.
if command -v python3 > /dev/null; then
	datagram
	until_true 10 more alert 0 || fail "no alert"
fi
n=$(records stats)
kill -USR1 $pid
until_true 10 more stats "$n" || fail "SIGUSR1 wrote no stats record"

# Reload: by casusctl and by SIGUSR2; a broken rule is told, the good one is in force.
echo 'alert udp any any -> any 9 (msg:"more"; sid:2; rev:1;)' >> "$dir/r.rules"
$C reload > /dev/null || fail "reload refused"
until_true 10 sh -c "$C status | grep -q 'loaded  *2'" || fail "reload did not load two rules"
echo 'alert udp any any -> any 9 (msg:"wrong"; nosuchkeyword; sid:3; rev:1;)' >> "$dir/r.rules"
kill -USR2 $pid
until_true 10 sh -c "$C status | grep -q 'failed  *1'" || fail "SIGUSR2: no failed rule"
$C status | grep -q 'loaded  *2' || fail "SIGUSR2: the good rules are gone"
grep -q 'r.rules:3:.*nosuchkeyword' "$dir/out" || fail "the broken rule was not named with its line"

# SIGHUP opens a new file.
mv "$dir/log/eve.json" "$dir/log/eve.old"
kill -HUP $pid
kill -USR1 $pid
until_true 10 more stats 0 || fail "SIGHUP did not open eve.json anew"

# SIGTERM ends it well.
kill -TERM $pid
rc=0; wait $pid || rc=$?
pid=
[ $rc = 0 ] || fail "SIGTERM: exit code $rc"
"$ctl" journal verify --dir "$dir/log/journal" > /dev/null || fail "the journal is not whole"

# Exit codes.
expect() {
	code=$1 what=$2
	shift 2
	rc=0
	"$@" > "$dir/out" 2>&1 || rc=$?
	[ $rc = "$code" ] || fail "$what: exit code $rc, expected $code"
}
mkdir -m 777 "$dir/o"
expect 64 "unknown option" "$casus" --nosuch
expect 64 "nothing to read" "$casus"
expect 66 "no such file" "$casus" -r "$dir/none.pcap" -l "$dir/o"
expect 69 "no such interface" "$casus" -i nosuch0 -l "$dir/o" -S "$dir/r.rules"
expect 77 "no CAP_NET_RAW" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$casus" -i lo -l "$dir/o" -S "$dir/r.rules"
expect 78 "a broken rule with -T" "$casus" -T -S "$dir/r.rules"
grep -q 'r.rules:3:' "$dir/out" || fail "-T does not name the line"
printf 'nosuch:\n  key: 1\nworkers: many\n' > "$dir/bad.yaml"
expect 78 "unknown key" "$casus" -T -c "$dir/bad.yaml"
grep -q 'bad.yaml:1:' "$dir/out" && grep -q 'bad.yaml:3:' "$dir/out" || fail "not all problems of a configuration were told"

# An unprivileged user with CAP_NET_RAW alone captures; it keeps nothing of it.
if setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw true 2> /dev/null; then
	rm -rf "$dir/log/journal" "$dir/log/casus.sock"
	head -1 "$dir/r.rules" > "$dir/one.rules"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw \
		"$casus" -i lo -S "$dir/one.rules" -l "$dir/log" udp port 9 > "$dir/out" 2>&1 &
	pid=$!
	until_true 30 "$ctl" -s "$dir/log/casus.sock" status || fail "does not run with CAP_NET_RAW alone"
	[ "$(field CapEff)" = 0000000000000000 ] && [ "$(field CapAmb)" = 0000000000000000 ] || fail "keeps its capability"
	kill -TERM $pid
	rc=0; wait $pid || rc=$?
	pid=
	[ $rc = 0 ] || fail "SIGTERM as nobody: exit code $rc"
fi
