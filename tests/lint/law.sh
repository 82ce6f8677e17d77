#!/bin/sh
# law.sh - the law is data (rules/policy): no party, no treaty, no article, no band by name in C.
set -eu
cd "${top_srcdir:-.}"
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

# texts FILES...: file:line:"text", the string literals alone; comments may explain, but only literals can decide.
texts() {
	awk '{
		s = $0; gsub(/\\\\/, "", s); gsub(/\\"/, "", s)
		while (match(s, /"[^"]*"/)) {
			print FILENAME ":" FNR ":" substr(s, RSTART, RLENGTH)
			s = substr(s, RSTART + RLENGTH)
		}
	}' "$@"
}
# Names of law, of those bound by it and of those who write about it.
words='NATO|United Nations|UN Charter|European Union|Tallinn|Budapest|Geneva|Hague|Vienna|Talinn|Lisbon|Washington|Wassenaar|Charter|Convention|[Tt]reat(y|ies)'
words="$words|Articles? [0-9]|[Aa]rt\\. ?[0-9]|Directive|Regulation \\(|NIS ?2|DORA|GDPR|CIRCIA|LOAC|jus ad bellum|jus in bello|[Aa]rmed [Aa]ttack|[Uu]se of [Ff]orce"
words="$words|Japan|Germany|France|Estonia|Latvia|Lithuania|Poland|Ukraine|Russia|China|Korea|Australia|Canada|Iran|Israel|Finland|Norway|Sweden|Netherlands|Kingdom|America"
# Codes: of parties (ISO 3166, and those of alliances), of bands; a text of nothing else. Left out: NO and IN, which are words, and IL.
codes='AU|BE|BR|CA|CH|CZ|DE|DK|EE|ES|EU|FI|FR|GB|IR|IT|JP|KP|KR|LT|LV|NL|NZ|PL|PRC|PT|RO|RU|SE|SG|TW|UA|UK|UN|US|USA'
texts $(find sensor tools -name '*.[ch]' ! -name table.c | LC_ALL=C sort) > "$tmp"
[ "$(wc -l < "$tmp")" -gt 1000 ] || { echo "law.sh: only $(wc -l < "$tmp") texts found"; exit 1; }
bad=0
# allow: "file text" that are something else, each with its reason.
allow() {
	grep -vE '^sensor/engine/app/protocols/tls_cert\.c:[0-9]+:"(CN|[A-Z]{1,2})"$' # short names of RFC 4514, table of object ids
}
found=$(grep -E ":\"[^\"]*($words)" "$tmp" || :; grep -E ":\"(party[ :=]*)?($codes)\"\$" "$tmp" || :; grep -E ":\"B[0-9]+\"\$" "$tmp" || :)
found=$(printf '%s\n' "$found" | sed '/^$/d' | allow || :)
if [ -n "$found" ]; then
	printf '%s\n' "$found" | LC_ALL=C sort -u | sed 's/^/law.sh: /; s/$/   <- belongs in rules\/policy/'
	bad=1
fi
# A number to hold facts against is law too: where facts are weighed C compares with nothing but counts (n, i) and what it was given.
numbers=$(awk '{
	s = $0; gsub(/\\"/, "", s); gsub(/"[^"]*"/, "", s); sub(/\/\*.*/, "", s); sub(/^ \* .*/, "", s)
	while (match(s, /[A-Za-z_0-9)\]]+ *([<>]=?|[=!]=) *-?[0-9][0-9.e]*/)) {
		t = substr(s, RSTART, RLENGTH); s = substr(s, RSTART + RLENGTH)
		v = t; sub(/.*[<>= ]/, "", v); sub(/ *[<>=!].*/, "", t)
		if ((v + 0 > 2 || v ~ /\./) && t !~ /^(n|i|k|n_[a-z]+)$/) print FILENAME ":" FNR ": " $0
	}
}' $(find sensor/pipeline/legal -name '*.c' | LC_ALL=C sort) | grep -vE "legal/(signed|wrap|told)\\.c:" || :)
if [ -n "$numbers" ]; then
	printf '%s\n' "$numbers" | sed 's/^/law.sh: /; s/$/   <- a number to compare with belongs in rules\/policy/'
	bad=1
fi
# The parties and instruments that the packs themselves name: whatever is added there is looked for here.
ids=$(cat rules/policy/*.yaml | grep -oE '^(  - )?(id|code): *"?[A-Za-z][A-Za-z0-9_.-]+' | sed 's/.*: *"\{0,1\}//' | LC_ALL=C sort -u)
[ "$(echo "$ids" | wc -l)" -gt 10 ] || { echo "law.sh: only $(echo "$ids" | wc -l) ids in rules/policy"; bad=1; }
for id in $ids; do
	case $id in
	NO | IN) continue ;; # words: yes and no in YAML, directions
	esac
	if grep -F ":\"$id\"" "$tmp" | allow | sed 's/^/law.sh: /; s/$/   <- named in rules\/policy/' | grep .; then bad=1; fi
done
exit $bad
