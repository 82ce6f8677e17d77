#!/bin/sh
# man.sh CASUS CASUSCTL TEMPLATE VERSION PKGDATADIR FUSION: a manual page on standard output.
# A line "@rows PART" of the template becomes what `casus --manual PART` prints, "@commands" the commands of casusctl.
set -eu
casus=$1 ctl=$2 template=$3 version=$4 data=$5 fusion=$6

commands() {
	"$ctl" --help | sed -n 's/^  \([a-z][a-z]*\) /\1 /p' | while read -r name rest; do
		arguments=$(printf '%s' "$rest" | sed 's/  .*//; s/-/\\-/g')
		about=$(printf '%s' "$rest" | sed 's/^.*  //; s/-/\\-/g')
		case $rest in
		*"  "*) ;;
		*) about=$arguments arguments= ;;
		esac
		printf '.TP\n\\fB%s\\fR \\fI%s\\fR\n%s.\n' "$name" "$arguments" "$about"
	done
}

printf '.\\" Generated from %s: do not edit.\n' "$(basename "$template")"
while IFS= read -r line; do
	case $line in
	"@rows "*) "$casus" --manual "${line#@rows }" ;;
	"@commands") commands ;;
	"@fusion") "$fusion" --manual ;;
	*) printf '%s\n' "$line" | sed "s/@VERSION@/$version/g; s,@PKGDATADIR@,$data,g" ;;
	esac
done < "$template"
