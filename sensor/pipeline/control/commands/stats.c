/* All counters, as in stats records. */
#include "pipeline/control/command.h"
#include "pipeline/stats.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	static struct counters sum;

	if (!env->calls.counters)
		return E_UNSUPPORTED;
	memset(&sum, 0, sizeof sum);
	env->calls.counters(env->calls.arg, &sum);
	stats_write(j, &sum, -1, NULL, false);
	return 0;
}

const struct command command_stats = {
	.name = "stats",
	.help = "all counters",
	.run = run,
};
