/* What can be asked. */
#include "pipeline/control/command.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	json_array(j, "commands");
	for (unsigned i = 0; i < command_table_n; i++) {
		json_object(j, NULL);
		json_str(j, "name", command_table[i]->name);
		json_str(j, "help", command_table[i]->help);
		json_bool(j, "id", command_table[i]->id);
		json_bool(j, "party", command_table[i]->party);
		json_end(j);
	}
	json_end(j);
	return 0;
}

const struct command command_help = {
	.name = "help",
	.help = "the commands",
	.run = run,
};
