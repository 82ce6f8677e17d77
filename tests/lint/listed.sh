#!/bin/sh
# listed.sh - every source and header is in its folder's files.am, every unit test runs, every fuzz target is built and has seeds, rows of registries are sorted; nothing
# big is kept in the repository.
set -eu
cd "${top_srcdir:-.}"
bad=0
say() { echo "listed.sh: $*"; bad=1; }
rows=$(cat Makefile.am $(find sensor tools tests rules contrib -name files.am))
# A header that is not listed compiles here and is missing in the tarball.
for f in $(find sensor tools tests/unit \( -name '*.[ch]' -o -name '*.def' \) ! -name table.c | LC_ALL=C sort); do
	case $rows in
	*"/$(basename "$f")"*) ;;
	*) say "$f is in no files.am" ;;
	esac
done
for t in tests/fuzz/fuzz_*.c; do
	[ -e "$t" ] || continue
	name=${t#tests/fuzz/fuzz_}
	name=${name%.c}
	grep -qxF "FUZZ += %D%/fuzz_$name" tests/fuzz/files.am || say "$t is not in tests/fuzz/files.am"
	[ -n "$(ls "tests/fuzz/seeds/$name" 2>/dev/null)" ] || say "$t has no seeds in tests/fuzz/seeds/$name"
done
# Names of rules are unique.
dup=$(cat rules/signatures/*.rules 2>/dev/null | grep -v '^#' | grep -oE 'sid:[0-9]+' | sort | uniq -d)
[ -z "$dup" ] || say "sids used twice: $dup"
# Programs and captures are made, not kept.
if [ -e .git ]; then
	for f in $(git ls-files -z | xargs -0 -r stat -c '%s %n' | awk '$1 > 262144 { print $2 }'); do
		say "$f is kept in the repository and has more than 256 KiB"
	done
fi
exit $bad
