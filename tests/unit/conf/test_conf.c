/*
 * Tests of conf/: reading, includes, --set, filling, unknown keys, dump and manual.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"

struct settings {
	bool midstream;
	uint32_t threads;
	uint64_t memcap;
	int64_t timeout;
	const char *name, *rules;
	int policy;
};

static const char *const policies[] = { "drop", "pass", "ignore", NULL };
static const struct option rows[] = {
	{ "stream.midstream", OPT_BOOL, offsetof(struct settings, midstream), "no", 0, 0, NULL, "Take up sessions begun before." },
	{ "stream.memcap", OPT_SIZE, offsetof(struct settings, memcap), "64mb", 1024, 0, NULL, "Bytes for streams." },
	{ "stream.policy", OPT_ENUM, offsetof(struct settings, policy), "ignore", 0, 0, policies, "What to do." },
	{ "threads", OPT_U32, offsetof(struct settings, threads), "1", 1, 64, NULL, "Workers." },
	{ "flow.timeout", OPT_SECONDS, offsetof(struct settings, timeout), "30s", 0, 0, NULL, "Quiet flows leave." },
	{ "name", OPT_STRING, offsetof(struct settings, name), NULL, 0, 0, NULL, "A name." },
	{ "rules.path", OPT_PATH, offsetof(struct settings, rules), NULL, 0, 0, NULL, "Folder of rules." },
	{ NULL }
};
static const struct option_tree trees[] = { { "vars", "Variables." }, { "outputs", "Where to write." }, { NULL } };
static const struct option_table table = { "test", rows, trees };
static const struct option_table *const tables[] = { &table, NULL };

struct fixture {
	char dir[64];
	struct conf *c;
	struct diag d;
	struct settings s;
};

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/casus-test-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->c = conf_new();
	diag_init(&f->d, 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	conf_free(f->c);
	diag_clear(&f->d);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static const char *
in_dir(struct fixture *f, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return path;
}

static void
write_file(struct fixture *f, const char *name, const char *text)
{
	FILE *out = fopen(in_dir(f, name), "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int
read_file(struct fixture *f, const char *name)
{
	return conf_read(f->c, in_dir(f, name), &f->d);
}

static void
expect_problem(struct fixture *f, uint32_t i, const char *where, const char *text)
{
	char at[300];

	assert_true(i < f->d.n);
	snprintf(at, sizeof(at), "%u:%u", f->d.items[i].line, f->d.items[i].column);
	assert_string_equal(at, where);
	if (!strstr(f->d.items[i].text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, f->d.items[i].text);
}

static void
defaults(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), 0);
	assert_false(f->s.midstream);
	assert_int_equal(f->s.threads, 1);
	assert_int_equal(f->s.memcap, 64 * 1024 * 1024);
	assert_int_equal(f->s.timeout, INT64_C(30000000000));
	assert_int_equal(f->s.policy, 2);
	assert_null(f->s.name);
}

static void
file_values(void **state)
{
	struct fixture *f = *state;

	write_file(f, "c.yaml", "stream: {midstream: on, memcap: 1 GiB, policy: Drop}\nthreads: 0x10\nflow:\n  timeout: 50ms\n"
				"name: \"12\"\nrules: {path: sub/rules}\n");
	assert_int_equal(read_file(f, "c.yaml"), 0);
	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), 0);
	assert_int_equal(conf_check_unknown(f->c, tables, &f->d), 0);
	assert_true(f->s.midstream);
	assert_int_equal(f->s.memcap, UINT64_C(1) << 30);
	assert_int_equal(f->s.policy, 0);
	assert_int_equal(f->s.threads, 16);
	assert_int_equal(f->s.timeout, 50000000);
	assert_string_equal(f->s.name, "12");
	assert_string_equal(f->s.rules, in_dir(f, "sub/rules"));
	assert_false(conf_is_foreign(f->c));
}

static void
all_problems_at_once(void **state)
{
	struct fixture *f = *state;

	write_file(f, "c.yaml", "stream:\n  midstream: perhaps\n  memcap: 12\n  polizy: drop\nthreads: 65\nflwo: {timeout: 3}\n");
	assert_int_equal(read_file(f, "c.yaml"), 0);
	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), E_BAD);
	assert_int_equal(conf_check_unknown(f->c, tables, &f->d), E_BAD);
	assert_int_equal(f->d.errors, 5);
	expect_problem(f, 0, "2:14", "expected yes or no");
	expect_problem(f, 1, "3:11", "from 1024 on");
	expect_problem(f, 2, "5:10", "from 1 to 64");
	expect_problem(f, 3, "4:3", "did you mean \"policy\"");
	expect_problem(f, 4, "6:1", "did you mean \"flow\"");
}

static void
foreign_is_lenient(void **state)
{
	struct fixture *f = *state;

	write_file(f, "s.yaml", "%YAML 1.1\n---\nmpm-algo: auto\nstream:\n  memcap: lots\n  checksum_validation: no\n"
				"vars:\n  address-groups: {HOME_NET: any}\n");
	assert_int_equal(read_file(f, "s.yaml"), 0);
	assert_true(conf_is_foreign(f->c));
	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), 0);
	assert_int_equal(conf_check_unknown(f->c, tables, &f->d), 0);
	assert_int_equal(f->d.errors, 0);
	assert_int_equal(f->d.warnings, 1);
	assert_int_equal(f->d.n, 3);
	expect_problem(f, 2, "6:3", "stream.checksum-validation is not known");
	assert_string_equal(conf_string(f->c, "vars.address-groups.HOME_NET", ""), "any");
}

static void
includes(void **state)
{
	struct fixture *f = *state;

	write_file(f, "base.yaml", "threads: 4\nstream: {midstream: yes, memcap: 1mb}\nrules: {path: a}\n");
	write_file(f, "c.yaml", "include: base.yaml\nstream: {memcap: 2mb}\n");
	assert_int_equal(read_file(f, "c.yaml"), 0);
	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), 0);
	assert_int_equal(f->s.threads, 4);
	assert_true(f->s.midstream);
	assert_int_equal(f->s.memcap, 2 * 1024 * 1024);
	assert_string_equal(f->s.rules, in_dir(f, "a"));
}

/* In a suricata.yaml a section that comes again takes the place of the included one. */
static void
foreign_includes(void **state)
{
	struct fixture *f = *state;

	write_file(f, "base.yaml", "%YAML 1.1\n---\nthreads: 4\nstream: {midstream: yes, memcap: 1mb}\n");
	write_file(f, "s.yaml", "%YAML 1.1\n---\ninclude:\n  - base.yaml\nstream: {memcap: 2mb}\nvars: !include vars.yaml\n");
	write_file(f, "vars.yaml", "%YAML 1.1\n---\nport-groups: {HTTP_PORTS: 80}\n");
	assert_int_equal(read_file(f, "s.yaml"), 0);
	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), 0);
	assert_int_equal(f->s.threads, 4);
	assert_false(f->s.midstream);
	assert_string_equal(conf_string(f->c, "vars.port-groups.HTTP_PORTS", ""), "80");
}

