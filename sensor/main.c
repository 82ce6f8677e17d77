/*
 * main - argv -> conf -> build -> run -> stop; wiring, no logic.
 */
#include <event2/event.h>
#include <malloc.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "explain.h"
#include "manual.h"
#include "pipeline/exercise.h"
#include "run.h"

#define LARGE_BLOCK (1 << 20)
#define LOADING (64 << 20) /* bytes that loading may give back and take again without the kernel, which would clear them each time */

static void
build_info(void)
{
	printf("casus %s\n", PACKAGE_VERSION);
	printf("compiler: %s\nflags: %s\n", __VERSION__, CASUS_FLAGS);
#ifdef __SANITIZE_ADDRESS__
	printf("sanitizers: yes (system calls are not restricted)\n");
#endif
	printf("capture: %s\nevents: libevent %s\n", pcap_lib_version(), event_get_version());
	printf("protocols:");
	for (unsigned i = 0; i < protocol_table_n; i++)
		printf(" %s", protocol_table[i]->name);
	printf("\n");
}

/* Modes that need no configuration. -1: none of them. */
static int
plain_mode(const struct cli *c)
{
	switch (c->mode) {
	case CLI_VERSION:
		printf("casus %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	case CLI_HELP:
		cli_help(stdout);
		return EXIT_OK;
	case CLI_BUILD_INFO:
		build_info();
		return EXIT_OK;
	case CLI_LIST_KEYWORDS:
		ruleset_list_keywords(stdout, c->mode_arg && strcmp(c->mode_arg, "csv") == 0);
		return EXIT_OK;
	case CLI_MANUAL:
		return manual_write(c->mode_arg, stdout);
	default:
		return -1;
	}
}

static int
test_rest(struct setup *s, uint32_t failed)
{
	struct clock clock = { .live = true };
	struct counters *cnt = calloc(1, sizeof(*cnt));
	struct assess *a = cnt ? assess_new(&s->assess, s->id, &clock, cnt, &s->diag) : NULL;

	assess_free(a);
	free(cnt);
	return s->diag.errors || failed || !a ? EXIT_CONFIG : EXIT_OK;
}

/* What became of the rules, in one line. */
static void
tell_rules(const struct ruleset *rs)
{
	struct ruleset_report r;

	ruleset_report(rs, &r);
	log_notice("rules", "%u loaded, %u failed, %u skipped; %u patterns in %u databases (%u from the cache), %.2f s", r.loaded, r.failed,
	    r.skipped, r.patterns, r.databases, r.cached, (double) r.build_ns / NS_PER_S);
}

static int
with_setup(struct setup *s, const struct cli *c)
{
	struct ruleset *rs;
	uint32_t failed = 0;
	int rc = setup_read(s, c);

	if (rc == EXIT_NOINPUT && c->conf && !s->diag.errors)
		fprintf(stderr, "casus: %s: no such file\n", c->conf);
	if (c->mode == CLI_DUMP_CONFIG && !rc) {
		conf_dump(s->conf, setup_tables, stdout);
		return EXIT_OK;
	}
	if (rc && c->mode != CLI_TEST) {
		diag_print(&s->diag, stderr);
		return rc;
	}
	rs = setup_rules(s, 1, &failed, &s->diag);
	if (!rs) {
		diag_print(&s->diag, stderr);
		return EXIT_RUNTIME;
	}
	tell_rules(rs);
	if (c->mode == CLI_ENGINE_ANALYSIS) {
		ruleset_analysis(rs, stdout);
		ruleset_unref(rs);
		return EXIT_OK;
	}
	if (c->mode == CLI_TEST) {
		rc = test_rest(s, failed);
		diag_print(&s->diag, stderr);
		printf("casus: %s\n", rc ? "not good: see above" : "configuration, rules, packs and inventory are good");
		ruleset_unref(rs);
		return rc;
	}
	diag_print(&s->diag, stderr);
	if (c->init_errors_fatal && s->diag.errors) {
		ruleset_unref(rs);
		return EXIT_CONFIG;
	}
	diag_clear(&s->diag);
	diag_init(&s->diag, 0);
	return run(s, rs);
}

int
main(int argc, char **argv)
{
	struct setup s = { 0 };
	struct cli c;
	int rc;

	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK); /* and stays there */
	mallopt(M_TRIM_THRESHOLD, LOADING);     /* malloc_trim() follows */
	if (argc > 1 && strcmp(argv[1], "exercise") == 0)
		return exercise_main(argc - 1, argv + 1);
	rc = cli_parse(&c, argc, argv);

	if (rc)
		return rc;
	log_init(c.quiet || c.mode == CLI_EXPLAIN ? LOG_LEVEL_WARNING : c.verbose > 1 ? LOG_LEVEL_DEBUG : c.verbose ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE);
	rc = c.mode == CLI_EXPLAIN ? explain(&c) : plain_mode(&c);
	if (rc < 0) {
		rc = with_setup(&s, &c);
		setup_clear(&s);
	}
	cli_clear(&c);
	return rc;
}
