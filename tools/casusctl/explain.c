/* casusctl explain */
#include "casusctl.h"

static int
run(const struct options *o, int argc, char **argv)
{
	if (argc != 2 && argc != 3)
		return usage(&subcommand_explain);
	return ask_and_print(o, "explain", argv[1], argc == 3 ? argv[2] : NULL);
}

const struct subcommand subcommand_explain = { "explain", "ID [PARTY]", "why the bands of an incident are what they are", run };
