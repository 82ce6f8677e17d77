/*
 * Tests of the YAML tree: places, problems, aliases and their bounds, typed reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/yaml.h"

static struct yaml_doc doc;
static struct diag d;

static int
setup(void **state)
{
	diag_init(&d, 0);
	return 0;
}

static int
teardown(void **state)
{
	yaml_clear(&doc);
	diag_clear(&d);
	return 0;
}

static int
read_text(const char *text)
{
	return yaml_read_text(&doc, "t.yaml", span_str(text), &d);
}

static void
expect_text(const char *path, const char *want)
{
	const struct yaml *y = yaml_path(doc.root, path);

	assert_non_null(y);
	assert_int_equal(y->kind, YAML_SCALAR);
	assert_string_equal(y->text, want);
}

static void
expect_error(uint32_t i, uint32_t line, uint32_t column, const char *text)
{
	assert_true(i < d.n);
	assert_string_equal(d.items[i].file, "t.yaml");
	assert_int_equal(d.items[i].line, line);
	assert_int_equal(d.items[i].column, column);
	if (!strstr(d.items[i].text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, d.items[i].text);
}

static void
places(void **state)
{
	const struct yaml *y;

	assert_int_equal(read_text("# c\na: 1\nb:\n  - x: [1, \"two\", ~]\n  - |\n    long\n    text\n"), 0);
	assert_false(doc.yaml11);
	expect_text("b.0.x.1", "two");
	expect_text("b.1", "long\ntext\n");
	y = yaml_path(doc.root, "b.0.x.1");
	assert_true(y->quoted);
	assert_int_equal(y->line, 4);
	assert_int_equal(y->column, 12);
	y = yaml_path(doc.root, "b.0.x");
	assert_int_equal(y->n, 3);
	assert_int_equal(y->key_line, 4);
	assert_int_equal(y->key_column, 5);
	assert_int_equal(yaml_path(doc.root, "b.0.x.2")->kind, YAML_NULL);
	assert_null(yaml_path(doc.root, "b.2"));
	assert_null(yaml_path(doc.root, "b.x"));
	assert_null(yaml_path(doc.root, "a.b"));
	assert_null(yaml_get(NULL, "a"));
}

static void
directive(void **state)
{
	assert_int_equal(read_text("%YAML 1.1\n---\na: yes\na: no\n"), 0);
	assert_true(doc.yaml11);
	assert_int_equal(d.warnings, 1);
	yaml_clear(&doc);
	assert_int_equal(read_text("%TAG ! tag:x,2026:\n---\na: \xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbd\n"), 0);
	expect_text("a", "\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbd");
}

static void
empty(void **state)
{
	assert_int_equal(read_text(""), 0);
	assert_null(doc.root);
	yaml_clear(&doc);
	assert_int_equal(read_text("# nothing\n"), 0);
	assert_null(doc.root);
}

static void
problems(void **state)
{
	assert_int_equal(read_text("a: 1\nb: {c: 1, \"c\": 2}\na: 2\na: 3\n"), E_BAD);
	assert_int_equal(d.errors, 3);
	expect_error(0, 2, 11, "duplicate");
	expect_error(1, 3, 1, "line 1");
	expect_error(2, 4, 1, "line 3");
}

static void
syntax(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
	} bad[] = { { "a:\n\tb: 1\n", 2, 1 }, { "a: [1, 2\nb: 3\n", 3, 1 }, { "a: 1\n---\nb: 1\n", 2, 1 },
		{ "a: &x [*x]\n", 1, 9 }, { "? {a: b}\n: c\n", 1, 3 }, { "a: \"\\0\"\n", 1, 4 }, { "%:A\na: 1\n", 1, 1 }, { "%YAML\na: 1\n", 1, 1 }, { "a: \xe0\x81\x91\n", 1, 4 },
		{ "a: b\xed\xa0\x80\n", 1, 5 }, { "a: \xf0\x8f\xbf\xbf\n", 1, 4 }, { "a: \xf4\x90\x80\x80\n", 1, 4 } };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		diag_clear(&d);
		assert_int_equal(read_text(bad[i].text), E_BAD);
		assert_null(doc.root);
		expect_error(0, bad[i].line, bad[i].column, "");
	}
	assert_int_equal(yaml_read(&doc, "/nonexistent.yaml", &d), E_NOENT);
}

static void
block_texts(void **state)
{
	assert_int_equal(read_text("a: |\n  x\n\n   y\nb:\n- >-\n one\n two\n- - |+\n   k\n\n"), 0);
	expect_text("a", "x\n\n y\n");
	expect_text("b.0", "one two");
	expect_text("b.1.0", "k\n\n");
	yaml_clear(&doc);
	assert_int_equal(read_text("a:\n  - |\n  text\n  - b\n"), E_BAD); /* libfyaml would take the rest of the file */
	expect_error(0, 3, 1, "no deeper");
	yaml_clear(&doc);
	assert_int_equal(read_text("a:\n |\n  x y\n   z\n"), 0); /* the mark may stand on a line of its own */
	expect_text("a", "x y\n z\n");
	yaml_clear(&doc);
	assert_int_equal(read_text("a:\n |\n aaaaa\n  bbbbb\n   ccc\n dddddd\n     eeeeeeeee\n"), E_BAD);
	expect_error(1, 3, 1, "cannot be told apart");
}

