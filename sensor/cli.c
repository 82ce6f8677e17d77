#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/manual.h"

/* Options without a letter. */
enum { O_SET = 256, O_TEST, O_PIDFILE, O_USER, O_GROUP, O_DUMP, O_BUILD, O_KEYWORDS, O_ANALYSIS, O_FATAL, O_WORKERS, O_SPEED,
	O_SUMMARY, O_NO_SUMMARY, O_EXERCISE, O_INVENTORY, O_PACKS, O_CONTEXT, O_CONTROL, O_DISABLE, O_NO_SECCOMP, O_MANUAL, O_RUNMODE,
	O_SID, O_PROFILE };

struct cli_option {
	int id;             /* letter or O_* */
	const char *name;   /* long */
	const char *arg;    /* name of the argument; "[x]" when it may be left out; NULL: none */
	const char *help;
};

static const struct cli_option options[] = {
	{ 'i', "interface", "IF", "listen on this interface; may be given more than once" },
	{ 'r', "read", "FILE", "replay a capture, every capture of a folder in name order, or - for standard input" },
	{ 'c', "config", "FILE", "configuration (casus.yaml, or a suricata.yaml)" },
	{ 'S', "rules-only", "FILE", "load these rules and no others; may be given more than once" },
	{ 's', "rules", "FILE", "load these rules too" },
	{ 'l', "log-dir", "DIR", "folder for eve.json and the journal" },
	{ 'T', "test", NULL, "test configuration, rules, packs and inventory, then exit (78: something is wrong)" },
	{ 'v', "verbose", NULL, "say more; may be given more than once" },
	{ 'q', "quiet", NULL, "only warnings and errors, no summary" },
	{ O_SET, "set", "KEY=VALUE", "set a configuration value" },
	{ 'k', "checksums", "all|none", "look at checksums or not" },
	{ 'F', "bpf-file", "FILE", "capture filter from a file" },
	{ 'w', "workers", "N", "worker threads (an interface); offline too" },
	{ O_INVENTORY, "inventory", "FILE", "asset inventory" },
	{ O_PACKS, "packs", "DIR", "folder of policy packs" },
	{ O_CONTEXT, "context", "FILE", "context inputs: circumstance, attribution statements, damage reports" },
	{ O_EXERCISE, "exercise", NULL, "mark every record as EXERCISE" },
	{ O_SPEED, "replay-speed", "X", "pace a replay: 1 = as recorded, 10 = ten times as fast" },
	{ O_SUMMARY, "summary", NULL, "print incidents, scale and bands at the end (default for -r on a terminal)" },
	{ O_NO_SUMMARY, "no-summary", NULL, "do not" },
	{ O_PIDFILE, "pidfile", "FILE", "write the process id there" },
	{ O_USER, "user", "NAME", "user to become when started as root" },
	{ O_GROUP, "group", "NAME", "group to become" },
	{ O_CONTROL, "control-socket", "PATH", "unix socket for casusctl" },
	{ O_FATAL, "init-errors-fatal", NULL, "end when a rule does not load" },
	{ O_DISABLE, "disable-detection", NULL, "no rules: protocols, flows and logs only" },
	{ O_NO_SECCOMP, "no-seccomp", NULL, "do not restrict system calls (for debuggers)" },
	{ O_DUMP, "dump-config", NULL, "print the configuration in force, then exit" },
	{ O_BUILD, "build-info", NULL, "print how casus was built, then exit" },
	{ O_KEYWORDS, "list-keywords", "[=csv]", "print the rule keywords, then exit" },
	{ O_ANALYSIS, "engine-analysis", NULL, "print what became of each rule, then exit" },
	{ O_PROFILE, "rule-profile", "[=json]", "at the end print which rules cost most: looks, matches, time" },
	{ O_SID, "sid", "N", "with explain: the rule to explain" },
	{ O_RUNMODE, "runmode", "MODE", "accepted for compatibility: single, workers and autofp are all the same here" },
	{ O_MANUAL, "manual", "PART", "print the rows of a manual page (options, conf, counters, keywords, fields, features)" },
	{ 'V', "version", NULL, "print the version, then exit" },
	{ 'h', "help", NULL, "this text" },
};
#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

