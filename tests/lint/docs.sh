#!/bin/sh
# docs.sh - README, manual pages and --help say what the programs do: options, keys, commands, keywords, paths.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
casus=$build/sensor/casus ctl=$build/tools/casusctl/casusctl doc=$build/contrib/doc
bad=0
miss() { echo "docs.sh: $*" >&2; bad=1; }
[ -x "$casus" ] || { echo "docs.sh: casus is not built" >&2; exit 1; }

# plain PAGE: the page's text without its markup
plain() { sed 's/\\f[BIRP]//g; s/\\-/-/g; s/\\e/\\/g; s/\\&//g' "$doc/$1"; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Every option of --help is in casus(8), and in the completion.
plain casus.8 > "$tmp/page"
n=0
for o in $("$casus" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
	n=$((n + 1))
	grep -qF -- "$o" "$tmp/page" || miss "casus(8) lacks $o"
	grep -qF -- "$o " "$build/contrib/completion/casus" || miss "completion lacks $o"
done
[ $n -gt 20 ] || miss "only $n options in casus --help"

# Every key that --dump-config knows is in casus.yaml(5). The tables are the same; this sees that the page was made from them.
plain casus.yaml.5 > "$tmp/page"
"$casus" --manual conf | sed -n 's/^\\fB\(.*\)\\fR: .*/\1/p' | sed 's/\\-/-/g' > "$tmp/keys"
[ "$(wc -l < "$tmp/keys")" -gt 50 ] || miss "only $(wc -l < "$tmp/keys") keys"
while read -r key; do
	grep -q "^$key: " "$tmp/page" || miss "casus.yaml(5) lacks $key"
done < "$tmp/keys"
dup=$(sort "$tmp/keys" | uniq -d)
[ -z "$dup" ] || miss "twice in the option tables: $dup"
# Every row says something.
"$casus" --manual conf | awk '/^\.(TP|SS)$/ { next } /^\.TP/ { row = 1; next } { if ($0 == "") { print "an option without help"; bad = 1 } } END { exit bad }' ||
	miss "casus.yaml(5) has an empty row"

# Commands of casusctl.
plain casusctl.1 > "$tmp/page"
n=0
for c in $("$ctl" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
	n=$((n + 1))
	grep -q "^$c " "$tmp/page" || grep -qx "$c" "$tmp/page" || miss "casusctl(1) lacks $c"
done
[ $n -ge 8 ] || miss "only $n commands in casusctl --help"

# Keywords in casus-rules(5).
plain casus-rules.5 > "$tmp/page"
"$casus" --list-keywords=csv | sed 1d | cut -d';' -f1 > "$tmp/words"
[ "$(wc -l < "$tmp/words")" -gt 100 ] || miss "only $(wc -l < "$tmp/words") keywords"
while read -r k; do
	grep -qF "$k (" "$tmp/page" || miss "casus-rules(5) lacks $k"
done < "$tmp/words"

# Pages render without warnings, where groff is.
if command -v groff > /dev/null; then
	for page in "$doc"/*.[1-8]; do
		groff -man -ww -z "$page" > "$tmp/warnings" 2>&1 || :
		[ ! -s "$tmp/warnings" ] || { cat "$tmp/warnings" >&2; miss "$page: warnings"; }
	done
fi

# Paths named in README.md and in the how-tos exist (backquoted words with a slash, not options, globs or placeholders).
for f in "$top"/README.md "$top"/contrib/doc/*.md; do
	[ -r "$f" ] || continue
	grep -oE '`[A-Za-z0-9_./-]+/[A-Za-z0-9_./-]*`' "$f" | tr -d '\140' | sort -u | while read -r p; do
		case $p in
		/* | quickstart-out/* | build* | *NAME* | */l3_size.c | */finger.c | ./quickstart) continue ;;
		esac
		p=${p#./}
		[ -e "$top/$p" ] || [ -e "$build/$p" ] || echo "docs.sh: $(basename "$f") names $p, which does not exist" >&2
		[ -e "$top/$p" ] || [ -e "$build/$p" ] || : > "$tmp/missing"
	done
done
[ ! -e "$tmp/missing" ] || bad=1

# README's options exist.
for o in $(grep -oE -- '(^|[ `(])--[a-z][a-z-]+' "$top/README.md" | tr -d ' `(' | sort -u); do
	"$casus" --help | grep -qF -- "$o" || "$ctl" --help | grep -qF -- "$o" || grep -qF -- "$o" "$top/quickstart" "$top/configure.ac" "$top/contrib/consumer.py" ||
		grep -qF -- "$(echo "$o" | sed 's/--enable-//')" "$top/configure.ac" || miss "README.md names $o, which no program has"
done
exit $bad