static void
aliases(void **state)
{
	assert_int_equal(read_text("base: &b {k: v, k2: v2}\nm:\n  <<: *b\n  k: mine\nl: [*b, *b]\nn: {<<: [*b, {z: 1}]}\n"), 0);
	expect_text("m.k", "mine");
	expect_text("m.k2", "v2");
	expect_text("l.1.k", "v");
	expect_text("n.z", "1");
	assert_int_equal(yaml_get(doc.root, "m")->n, 2);
	assert_null(yaml_path(doc.root, "m.<<"));
}

/* Each line has nine times the elements of the one before: 9^8 in all. */
static void
expansion_ends(void **state)
{
	struct buf b;

	buf_init(&b, 65536);
	buf_str(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 9; i++) {
		buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_printf(&b, "%s*a%d", k ? ", " : "", i - 1);
		buf_str(&b, "]\n");
	}
	assert_int_equal(read_text(b.p), E_BAD);
	assert_non_null(strstr(d.items[0].text, "expand"));
	buf_reset(&b);
	for (int i = 0; i < 5000; i++)
		buf_str(&b, "[");
	assert_int_equal(read_text(b.p), E_BAD);
	buf_clear(&b);
}

static void
typed(void **state)
{
	const struct yaml *r;
	uint64_t u;
	int64_t ns;
	double f;
	bool b;

	assert_int_equal(read_text("t: yes\nq: \"yes\"\nn: 12\nx: 0x1f\nf: -1.5e3\ninf: inf\nat: 2026-11-23T03:04:05Z\nl: []\n"), 0);
	r = doc.root;
	assert_int_equal(yaml_bool(yaml_get(r, "t"), &b, &d), 0);
	assert_true(b);
	assert_int_equal(yaml_u64(yaml_get(r, "n"), &u, 12, &d), 0);
	assert_int_equal(u, 12);
	assert_int_equal(yaml_u64(yaml_get(r, "x"), &u, UINT64_MAX, &d), 0);
	assert_int_equal(u, 31);
	assert_int_equal(yaml_f64(yaml_get(r, "f"), &f, &d), 0);
	assert_true(f == -1500);
	assert_int_equal(yaml_time(yaml_get(r, "at"), &ns, &d), 0);
	assert_string_equal(yaml_text(yaml_get(r, "q"), &d), "yes");
	assert_int_equal(d.errors, 0);
	assert_int_equal(yaml_bool(yaml_get(r, "none"), &b, &d), -1);
	assert_int_equal(d.errors, 0);
	assert_int_equal(yaml_bool(yaml_get(r, "q"), &b, &d), -1);
	expect_error(0, 2, 4, "q is the text \"yes\", expected yes or no");
	assert_int_equal(yaml_u64(yaml_get(r, "n"), &u, 11, &d), -1);
	expect_error(1, 3, 4, "from 0 to 11");
	assert_int_equal(yaml_f64(yaml_get(r, "inf"), &f, &d), -1);
	assert_int_equal(yaml_time(yaml_get(r, "n"), &ns, &d), -1);
	assert_null(yaml_text(yaml_get(r, "l"), &d));
	expect_error(4, 8, 4, "l is a list, expected a text");
}

static void
only(void **state)
{
	static const char *const keys[] = { "threshold", "window", "name", NULL };

	assert_int_equal(read_text("name: x\ntreshold: 1\nsomething-else: 2\n"), 0);
	assert_int_equal(yaml_only(doc.root, keys, &d), -1);
	expect_error(0, 2, 1, "unknown key \"treshold\", did you mean \"threshold\"?");
	expect_error(1, 3, 1, "unknown key \"something-else\"");
	assert_null(strstr(d.items[1].text, "did you mean"));
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = { T(places), T(directive), T(empty), T(problems), T(syntax), T(block_texts), T(aliases),
		T(expansion_ends), T(typed), T(only) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
