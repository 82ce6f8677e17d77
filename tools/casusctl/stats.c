/* casusctl stats */
#include "casusctl.h"

static int
run(const struct options *o, int argc, char **argv)
{
	return argc == 1 ? ask_and_print(o, "stats", NULL, NULL) : usage(&subcommand_stats);
}

const struct subcommand subcommand_stats = { "stats", "", "all counters", run };
