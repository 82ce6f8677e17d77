/* New rules, packs and lists; the old ones stay in force when the new ones have errors. */
#include "pipeline/control/command.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	int rc;

	if (!env->calls.reload)
		return E_UNSUPPORTED;
	rc = env->calls.reload(env->calls.arg, why);
	if (rc == 0)
		json_str(j, "reload", why);
	return rc;
}

const struct command command_reload = {
	.name = "reload",
	.help = "read rules, packs and inventory again",
	.run = run,
};
