/* The document of one incident. */
#include <stdio.h>

#include "pipeline/assess.h"
#include "pipeline/control/command.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	int rc = assess_document(env->assess, q->id, j);

	if (rc == E_NOENT)
		snprintf(why, 256, "no incident \"%s\"", q->id);
	return rc;
}

const struct command command_incident = {
	.name = "incident",
	.help = "the document of one incident",
	.id = true,
	.run = run,
};
