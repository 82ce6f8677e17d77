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
engine=$(echo "$all" | grep '^sensor/engine/')

# except FILES REGEX...: the list without files that match; a regex that matches nothing is a finding: exceptions do not outlive their reason.
except() {
	list=$1
	shift
	for regex; do
		echo "$list" | grep -Eq "$regex" || { echo "banned.sh: no file is like $regex" >&2; : > "$tmp.stale"; }
		list=$(echo "$list" | grep -Ev "$regex")
	done
	echo "$list"
}
trap 'rm -f "$tmp" "$tmp.stale"' EXIT

# Written to the operator when rules are loaded and analysed, or when all has ended; nothing of it runs per packet.
talk=$(except "$engine" '^sensor/engine/detect/(analysis|dataset_save|explain_report)\.c$')
# Threads are started, stopped and waited for here; capture waits for frames.
wait=$(except "$engine" '^sensor/engine/workers\.c$' '^sensor/engine/capture/')
# Heap: only where things are made at start or at load, and given back at the end. What runs per packet takes from arena, slab, pool.
heap=$(except "$engine" \
	'^sensor/engine/(worker|workers|services)\.c$'                          `# made at start: _new, _free` \
	'^sensor/engine/capture/(capture|records|sources/file)\.c$'                     `# opened at start; a folder's list of files` \
	'^sensor/engine/decode/(decode|defrag)\.c$'                             `# made at start: _new, _free` \
	'^sensor/engine/detect/(build|byport|cache|ends|finder|grams_build|group|iponly|mpm|names|plans|ruleset|sieve_build)\.c$'      `# the loader's: rules -> ruleset` \
	'^sensor/engine/detect/(detect|explain_report|marks|tags)\.c$'          `# made at start: _new, _free` \
	'^sensor/engine/detect/(dataset|dataset_save|live_set|reputation|keywords/geoip)\.c$'          `# sets, scores and databases are read at load`)
# shellcheck disable=SC2086
{
	ban "unbounded" 'strcpy|strcat|sprintf|vsprintf|gets|stpcpy|strncpy|strncat|wcscpy' $all
	ban "hidden state or no error" 'strtok|atoi|atol|atoll|atof|tmpnam|mktemp|rand|srand|random|srandom|drand48|asctime|ctime|gmtime|localtime' $(echo "$all")
	ban "stack of unknown size" 'alloca|strdupa|strndupa' $all
	ban "runs a shell" 'system|popen' $all
	ban "clock: base/clock.h" 'time|gettimeofday|clock_gettime|clock' $(except "$all" '^sensor/base/clock\.c$')
	ban "the engine does not log" 'log_(debug|info|notice|warning|error|msg|rl)|v?f?printf|f?puts|putchar|fwrite|perror|syslog' $talk
	ban "the engine has no locks" 'pthread_(mutex|rwlock|cond|spin)_[a-z]*|sem_wait|usleep|sleep|nanosleep|poll|select' $wait
	ban "heap in the packet path" 'malloc|calloc|realloc|reallocarray|free|strdup|strndup|v?asprintf|aligned_alloc|posix_memalign|buf_init|buf_put|buf_add' $heap
}
[ ! -e "$tmp.stale" ] || bad=1
exit $bad
