#!/bin/sh
# layers.sh - you may include only what lies to your left: base < conf < event < rule < the engine's parts in the order of a packet's
# way; pipeline/ sees base, conf, event and, inside, record, stats < incident < scale < legal < assess < output < control < the top. os/ is for those that
# start threads. A member of a registry (a folder with a plural name) is known to nobody but its own folder.
set -eu
cd "${top_srcdir:-.}"

# Exceptions: "file include", each with its reason. An exception that nothing needs any more is a finding too.
allowed() {
	cat <<'END'
engine/emit.c os/thread.h	# part of the worker: a file being read waits until its ring has room
END
}

allow=$(mktemp)
trap 'rm -f "$allow"' EXIT
allowed | sed 's/#.*//; /^[[:space:]]*$/d' > "$allow"

find sensor -name '*.[ch]' ! -name table.c | LC_ALL=C sort | xargs awk -v allow="$allow" '
# rank PATH: where its folder stands in the engine half, or in the pipeline half; 0 = in neither.
function rank(path, list, n,    i, best) {
	for (i = 1; i <= n; i++)
		if (index(path, list[i]) == 1 && (!best || length(list[i]) > length(list[best])))
			best = i
	return best
}
function folder(path) { sub(/[^\/]*$/, "", path); return path }
# member PATH: the registry it is in, or nothing.
function registry(path) {
	return match(path, /\/(sources|layers|protocols|keywords|features|sinks|commands)\//) ? substr(path, 1, RSTART + RLENGTH - 1) : ""
}
function bad(why) {
	if ((self " " inc) in allowed) { used[self " " inc] = 1; return }
	printf "layers.sh: sensor/%s:%d includes \"%s\": %s\n", self, FNR, inc, why
	findings++
}
BEGIN {
	ne = split("base/ conf/ event/ rule/ engine/capture/ engine/decode/ engine/flow/ engine/stream/ engine/app/ engine/detect/ engine/", engine, " ")
	np = split("base/ conf/ event/ os/ pipeline/record pipeline/stats pipeline/incident/ pipeline/scale/ pipeline/legal/ pipeline/assess pipeline/summary pipeline/output/ pipeline/control/ pipeline/", pipe, " ")
	while ((getline line < allow) > 0) { split(line, q, " "); allowed[q[1] " " q[2]] = 1 }
}
FNR == 1 { self = FILENAME; sub(/^sensor\//, "", self); files++ }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\""); inc = q[2]
	if (inc ~ /(^|\/)\.\.\//) { bad("no way upwards: write the path from sensor/"); next }
	if (inc == "config.h" || inc ~ /\.def$/) next
	if (inc !~ /\//) inc = folder(self) inc
	includes++
	if (registry(inc) != "" && registry(inc) != registry(self) && !(self ~ /^[a-z_]+\.[ch]$/)) {
		# Headers that members lend to keywords lie in the registry of the protocols; keywords lie to their right.
		if (!(registry(inc) == "engine/app/protocols/" && self ~ /^engine\/detect\//))
			bad("a member of a registry, known to its own folder only")
	}
	if (self !~ /\//) next # main wires everything
	if (self ~ /^os\//) { if (inc !~ /^(base|os)\//) bad("os/ sees base/ only") }
	else if (self ~ /^pipeline\//) {
		if (!rank(inc, pipe, np)) bad("pipeline/ sees base, conf, event and itself only")
		else if (rank(inc, pipe, np) > rank(self, pipe, np)) bad("it does not lie to its left")
		else if (inc ~ /^os\// && folder(self) != "pipeline/") bad("os/ is seen by the top of pipeline/ only")
	} else if (inc ~ /^os\//) {
		if (self !~ /^engine\/workers?\.[ch]$/) bad("os/ is seen by the workers only")
	} else if (!rank(inc, engine, ne)) bad("the engine half does not see it")
	else if (rank(inc, engine, ne) > rank(self, engine, ne)) bad("it does not lie to its left")
}
END {
	for (a in allowed)
		if (!(a in used)) { printf "layers.sh: the exception \"%s\" is no longer needed\n", a; findings++ }
	printf "layers.sh: %d files, %d includes, %d findings\n", files, includes, findings
	if (files < 100) findings++
	exit findings > 0
}'
