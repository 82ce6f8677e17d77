/* Why a band is what it is, and what would change it. */
#include <stdio.h>

#include "pipeline/assess.h"
#include "pipeline/control/command.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	int rc = assess_explain(env->assess, q->id, q->party[0] ? q->party : NULL, j);

	if (rc == E_NOENT)
		snprintf(why, 256, "no incident \"%.100s\"%s%.100s", q->id, q->party[0] ? ", or it has no party " : "",
		    q->party);
	return rc;
}

const struct command command_explain = {
	.name = "explain",
	.help = "facts, reasons, unknowns and sources behind the bands of an incident",
	.id = true,
	.party = true,
	.run = run,
};
