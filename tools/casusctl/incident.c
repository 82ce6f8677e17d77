/* casusctl incident */
#include "casusctl.h"

static int
run(const struct options *o, int argc, char **argv)
{
	return argc == 2 ? ask_and_print(o, "incident", argv[1], NULL) : usage(&subcommand_incident);
}

const struct subcommand subcommand_incident = { "incident", "ID", "the document of one incident", run };