static bool
optional_arg(const struct cli_option *o)
{
	return o->arg && o->arg[0] == '[';
}

void
cli_help(FILE *out)
{
	fputs("usage: casus -r FILE [options] [filter]\n       casus -i IF [options] [filter]\n"
	      "       casus explain --sid N -r FILE [options] [filter]     why a rule alerted, or did not\n"
	      "       casus exercise CASE...                              plays cases through the packs, marked EXERCISE\n\n"
	      "casus watches a network, tells what happened, how big it is, and which red line it\n"
	      "stands near for whom. The words left over are a capture filter (pcap-filter(7)).\n\n",
	    out);
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct cli_option *o = &options[i];
		char left[64];
		char letter[] = "  -x, ";
		int n;

		letter[3] = (char) o->id;
		n = snprintf(left, sizeof(left), "%s--%s%s%s", o->id < 256 ? letter : "      ", o->name,
		    o->arg && !optional_arg(o) ? " " : "", o->arg ? o->arg : "");
		fprintf(out, n < 30 ? "%-30s %s\n" : "%s\n                               %s\n", left, o->help);
	}
	fputs("\nExit: 0 all well, 1 failure while running, 64 wrong usage, 65 damaged capture, 66 no such\n"
	      "input, 69 no such interface, 77 no permission, 78 error in configuration, rules, packs or inventory.\n",
	    out);
}

void
cli_manual(FILE *out)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct cli_option *o = &options[i];
		fputs(".TP\n", out);
		if (o->id < 256)
			fprintf(out, "\\fB\\-%c\\fR, ", o->id);
		fputs("\\fB", out);
		conf_manual_text(out, "--");
		conf_manual_text(out, o->name);
		fputs("\\fR", out);
		if (o->arg) {
			fputs(optional_arg(o) ? "\\fI" : " \\fI", out);
			conf_manual_text(out, o->arg);
			fputs("\\fR", out);
		}
		fputc('\n', out);
		conf_manual_text(out, o->help);
		fputs(".\n", out);
	}
}

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "casus: %s%s%s (casus --help tells more)\n", what, value ? ": " : "", value ? value : "");
	return EXIT_USAGE;
}

static int
add(const char **list, unsigned *n, unsigned max, const char *what, const char *value)
{
	if (*n == max)
		return wrong("too many of these", what);
	list[(*n)++] = value;
	return 0;
}

static int
number(const char *text, double min, double max, const char *what, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (*end || end == text || !(*out >= min && *out <= max))
		return wrong(what, text);
	return 0;
}

static int
take_file(struct cli *c, int id, const char *arg)
{
	switch (id) {
	case 'i': return add(c->ifaces, &c->n_ifaces, CLI_MAX, "--interface", arg);
	case 'S': return add(c->rules_only, &c->n_rules_only, CLI_MAX, "--rules-only", arg);
	case 's': return add(c->rules_more, &c->n_rules_more, CLI_MAX, "--rules", arg);
	case O_SET: return add(c->set, &c->n_set, 256, "--set", arg);
	case 'r': c->read = arg; return 0;
	case 'c': c->conf = arg; return 0;
	case 'l': c->log_dir = arg; return 0;
	case 'F': c->bpf_file = arg; return 0;
	case O_PIDFILE: c->pidfile = arg; return 0;
	case O_USER: c->user = arg; return 0;
	case O_GROUP: c->group = arg; return 0;
	case O_INVENTORY: c->inventory = arg; return 0;
	case O_PACKS: c->packs = arg; return 0;
	case O_CONTEXT: c->context = arg; return 0;
	case O_CONTROL: c->control = arg; return 0;
	default: return -1;
	}
}

static int
take_mode(struct cli *c, int id, const char *arg)
{
	static const struct {
		int id;
		enum cli_mode mode;
	} modes[] = { { 'T', CLI_TEST }, { O_DUMP, CLI_DUMP_CONFIG }, { O_BUILD, CLI_BUILD_INFO }, { O_KEYWORDS, CLI_LIST_KEYWORDS },
		{ O_ANALYSIS, CLI_ENGINE_ANALYSIS }, { 'V', CLI_VERSION }, { 'h', CLI_HELP }, { O_MANUAL, CLI_MANUAL } };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (modes[i].id == id) {
			c->mode = modes[i].mode;
			c->mode_arg = arg;
			return 0;
		}
	return -1;
}

