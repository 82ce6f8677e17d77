/* How the sensor is: engine, rules, journal, sinks. */
#include "pipeline/control/command.h"
#include "pipeline/output/output.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	if (env->calls.status)
		env->calls.status(env->calls.arg, j);
	json_object(j, "output");
	output_status(env->output, j);
	json_end(j);
	return 0;
}

const struct command command_status = {
	.name = "status",
	.help = "engine, rules, journal and outputs",
	.run = run,
};
