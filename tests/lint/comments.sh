#!/bin/sh
# comments.sh - every header opens with its module comment: name and purpose, then thread, memory, what it owns, what is not here.
set -eu
cd "${top_srcdir:-.}"
find sensor -name '*.h' | LC_ALL=C sort | xargs awk '
function finish(    miss) {
	if (!file) return
	n++
	if (first != "/*") miss = miss " comment on line 1"
	if (index(second, " * " name " - ") != 1) miss = miss " \"" name " - what it is\" on line 2"
	if (!thread) miss = miss " Thread:"
	if (!memory) miss = miss " Memory:"
	if (!owns) miss = miss " Owns:"
	if (!nothere) miss = miss " \"Not here:\""
	if (!guard) miss = miss " include guard"
	if (miss) { printf "comments.sh: %s lacks%s\n", file, miss; bad = 1 }
}
FNR == 1 { finish(); file = FILENAME; name = file; sub(/^.*\//, "", name); sub(/\.h$/, "", name); first = $0; second = ""; inside = 1
	thread = memory = owns = nothere = guard = 0 }
FNR == 2 { second = $0 }
/\*\// { inside = 0 }
inside && / \* Thread: +[^ ]/ { thread = 1 }
inside && / \* Memory: +[^ ]/ { memory = 1 }
inside && / \* Owns: +[^ ]/ { owns = 1 }
inside && / \* Not here: +[^ ]/ { nothere = 1 }
/^#ifndef [A-Z0-9_]+_H$/ { guard = 1 }
END { finish(); printf "comments.sh: %d headers\n", n; exit bad || n < 50 }'