static int
take_switch(struct cli *c, int id, const char *arg)
{
	double v = 0;
	int rc = 0;

	switch (id) {
	case 'v': c->verbose++; return 0;
	case 'q': c->quiet = true; return 0;
	case 'k':
		if (strcmp(arg, "all") != 0 && strcmp(arg, "none") != 0)
			return wrong("-k takes all or none, not", arg);
		c->checksums_off = arg[0] == 'n';
		c->checksums_given = true;
		return 0;
	case 'w':
		rc = number(arg, 1, 64, "--workers takes 1 to 64, not", &v);
		c->workers = (unsigned) v;
		return rc;
	case O_SPEED:
		return number(arg, 0, 1e6, "--replay-speed takes a factor, not", &c->replay_speed);
	case O_SID:
		return number(arg, 1, UINT32_MAX, "--sid takes the number of a rule, not", &c->sid);
	case O_PROFILE:
		if (arg && strcmp(arg, "json") != 0)
			return wrong("--rule-profile takes =json or nothing, not", arg);
		c->profile = arg ? PROFILE_JSON : PROFILE_TEXT;
		return 0;
	case O_FATAL: c->init_errors_fatal = true; return 0;
	case O_SUMMARY: c->summary = true; return 0;
	case O_NO_SUMMARY: c->no_summary = true; return 0;
	case O_EXERCISE: c->exercise = true; return 0;
	case O_DISABLE: c->disable_detection = true; return 0;
	case O_NO_SECCOMP: c->no_seccomp = true; return 0;
	case O_RUNMODE: return 0;
	default: return EXIT_USAGE;
	}
}

static int
join_filter(struct cli *c, int argc, char **argv)
{
	struct buf b;

	buf_init(&b, 65536);
	for (int i = optind; i < argc; i++)
		if (buf_str(&b, i > optind ? " " : "") < 0 || buf_str(&b, argv[i]) < 0) {
			buf_clear(&b);
			return wrong("the capture filter is longer than 65536 bytes", NULL);
		}
	c->bpf = b.p;
	return 0;
}

int
cli_parse(struct cli *c, int argc, char **argv)
{
	struct option_long {
		struct option o[N_OPTIONS + 1];
	} l = { 0 };
	char letters[128] = ":";
	size_t n = 1;
	int id, rc;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct cli_option *o = &options[i];
		l.o[i] = (struct option) { o->name, o->arg ? optional_arg(o) ? optional_argument : required_argument : no_argument, NULL, o->id };
		if (o->id < 256) {
			letters[n++] = (char) o->id;
			if (o->arg)
				letters[n++] = ':';
		}
	}
	opterr = 0;
	if (argc > 1 && strcmp(argv[1], "explain") == 0) {
		c->mode = CLI_EXPLAIN;
		argc--;
		argv++;
	}
	while ((id = getopt_long(argc, argv, letters, l.o, NULL)) != -1) {
		if (id == '?' || id == ':')
			return wrong(id == '?' ? "unknown option" : "option needs a value", argv[optind - 1]);
		rc = take_file(c, id, optarg);
		if (rc < 0)
			rc = take_mode(c, id, optarg);
		if (rc < 0)
			rc = take_switch(c, id, optarg);
		if (rc)
			return rc;
	}
	if (c->read && c->n_ifaces)
		return wrong("either -r or -i, not both", NULL);
	if (c->mode == CLI_RUN && !c->read && !c->n_ifaces)
		return wrong("nothing to read: give -r FILE or -i INTERFACE", NULL);
	if (c->mode == CLI_EXPLAIN && (!c->read || !c->sid))
		return wrong("explain needs --sid N and -r FILE", NULL);
	if (c->mode != CLI_EXPLAIN && c->sid)
		return wrong("--sid goes with explain: casus explain --sid N -r FILE", NULL);
	return join_filter(c, argc, argv);
}

void
cli_clear(struct cli *c)
{
	free((char *) c->bpf);
	c->bpf = NULL;
}
