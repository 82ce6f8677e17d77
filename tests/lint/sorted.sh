#!/bin/sh
# sorted.sh - registries: the list in files.am is sorted and complete, each member exports the descriptor that its name promises,
# and no file stands in the lists twice.
set -eu
cd "${top_srcdir:-.}"
bad=0 members=0
say() { echo "sorted.sh: $*"; bad=1; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# words FILE: every %D%/name of a files.am as "variable name", lines joined.
words() {
	awk '
	/^[ \t]*#/ || /^\t[^%]/ && !more { next }
	{
		line = line $0; more = sub(/\\$/, " ", line)
		if (more) next
		if (match(line, /^[A-Za-z_]+[ \t]*\+?=/)) {
			var = substr(line, 1, RLENGTH); sub(/[ \t]*\+?=$/, "", var)
			n = split(substr(line, RLENGTH + 1), w, /[ \t]+/)
			for (i = 1; i <= n; i++)
				if (sub(/^%D%\//, "", w[i])) print var, w[i]
		}
		line = ""
	}' "$1"
}
for am in $(find sensor tools -name files.am | LC_ALL=C sort); do
	dir=${am%/files.am}
	words "$am" > "$tmp/words"
	grep -E '\.[chd][ef]*$' "$tmp/words" | grep -v '^CLEANFILES ' | cut -d' ' -f2 | LC_ALL=C sort | uniq -d > "$tmp/twice"
	while read -r f; do say "$am: $f is listed twice"; done < "$tmp/twice"
	row=$(sed -n 's/^\t\$(TABLE) \([a-z_]*\) [^ ]* \$(\([A-Z_]*\)).*/\1 \2/p' "$am")
	[ -n "$row" ] || continue
	kind=${row% *} var=${row#* }
	sed -n "s/^$var //p" "$tmp/words" > "$tmp/list"
	[ -s "$tmp/list" ] || say "$am: $var is empty"
	[ "$(grep -c "(${var})" "$am")" = 2 ] || say "$am: \$($var) is to be used twice: in the sources and for the table"
	LC_ALL=C sort -c "$tmp/list" 2> "$tmp/order" || say "$am: $var is not sorted: $(sed 's/.*: //' "$tmp/order")"
	while read -r f; do
		name=${f%.c} members=$((members + 1))
		[ -r "$dir/$f" ] || { say "$am lists $f, which does not exist"; continue; }
		grep -Eq "^const struct $kind ${kind}_$name =|^[A-Z_]+\($name\b" "$dir/$f" ||
			say "$dir/$f does not export ${kind}_$name"
	done < "$tmp/list"
	for f in "$dir"/*.c; do
		f=${f##*/}
		[ "$f" = table.c ] || cut -d' ' -f2 "$tmp/words" | grep -qxF "$f" || say "$dir/$f is not in $am"
	done
done
echo "sorted.sh: $members members of registries"
[ $members -ge 100 ] || say "that is too few"
exit $bad