static void
include_loops_end(void **state)
{
	struct fixture *f = *state;

	write_file(f, "c.yaml", "include: c.yaml\n");
	assert_true(read_file(f, "c.yaml") < 0);
	assert_true(f->d.errors > 0);
	assert_int_equal(conf_read(f->c, in_dir(f, "none.yaml"), &f->d), E_NOENT);
}

static void
set_values(void **state)
{
	struct fixture *f = *state;

	write_file(f, "c.yaml", "outputs:\n  - fast: {enabled: yes}\n  - eve-log:\n      types:\n        - alert\n        - frame\n");
	assert_int_equal(read_file(f, "c.yaml"), 0);
	assert_int_equal(conf_set(f->c, "stream.midstream=true", &f->d), 0);
	assert_int_equal(conf_set(f->c, "outputs.1.eve-log.types.1.frame.enabled=yes", &f->d), 0);
	assert_int_equal(conf_set(f->c, "outputs.2.syslog.enabled=no", &f->d), 0);
	assert_int_equal(conf_set(f->c, "vars.address-groups.HOME_NET=[10.0.0.0/8,!10.1.0.0/16]", &f->d), 0);
	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), 0);
	assert_true(f->s.midstream);
	assert_string_equal(conf_string(f->c, "outputs.1.eve-log.types.1.frame.enabled", ""), "yes");
	assert_string_equal(conf_string(f->c, "outputs.1.eve-log.types.0", ""), "alert");
	assert_string_equal(conf_string(f->c, "outputs.2.syslog.enabled", ""), "no");
	assert_string_equal(conf_string(f->c, "vars.address-groups.HOME_NET", ""), "[10.0.0.0/8,!10.1.0.0/16]");
}

static void
set_refuses(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(conf_set(f->c, "threads", &f->d), E_BAD);
	assert_int_equal(conf_set(f->c, "=1", &f->d), E_BAD);
	assert_int_equal(conf_set(f->c, "a..b=1", &f->d), E_BAD);
	assert_int_equal(conf_set(f->c, "vars.include=x", &f->d), E_BAD);
	assert_int_equal(conf_set(f->c, "vars.<<=x", &f->d), E_BAD);
	assert_int_equal(conf_set(f->c, "vars.x=\xff", &f->d), E_BAD);
	assert_int_equal(conf_set(f->c, "outputs.9999.x=1", &f->d), E_BAD);
	assert_int_equal(conf_set(f->c, "thraeds=2", &f->d), 0);
	assert_int_equal(conf_check_unknown(f->c, tables, &f->d), E_BAD);
	assert_non_null(strstr(f->d.items[f->d.n - 1].text, "did you mean \"threads\""));
}

