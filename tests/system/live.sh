#!/bin/sh
# An interface gives the same alerts as the file that is played into it: two network namespaces joined by a veth pair,
# tcpreplay at one end, casus at the other with one worker and with two. What was sent is accounted for, a stop by SIGTERM
# is exit 0, and two workers both work, each on whole conversations. Needs root, ip(8), tcpreplay, python3; skips without.
#
#   live.sh [CAPTURE RULES]...   other captures (Ethernet; short, or replayed with LIVE_SPEED=-x1, because the clock of an
#                                interface is the wall's) and rule files; OPTIONS="..." is given to casus each time
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus="$build/sensor/casus" ctl="$build/tools/casusctl/casusctl"
skip() { echo "live.sh: skipped: $*" >&2; exit 77; }
fail() { echo "live.sh: $*" >&2; exit 1; }
[ -x "$casus" ] && [ -x "$ctl" ] || skip "not built"
[ "$(id -u)" = 0 ] || skip "not root"
for tool in ip tcpreplay python3; do command -v $tool > /dev/null || skip "no $tool"; done

dir=$(mktemp -d) tx="casus-tx-$$" rx="casus-rx-$$" pid=
cleanup() {
	[ -z "$pid" ] || kill "$pid" 2> /dev/null || true
	ip netns del "$tx" 2> /dev/null || true
	ip netns del "$rx" 2> /dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Nothing but the replay on the wire: no IPv6 of the kernel, no ARP, no offloads.
join() {
	ip netns add "$tx" 2> /dev/null && ip netns add "$rx" 2> /dev/null || skip "network namespaces cannot be made"
	for ns in "$tx" "$rx"; do
		ip netns exec "$ns" sh -c 'for f in all default; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done' 2> /dev/null || true
	done
	ip -n "$tx" link add tx0 type veth peer name rx0 netns "$rx" 2> /dev/null || skip "no veth interfaces here"
	for end in "$tx tx0" "$rx rx0"; do
		set -- $end
		ip -n "$1" link set "$2" mtu 65535 2> /dev/null || ip -n "$1" link set "$2" mtu 9000
		command -v ethtool > /dev/null && ip netns exec "$1" ethtool -K "$2" gro off gso off tso off tx off rx off > /dev/null 2>&1 || true
		ip -n "$1" link set "$2" arp off up
	done
}

sent() { ip netns exec "$tx" cat /sys/class/net/tx0/statistics/tx_packets; }
taken() { "$ctl" --socket "$1/casus.sock" --json stats | python3 "$top/tests/system/live_check.py" --taken; }

# play CAPTURE RULES WORKERS OUT
play() {
	capture=$1 rules=$2 workers=$3 out=$4
	mkdir "$out"
	before=$(sent)
	# shellcheck disable=SC2086
	ip netns exec "$rx" "$casus" -i rx0 -w "$workers" -S "$rules" -l "$out" -q ${OPTIONS:-} > "$out/log" 2>&1 &
	pid=$!
	tries=0
	until [ -S "$out/casus.sock" ] && "$ctl" --socket "$out/casus.sock" status > /dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] && kill -0 $pid 2> /dev/null || fail "casus -i does not start: $(cat "$out/log")"
		sleep 0.1
	done
	ip netns exec "$tx" tcpreplay -q "${LIVE_SPEED:---mbps=200}" -i tx0 "$capture" > "$out/tcpreplay" 2>&1 || fail "tcpreplay: $(cat "$out/tcpreplay")"
	frames=$(($(sent) - before)) tries=0
	until [ "$(taken "$out")" = "$frames" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || fail "$capture, $workers workers: $frames sent, $(taken "$out") counted"
		sleep 0.1
	done
	"$ctl" --socket "$out/casus.sock" --json status > "$out/status"
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	pid=
	[ $rc = 0 ] || fail "$capture, $workers workers: exit $rc after SIGTERM: $(cat "$out/log")"
	echo "$frames" > "$out/frames"
}

join
n=0
both() {
	n=$((n + 1))
	# shellcheck disable=SC2086
	"$casus" -r "$1" -S "$2" -l "$dir/$n.file" -q ${OPTIONS:-} > "$dir/$n.log" 2>&1 || fail "casus -r $1: $(cat "$dir/$n.log")"
	for workers in 1 2; do
		play "$1" "$2" $workers "$dir/$n.live$workers"
		python3 "$top/tests/system/live_check.py" "$dir/$n.file" "$dir/$n.live$workers" "$3" || fail "$1, $workers workers: see above"
	done
}

if [ $# -ge 2 ]; then
	while [ $# -ge 2 ]; do
		both "$1" "$2" any
		shift 2
	done
	exit 0
fi
python3 "$top/tests/system/live_frames.py" "$dir"
for capture in tcp udp big; do
	both "$dir/$capture.pcap" "$dir/live.rules" shared
done
