/* Which casus this is. */
#include "config.h"
#include "pipeline/assess.h"
#include "pipeline/control/command.h"
#include "pipeline/output/output.h"
#include "pipeline/record.h"

static int
run(const struct command_env *env, const struct request *q, struct json *j, char why[static 256])
{
	json_str(j, "version", PACKAGE_VERSION);
	json_u64(j, "schema", RECORD_VERSION);
	json_str(j, "epoch", output_epoch(env->output));
	json_str(j, "packs", assess_pack_hash(env->assess));
	return 0;
}

const struct command command_version = {
	.name = "version",
	.help = "version of the program, the record schema and the packs",
	.run = run,
};
