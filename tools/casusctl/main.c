#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "casusctl.h"
#include "config.h"

static const struct subcommand *const rows[] = { &subcommand_status, &subcommand_stats, &subcommand_incidents,
	&subcommand_incident, &subcommand_explain, &subcommand_reload, &subcommand_version, &subcommand_check,
	&subcommand_journal, &subcommand_exercise, &subcommand_pack,
	&subcommand_context, &subcommand_release, &subcommand_stix, &subcommand_misp };
#define ROWS (sizeof rows / sizeof rows[0])

/* Where a sensor listens unless told otherwise. */
static const char *const places[] = { "/run/casus/casus.sock", "/var/log/casus/casus.sock" };

static void
help(FILE *out)
{
	fprintf(out, "usage: casusctl [--socket PATH] [--json] COMMAND ...\n\n");
	for (size_t i = 0; i < ROWS; i++)
		fprintf(out, "  %-10s %-44s  %s\n", rows[i]->name, rows[i]->arguments, rows[i]->help);
	fprintf(out, "\nWithout --socket: $CASUS_SOCKET, then %s, then %s.\n"
		     "Exit codes: 0 ok, 1 something was found or refused, 2 failure.\n", places[0], places[1]);
}

int
usage(const struct subcommand *s)
{
	fprintf(stderr, "usage: casusctl %s %s\n", s->name, s->arguments);
	return CTL_FAILURE;
}

static const char *
default_socket(void)
{
	const char *env = getenv("CASUS_SOCKET");

	if (env && *env)
		return env;
	return access(places[0], F_OK) == 0 ? places[0] : places[1];
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = { { "socket", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 } };
	struct options o = { .socket = default_socket() };
	int c;

	while ((c = getopt_long(argc, argv, "+s:jhV", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			o.socket = optarg;
			break;
		case 'j':
			o.json = true;
			break;
		case 'h':
			help(stdout);
			return CTL_OK;
		case 'V':
			printf("casusctl %s\n", PACKAGE_VERSION);
			return CTL_OK;
		default:
			help(stderr);
			return CTL_FAILURE;
		}
	}
	if (optind == argc)
		return subcommand_status.run(&o, 1, (char *[]) { "status", NULL });
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i]->name, argv[optind]) == 0) {
			char **rest = argv + optind;
			int n = argc - optind;
			optind = 0; /* getopt begins anew for the subcommand */
			return rows[i]->run(&o, n, rest);
		}
	}
	fprintf(stderr, "casusctl: unknown command \"%s\"\n", argv[optind]);
	help(stderr);
	return CTL_FAILURE;
}