static char *
dump_of(struct conf *c)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	conf_dump(c, tables, out);
	fclose(out);
	return text;
}

static void
dump_reads_back(void **state)
{
	struct fixture *f = *state;
	struct conf *again = conf_new();
	struct settings s;
	char *first, *second;

	write_file(f, "s.yaml", "%YAML 1.1\n---\nname: \"a: b # \\\"c\\\" \\\\ \\t\"\nrules: {path: x}\nunknown: 1\noutputs:\n"
				"  - eve-log: {enabled: yes, types: [alert, {http: {extended: no}}], none: , empty: \"\"}\n"
				"vars: {port-groups: {P: \"!80\", Q: \"- x\", R: \"yes\", S: [1, 2], T: []}}\n");
	assert_int_equal(read_file(f, "s.yaml"), 0);
	assert_int_equal(conf_set(f->c, "threads=3", &f->d), 0);
	first = dump_of(f->c);
	write_file(f, "dump.yaml", first);
	assert_int_equal(conf_read(again, in_dir(f, "dump.yaml"), &f->d), 0);
	assert_false(conf_is_foreign(again));
	assert_int_equal(conf_check_unknown(again, tables, &f->d), 0);
	second = dump_of(again);
	assert_string_equal(first, second);
	assert_int_equal(conf_fill(f->c, &table, &f->s, &f->d), 0);
	assert_int_equal(conf_fill(again, &table, &s, &f->d), 0);
	assert_string_equal(s.name, "a: b # \"c\" \\ \t");
	assert_string_equal(s.name, f->s.name);
	assert_string_equal(s.rules, f->s.rules);
	assert_int_equal(s.threads, 3);
	assert_int_equal(f->d.errors, 0);
	free(first);
	free(second);
	conf_free(again);
}

static void
manual_has_every_row(void **state)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	conf_manual(tables, out);
	fclose(out);
	assert_non_null(strstr(text, ".SS test\n"));
	assert_non_null(strstr(text, ".TP\n\\fBstream.policy\\fR: drop | pass | ignore (default: ignore)\nWhat to do.\n"));
	for (const struct option *o = rows; o->key; o++)
		assert_non_null(strstr(text, o->key));
	free(text);
}

static void
single_values(void **state)
{
	static const char *const bad_sizes[] = { "", "mb", "-1", "1 xb", "1e3", "0x10", "1.2.3", "99999999999999999999gb" };
	uint64_t v;
	int64_t ns;
	bool b;

	assert_int_equal(conf_parse_size(&v, "1.5kb"), 0);
	assert_int_equal(v, 1536);
	assert_int_equal(conf_parse_size(&v, "512"), 0);
	assert_int_equal(v, 512);
	for (unsigned i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++)
		assert_int_equal(conf_parse_size(&v, bad_sizes[i]), -1);
	assert_int_equal(conf_parse_duration(&ns, "2h"), 0);
	assert_int_equal(ns, INT64_C(7200000000000));
	assert_int_equal(conf_parse_duration(&ns, "2 fortnights"), -1);
	assert_int_equal(conf_parse_bool(&b, "OFF"), 0);
	assert_false(b);
	assert_int_equal(conf_parse_bool(&b, "2"), -1);
}

static int foreign_files, foreign_bad;

static int
try_foreign(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	struct conf *c;
	struct diag d;

	if (flag != FTW_F || strcmp(path + ftw->base, "suricata.yaml") != 0)
		return 0;
	c = conf_new();
	diag_init(&d, 0);
	foreign_files++;
	if (conf_read(c, path, &d) < 0) {
		foreign_bad++;
		diag_print(&d, stderr);
	}
	diag_clear(&d);
	conf_free(c);
	return 0;
}

/* People's files, when the material is there. */
static void
foreign_corpus(void **state)
{
	const char *top = getenv("top_srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/../shared/sv/dev", top ? top : ".");
	if (access(path, R_OK) < 0)
		skip();
	nftw(path, try_foreign, 16, FTW_PHYS);
	assert_true(foreign_files > 0);
	assert_int_equal(foreign_bad, 0);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = { T(defaults), T(file_values), T(all_problems_at_once), T(foreign_is_lenient),
		T(includes), T(foreign_includes), T(include_loops_end), T(set_values), T(set_refuses), T(dump_reads_back),
		cmocka_unit_test(manual_has_every_row), cmocka_unit_test(single_values), cmocka_unit_test(foreign_corpus) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
