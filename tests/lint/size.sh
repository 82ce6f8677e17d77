#!/bin/sh
# size.sh - files up to 800 lines, functions up to 120 and at most one in a hundred over 100; half of them up to 15, nine of ten up to 50.
set -eu
cd "${top_srcdir:-.}"
find sensor tools -name '*.[ch]' ! -name table.c | LC_ALL=C sort | xargs awk '
function percentile(count, total, share,    i, sum) {
	for (i = 0; i <= 5000; i++)
		if ((sum += count[i]) >= total * share)
			return i
	return 5000
}
FNR == 1 { start = 0; if (file) files[lines[file] = last]++; file = FILENAME; nfiles++ }
{ last = FNR }
/^{/ { start = FNR; next }
/^}/ && start {
	len = FNR - start - 1; start = 0; total++; count[len]++
	if (len > longest) longest = len
	if (len > 100) over++
	if (len > 120) { printf "size.sh: %s:%d: function of %d lines (120 at most)\n", FILENAME, FNR - len, len; bad = 1 }
}
END {
	files[lines[file] = last]++
	for (f in lines) {
		if (lines[f] > 800) { printf "size.sh: %s: %d lines (800 at most)\n", f, lines[f]; bad = 1 }
		if (lines[f] > biggest) biggest = lines[f]
	}
	median = percentile(count, total, 0.5); p90 = percentile(count, total, 0.9)
	printf "size.sh: %d functions: median %d lines, 90 %% up to %d, 99 %% up to %d, longest %d; %d over 100\n", total, median, p90,
	    percentile(count, total, 0.99), longest, over
	printf "size.sh: %d files: median %d lines, 90 %% up to %d, biggest %d\n", nfiles, percentile(files, nfiles, 0.5),
	    percentile(files, nfiles, 0.9), biggest
	if (total < 100 || median > 15 || p90 > 50 || over * 100 > total) bad = 1
	exit bad
}'
