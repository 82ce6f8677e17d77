#!/bin/bash
# campaign.sh [SECONDS] [NAME...] - libFuzzer runs of the targets, JOBS at a time (default: processors), each SECONDS long (60).
# Builds in build-fuzz with clang, AddressSanitizer and UndefinedBehaviorSanitizer. One line each: name, executions, executions
# a second, coverage, crashes. Inputs that crash, hang or eat memory stay in build-fuzz/findings; the exit code is then 1.
# What a run learns stays in build-fuzz/corpus; the seeds are not changed. A tree that is configured in place is copied to
# build-fuzz/src first: automake builds no second time beside it.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 1
seconds=60
[[ ${1:-} =~ ^[0-9]+$ ]] && { seconds=$1; shift; }
jobs=${JOBS:-$(nproc)}
build=$top/build-fuzz
mkdir -p "$build/corpus" "$build/findings" "$build/logs" || exit 1
cd "$build" || exit 1
export top_srcdir=$top

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
	for f in "$top"/tests/fuzz/fuzz_*.c; do
		f=${f##*/fuzz_}
		names+=("${f%.c}")
	done
fi
src=$top
if [ -f "$top/config.status" ]; then
	src=$build/src
	mkdir -p "$src" || exit 1
	(cd "$top" && git ls-files -z -co --exclude-standard | tar -c --null -T - -f -) | tar -x -C "$src" -f - || exit 1
fi
if [ ! -f Makefile ]; then
	[ -x "$src/configure" ] || (cd "$src" && autoreconf -fi) > logs/build 2>&1 || { tail -n 20 logs/build; exit 1; }
	"$src/configure" -q --enable-fuzzing CC="${CC:-clang}" CFLAGS='-g -O1' > logs/build 2>&1 || { tail -n 20 logs/build; exit 1; }
fi
make -j"$jobs" "${names[@]/#/tests/fuzz/fuzz_}" > logs/build 2>&1 || { tail -n 20 logs/build; exit 1; }

# one NAME: a run, and its line
one() {
	local name=$1 log=$build/logs/$1 found=$build/findings/$1 rc execs rate cov n
	mkdir -p "corpus/$name" "$found"
	timeout -k 5 $((seconds + 90)) "tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
		-print_final_stats=1 -artifact_prefix="$found/" "corpus/$name" "$top/tests/fuzz/seeds/$name" > "$log" 2>&1
	rc=$?
	execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
	rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log" | tail -n 1)
	cov=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1)
	n=$(find "$found" -type f | wc -l)
	printf '%-12s %10s executions %7s a second  coverage %6s  findings %s' "$name" "${execs:-?}" "${rate:-?}" "${cov#cov: }" "$n"
	if [ $rc -ne 0 ]; then
		printf '  exit code %d: %s' $rc "$(grep -E -m1 'ERROR: |runtime error: |Assertion ' "$log")"
	fi
	echo
	[ $rc -eq 0 ] && [ "$n" -eq 0 ]
}

bad=0
running=0
for name in "${names[@]}"; do
	if [ $running -ge "$jobs" ]; then
		wait -n || bad=1
		running=$((running - 1))
	fi
	one "$name" &
	running=$((running + 1))
done
while [ $running -gt 0 ]; do
	wait -n || bad=1
	running=$((running - 1))
done
exit $bad
