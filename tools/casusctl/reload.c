/* casusctl reload */
#include "casusctl.h"

static int
run(const struct options *o, int argc, char **argv)
{
	return argc == 1 ? ask_and_print(o, "reload", NULL, NULL) : usage(&subcommand_reload);
}

const struct subcommand subcommand_reload = { "reload", "", "read rules, packs and inventory again", run };
