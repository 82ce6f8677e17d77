#include "pipeline/control/command.h"

#include <stdio.h>

static const struct command *
command_find(const char *name)
{
	for (unsigned i = 0; i < command_table_n; i++) {
		if (strcmp(command_table[i]->name, name) == 0)
			return command_table[i];
	}
	return NULL;
}

static const struct command *
command_for(const struct request *q, char why[static 256])
{
	const struct command *c = command_find(q->command);

	if (!c)
		snprintf(why, 256, "unknown command \"%.100s\"; \"help\" lists them", q->command);
	else if (c->id && !q->id[0])
		snprintf(why, 256, "%s needs \"id\"", c->name);
	else if (!c->id && q->id[0])
		snprintf(why, 256, "%s takes no \"id\"", c->name);
	else if (!c->party && q->party[0])
		snprintf(why, 256, "%s takes no \"party\"", c->name);
	else if (c->text != (q->text != NULL))
		snprintf(why, 256, "%s %s \"text\"", c->name, c->text ? "needs" : "takes no");
	else
		return c;
	return NULL;
}

static struct span
refusal(const char *why, char *room, uint32_t cap)
{
	struct json j;

	json_init(&j, room, cap);
	json_object(&j, NULL);
	json_bool(&j, "ok", false);
	json_str(&j, "error", why);
	return json_text(&j);
}

struct span
command_answer(const struct command_env *env, struct span line, char *room, uint32_t cap)
{
	const struct command *c = NULL;
	char why[256] = "";
	struct request q;
	struct json j;
	int rc;

	if (request_read(&q, line, why) == 0)
		c = command_for(&q, why);
	if (!c) {
		request_clear(&q);
		return refusal(why, room, cap);
	}
	json_init(&j, room, cap);
	json_object(&j, NULL);
	json_bool(&j, "ok", true);
	json_object(&j, "result");
	rc = c->run(env, &q, &j, why);
	request_clear(&q);
	if (rc < 0)
		return refusal(why[0] ? why : err_text(rc), room, cap);
	if (j.truncated)
		json_bool(&j, "truncated", true);
	return json_text(&j);
}
