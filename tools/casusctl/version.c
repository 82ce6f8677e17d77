/* casusctl version */
#include "casusctl.h"

static int
run(const struct options *o, int argc, char **argv)
{
	return argc == 1 ? ask_and_print(o, "version", NULL, NULL) : usage(&subcommand_version);
}

const struct subcommand subcommand_version = { "version", "", "version of the running sensor", run };
