/* A statement of a person, told while the sensor runs. */
#include "pipeline/assess.h"
#include "pipeline/control/command.h"
#include "pipeline/legal/told.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	int rc = assess_tell(env->assess, &(struct assess_telling) { span_str(q->text), env->trusted, CHANNEL_SOCKET, NULL }, why);

	if (rc == 0)
		json_str(j, "context", "taken: it is recorded and counts from its time on");
	return rc;
}

const struct command command_context = {
	.name = "context",
	.help = "takes a statement as YAML: signed, or bare from root and the sensor's own user",
	.text = true,
	.run = run,
};
