/* Every incident that is known. */
#include "pipeline/assess.h"
#include "pipeline/control/command.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	assess_list(env->assess, j);
	return 0;
}

const struct command command_incidents = {
	.name = "incidents",
	.help = "all incidents with their bands",
	.run = run,
};
