/* Any line on the control socket: always one JSON object comes back. */
#include <jansson.h>
#include <stdlib.h>

#include "pipeline/control/command.h"
#include "pipeline/output/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Commands that need no sensor behind them stand in for all. */
static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	json_str(j, "id", q->id);
	json_str(j, "party", q->party);
	return q->party[0] ? 0 : E_NOENT;
}

static const struct command a = { .name = "status", .run = run }, b = { .name = "explain", .id = true, .party = true, .run = run };
const struct command *const command_table[] = { &a, &b, NULL };
const unsigned command_table_n = 2;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char room[4096];
	struct command_env env = { 0 };
	struct span answer = command_answer(&env, span_of(data, size), room, sizeof room);
	json_t *o = json_loadb((const char *) answer.p, answer.n, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(o) || !json_is_boolean(json_object_get(o, "ok")))
		abort();
	json_decref(o);
	return 0;
}
