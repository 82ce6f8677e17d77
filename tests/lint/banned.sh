#!/bin/sh
# banned.sh - calls that are not made: unbounded copies, hidden state, wall clock outside base/clock.c, heap in the packet path.
set -eu
cd "${top_srcdir:-.}"
bad=0
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

# code FILES...: file:line:text with comments and texts taken out
code() {
	awk '
	FNR == 1 { incomment = 0 }
	{
		s = $0; gsub(/\\\\/, "", s); gsub(/\\"/, "", s); gsub(/"[^"]*"/, "\"\"", s)
		if (incomment) { if (!sub(/^.*\*\//, "", s)) next; incomment = 0 }
		gsub(/\/\*[^*]*(\*+[^*\/][^*]*)*\*+\//, "", s)
		if (sub(/\/\*.*$/, "", s)) incomment = 1
		sub(/\/\/.*$/, "", s)
		print FILENAME ":" FNR ":" s
	}' "$@"
}
# ban WHY REGEX FILES...
ban() {
	why=$1 regex=$2
	shift 2
	[ $# -gt 0 ] || return 0
	code "$@" | grep -E "(^|[^A-Za-z0-9_.>])($regex)[[:space:]]*\(" > "$tmp" || return 0
	sed "s|^|banned.sh: |; s|\$|   <- $why|" "$tmp"
	bad=1
}
all=$(find sensor tools -name '*.[ch]' ! -name table.c | LC_ALL=C sort)
# shellcheck disable=SC2086
{
	ban "unbounded" 'strcpy|strcat|sprintf|vsprintf|gets|stpcpy' $all
	ban "hidden state or no error" 'strtok|atoi|atol|atoll|atof|tmpnam|mktemp|rand|srand|random' $all
	ban "stack of unknown size" 'alloca' $all
	ban "runs a shell" 'system|popen' $all
	ban "clock: base/clock.h" 'time|gettimeofday|clock_gettime' $(echo "$all" | grep -v '^sensor/base/clock.c$')
	ban "the engine does not log" 'log_(debug|info|notice|warning|error)|printf|puts' $(echo "$all" | grep '^sensor/engine/' | grep -v '^sensor/engine/detect/\(analysis\|build[a-z_]*\|ruleset\|cache\)\.c$')
	ban "the engine has no locks" 'pthread_mutex_[a-z]*|pthread_rwlock_[a-z]*|sem_wait|usleep|sleep|nanosleep' \
		$(echo "$all" | grep '^sensor/engine/' | grep -v '^sensor/engine/\(workers\|worker\)\.c$\|^sensor/engine/capture/')
	# Heap: only where things are made at start or at load. What runs per packet takes from arena, slab, pool.
	ban "heap in the packet path" 'malloc|calloc|realloc|strdup|strndup|asprintf' $(echo "$all" | grep '^sensor/engine/' |
		grep -Ev '^sensor/engine/(services|worker|workers)\.c$|^sensor/engine/(capture/|decode/(decode|defrag)\.c)|^sensor/engine/detect/(build[a-z_]*|cache|detect|group|iponly|marks|mpm|ruleset|regex[a-z_]*)\.c$|^sensor/engine/detect/keywords/dataset\.c$')
}
exit $bad
