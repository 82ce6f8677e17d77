/*
 * cli - the command line: one table of options gives parsing, --help, and the rows of casus(8).
 *
 * Thread:    main's, before any other starts.
 * Memory:    the words of argv; nothing of its own.
 * Owns:      nothing.
 * Not here:  what the options mean for the modules -> setup.h
 */
#ifndef CLI_H
#define CLI_H

#include "base/err.h"

enum cli_mode { CLI_RUN, CLI_TEST, CLI_DUMP_CONFIG, CLI_BUILD_INFO, CLI_LIST_KEYWORDS, CLI_ENGINE_ANALYSIS, CLI_VERSION, CLI_HELP,
	CLI_MANUAL, CLI_EXPLAIN };

enum cli_profile { PROFILE_NONE, PROFILE_TEXT, PROFILE_JSON };

#define CLI_MAX 32

struct cli {
	enum cli_mode mode;
	const char *mode_arg;          /* "csv"; "man", "conf" */
	const char *ifaces[CLI_MAX];
	unsigned n_ifaces;
	const char *read;              /* -r */
	const char *conf;              /* -c */
	const char *rules_only[CLI_MAX], *rules_more[CLI_MAX]; /* -S, -s */
	unsigned n_rules_only, n_rules_more;
	const char *log_dir;           /* -l */
	const char *set[256];          /* --set */
	unsigned n_set;
	int verbose;
	bool quiet;
	bool checksums_off, checksums_given; /* -k */
	const char *bpf_file;          /* -F */
	const char *bpf;               /* trailing words, joined; heap */
	const char *pidfile, *user, *group, *inventory, *packs, *context, *control;
	unsigned workers;
	enum cli_profile profile;      /* --rule-profile */
	double sid;                    /* explain: which rule */
	double replay_speed;
	bool init_errors_fatal, summary, no_summary, exercise, disable_detection, no_seccomp;
};

/* 0, or an exit code after a message on stderr. */
int cli_parse(struct cli *c, int argc, char **argv);
void cli_clear(struct cli *c);
void cli_help(FILE *out);
/* The OPTIONS section of casus(8) in man(7) markup. */
void cli_manual(FILE *out);

#endif
