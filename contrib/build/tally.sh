#!/bin/sh
# tally.sh DIR: counts the tests a `make check` in DIR ran. A cmocka program counts its cases, a script counts as one.
# Prints "N passed, N failed, N skipped"; exit 1 when one failed or none ran.
set -eu
cd "$1"
find tests -name '*.trs' | LC_ALL=C sort | awk '
function cases(log_file, what,    line, n) {
	n = -1
	while ((getline line < log_file) > 0)
		if (index(line, what) && match(line, /[0-9]+ test\(s\)/))
			n = (n < 0 ? 0 : n) + substr(line, RSTART)
	close(log_file)
	return n
}
{
	trs = $0; log_file = trs; sub(/\.trs$/, ".log", log_file); result = ""
	while ((getline line < trs) > 0)
		if (line ~ /^:global-test-result:/) { split(line, part, " "); result = part[2] }
	close(trs)
	p = cases(log_file, "[  PASSED  ]"); f = cases(log_file, "[  FAILED  ]"); s = cases(log_file, "[  SKIPPED ]")
	if (result == "SKIP") { skipped++; next }
	passed += p > 0 ? p : (result == "PASS" || result == "XFAIL") && p < 0
	failed += f > 0 ? f : result != "PASS" && result != "XFAIL"
	skipped += s > 0 ? s : 0
}
END {
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}'
