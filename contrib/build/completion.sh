#!/bin/sh
# completion.sh PROGRAM NAME: bash completion for NAME out of PROGRAM --help, so that it cannot drift from the program.
set -eu
program=$1 name=$2
words=$("$program" --help | grep -oE -- '(^|[ ,])--?[A-Za-z][a-z-]*' | tr -d ' ,' | LC_ALL=C sort -u | tr '\n' ' ')
commands=$("$program" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | tr '\n' ' ')
cat <<END
# bash completion for $name; generated from its --help: do not edit.
_$name() {
	local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
	case \$before in
	-i | --interface)
		mapfile -t COMPREPLY < <(compgen -W "\$(ls /sys/class/net 2>/dev/null)" -- "\$word")
		return ;;
	-k | --checksums)
		mapfile -t COMPREPLY < <(compgen -W "all none" -- "\$word")
		return ;;
	--user)
		mapfile -t COMPREPLY < <(compgen -u -- "\$word")
		return ;;
	--group)
		mapfile -t COMPREPLY < <(compgen -g -- "\$word")
		return ;;
	esac
	if [[ \$word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "\$word")
	else
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "\$word"; compgen -f -- "\$word")
	fi
}
complete -o filenames -F _$name $name
END
