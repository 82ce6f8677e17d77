#!/bin/sh
# layers.sh - you may include only what lies to your left: base < conf < event < rule < the engine's parts; pipeline/ sees base, conf, event, os.
set -eu
cd "${top_srcdir:-.}"
find sensor -name '*.[ch]' ! -name table.c | LC_ALL=C sort | xargs awk '
function rank(path,    i) {
	for (i = n; i >= 1; i--)
		if (index(path, name[i]) == 1)
			return i
	return 0
}
BEGIN {
	n = split("base/ conf/ event/ rule/ engine/capture/ engine/decode/ engine/flow/ engine/stream/ engine/app/ engine/detect/ engine/", name, " ")
}
FNR == 1 { self = FILENAME; sub(/^sensor\//, "", self); top = self !~ /\//; os = self ~ /^os\//; pipe = self ~ /^pipeline\// }
/^#include "/ {
	split($0, q, "\""); inc = q[2]
	if (top || inc !~ /\//)
		next
	if (pipe) {
		ok = inc ~ /^(base|conf|event|os|pipeline)\//
	} else if (os) {
		ok = inc ~ /^(base|os)\//
	} else if (inc ~ /^pipeline\//) {
		ok = 0
	} else if (inc ~ /^os\//) {
		ok = self ~ /^engine\/[a-z_]+\.[ch]$/
	} else {
		ok = rank(inc) && rank(inc) <= rank(self)
	}
	if (!ok) {
		printf "layers.sh: sensor/%s:%d includes \"%s\", which does not lie to its left\n", self, FNR, inc
		bad = 1
	}
}
END { exit bad }'
