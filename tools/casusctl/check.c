/* casusctl check: the sensor's own test of its configuration (casus -T). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "casusctl.h"

#define ARGUMENTS_MAX 64

static int
run(const struct options *o, int argc, char **argv)
{
	const char *program = getenv("CASUS");
	char *args[ARGUMENTS_MAX + 3] = { "casus", "-T" };
	int status;
	pid_t pid;

	if (argc > ARGUMENTS_MAX)
		return usage(&subcommand_check);
	for (int i = 1; i < argc; i++)
		args[i + 1] = argv[i];
	pid = fork();
	if (pid == 0) {
		execvp(program && *program ? program : "casus", args);
		fprintf(stderr, "casusctl: cannot run casus: %s\n", strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return CTL_FAILURE;
	return WEXITSTATUS(status) == 0 ? CTL_OK : CTL_FINDING;
}

const struct subcommand subcommand_check = { "check", "[-c CONF] [-S RULES] ...",
	"test configuration, rules and packs with casus -T ($CASUS: the program)", run };
