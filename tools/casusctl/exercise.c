/* casusctl exercise: plays cases through the packs, as casus exercise does. */
#include "casusctl.h"
#include "pipeline/exercise.h"

static int
run(const struct options *o, int argc, char **argv)
{
	return exercise_main(argc, argv);
}

const struct subcommand subcommand_exercise = { "exercise", "[--json] [--party ID] CASE...",
	"play cases through every party's pack; records are marked EXERCISE", run };
