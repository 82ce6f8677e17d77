/* casusctl incidents */
#include "casusctl.h"

static int
run(const struct options *o, int argc, char **argv)
{
	return argc == 1 ? ask_and_print(o, "incidents", NULL, NULL) : usage(&subcommand_incidents);
}

const struct subcommand subcommand_incidents = { "incidents", "", "all incidents with their bands", run };
