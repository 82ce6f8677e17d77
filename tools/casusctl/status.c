/* casusctl status */
#include "casusctl.h"

static int
run(const struct options *o, int argc, char **argv)
{
	return argc == 1 ? ask_and_print(o, "status", NULL, NULL) : usage(&subcommand_status);
}

const struct subcommand subcommand_status = { "status", "", "engine, rules, journal and outputs", run };
