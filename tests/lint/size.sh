#!/bin/sh
# size.sh - files up to 800 lines, functions up to 120; half of them up to 15, nine of ten up to 50.
set -eu
cd "${top_srcdir:-.}"
find sensor tools -name '*.[ch]' ! -name table.c | LC_ALL=C sort | xargs awk '
FNR == 1 { start = 0; if (file) lines[file] = last; file = FILENAME }
{ last = FNR }
/^{/ { start = FNR; next }
/^}/ && start {
	len = FNR - start - 1; start = 0; total++; count[len]++
	if (len > 120) { printf "size.sh: %s:%d: function of %d lines (120 at most)\n", FILENAME, FNR - len, len; bad = 1 }
}
END {
	lines[file] = last
	for (f in lines)
		if (lines[f] > 800) { printf "size.sh: %s: %d lines (800 at most)\n", f, lines[f]; bad = 1 }
	for (i = 0; i <= 5000; i++) {
		sum += count[i]
		if (!median && sum * 2 >= total) median = i
		if (!p90 && sum * 10 >= total * 9) p90 = i
	}
	printf "size.sh: %d functions, median %d lines, nine of ten up to %d\n", total, median, p90
	if (total < 100 || median > 15 || p90 > 50) bad = 1
	exit bad
}'
