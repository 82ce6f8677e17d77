/*
 * casusctl - asks a running sensor, checks its configuration, reads its journal.
 *
 * Each subcommand is a file that exports one row. Exit codes: 0 ok, 1 something was found, 2 it could not be done.
 */
#ifndef CASUSCTL_H
#define CASUSCTL_H

#include <jansson.h>
#include <stdbool.h>

enum { CTL_OK, CTL_FINDING, CTL_FAILURE, CTL_CONFIG = 78 /* as the sensor: files of people with errors */ };

struct options {
	const char *socket;
	bool json;
};

struct subcommand {
	const char *name, *arguments, *help;
	/* argv[0] is the subcommand's name. Returns an exit code. */
	int (*run)(const struct options *o, int argc, char **argv);
};

extern const struct subcommand subcommand_status, subcommand_stats, subcommand_incidents, subcommand_incident,
    subcommand_explain, subcommand_reload, subcommand_version, subcommand_check, subcommand_journal, subcommand_exercise, subcommand_pack, subcommand_context,
    subcommand_release, subcommand_stix, subcommand_misp;

/* Sends one request to the sensor (id, party may be NULL). The result object, owned by the caller; NULL: told on stderr,
 * *code is CTL_FINDING when the sensor refused and CTL_FAILURE when it did not answer. */
json_t *ask(const struct options *o, const char *command, const char *id, const char *party, int *code);
/* ask() and print, as text or as JSON. */
int ask_and_print(const struct options *o, const char *command, const char *id, const char *party);
/* The same with a long text instead. */
int ask_text_and_print(const struct options *o, const char *command, const char *text);

/* A value for people: objects as indented lines, arrays of objects as tables. */
void print_text(const json_t *v, int indent);
void print_json(const json_t *v);
/* Tells on stderr how a subcommand is used; returns CTL_FAILURE. */
int usage(const struct subcommand *s);

#endif
