/*
 * Pieces of a file in another order than the file's, with bounds, holes and what is told of them.
 */
#include "protocols/protocol_fake.h"

#include "engine/app/parts.h"

extern const struct protocol protocol_smb;

struct bench {
	struct fake f;
	struct body body;
	struct parts parts;
	struct parts_conf conf;
};

static void
open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	fake_begin(&b->f, &protocol_smb);
}

static void
close_bench(struct bench *b)
{
	parts_clear(&b->parts, &b->f.app);
	body_clear(&b->body, &b->f.app);
	fake_end(&b->f);
}

static enum parts_told
piece(struct bench *b, uint64_t offset, const char *text)
{
	struct span s = span_str(text);

	return parts_begin(&b->parts, &b->f.app, &b->body, &b->conf, offset, s.n, s, false);
}

static void
is(const struct bench *b, const char *want)
{
	assert_int_equal(b->body.data.n, strlen(want));
	assert_memory_equal(b->body.data.p ? (const char *) b->body.data.p : "", want, strlen(want));
}

static void
test_order(void **state)
{
	struct bench b;

	open_bench(&b);
	assert_int_equal(piece(&b, 0, "ab"), PARTS_TAKEN);
	assert_int_equal(piece(&b, 6, "gh"), PARTS_TAKEN);
	assert_int_equal(piece(&b, 4, "ef"), PARTS_TAKEN);
	is(&b, "ab");
	assert_int_equal(b.parts.n, 2);
	assert_int_equal(b.parts.bytes, 4);
	assert_int_equal(piece(&b, 2, "cd"), PARTS_TAKEN);
	is(&b, "abcdefgh");
	assert_int_equal(b.parts.n, 0);
	assert_int_equal(b.parts.bytes, 0);
	assert_int_equal(piece(&b, 2, "cd"), PARTS_AGAIN);
	is(&b, "abcdefgh");
	assert_int_equal(piece(&b, 8, "i"), PARTS_TAKEN);
	parts_end(&b.parts, &b.f.app, &b.body);
	is(&b, "abcdefghi");
	assert_false(b.parts.holes);
	close_bench(&b);
}

/* Of each piece some bytes are there, the rest follows; bytes beyond it are not the file's. */
static void
test_rest(void **state)
{
	struct bench b;

	open_bench(&b);
	parts_begin(&b.parts, &b.f.app, &b.body, &b.conf, 4, 4, SPAN_LIT("e"), false);
	parts_more(&b.parts, &b.f.app, &b.body, SPAN_LIT("fg"));
	parts_more(&b.parts, &b.f.app, &b.body, SPAN_LIT("h and more"));
	is(&b, "");
	parts_begin(&b.parts, &b.f.app, &b.body, &b.conf, 0, 4, SPAN_LIT("ab"), false);
	is(&b, "ab");
	parts_more(&b.parts, &b.f.app, &b.body, SPAN_LIT("cd"));
	is(&b, "abcdefgh");
	assert_false(b.parts.holes);
	/* one that ends early leaves a hole, and what follows it is not put in its place */
	parts_begin(&b.parts, &b.f.app, &b.body, &b.conf, 8, 4, SPAN_LIT("ij"), false);
	piece(&b, 12, "mn");
	assert_true(b.parts.holes);
	assert_int_equal(b.parts.next, 14);
	/* and so does one of which some never came */
	parts_begin(&b.parts, &b.f.app, &b.body, &b.conf, 14, 6, SPAN_LIT("op"), false);
	parts_gap(&b.parts, &b.f.app, 3);
	parts_more(&b.parts, &b.f.app, &b.body, SPAN_LIT("t"));
	assert_int_equal(b.parts.next, 20);
	close_bench(&b);
}

static void
test_bounds(void **state)
{
	struct bench b;

	open_bench(&b);
	b.conf = (struct parts_conf) { .count = 2, .bytes = 0 };
	assert_int_equal(piece(&b, 10, "k"), PARTS_TAKEN);
	assert_int_equal(piece(&b, 12, "m"), PARTS_TAKEN);
	assert_int_equal(piece(&b, 14, "o"), PARTS_TOO_MANY);
	assert_int_equal(b.parts.n, 2);
	assert_int_equal(piece(&b, 0, "abcdefghij"), PARTS_TAKEN); /* what takes nothing to keep, however much waits */
	is(&b, "abcdefghijk");
	assert_int_equal(piece(&b, 11, "l"), PARTS_TAKEN);
	is(&b, "abcdefghijklm");
	assert_int_equal(piece(&b, 13, "n"), PARTS_TAKEN);
	assert_int_equal(b.parts.next, 14);
	b.conf = (struct parts_conf) { .count = 0, .bytes = 4 };
	assert_int_equal(piece(&b, 20, "1234"), PARTS_TAKEN);
	assert_int_equal(piece(&b, 30, "1"), PARTS_TOO_LONG);
	assert_int_equal(piece(&b, 14, "123456"), PARTS_TAKEN);
	assert_int_equal(b.parts.next, 24);
	assert_int_equal(piece(&b, 30, "1"), PARTS_TAKEN);
	close_bench(&b);
}

/* Of a file that ends with holes each stretch is looked at; where bytes were lost nothing waits for them. */
static void
test_holes(void **state)
{
	struct bench b;
	struct span s;
	uint64_t at;

	open_bench(&b);
	piece(&b, 4, "efgh");
	assert_false(body_view(&b.body, false, &s, &at));
	parts_end(&b.parts, &b.f.app, &b.body);
	assert_true(b.parts.holes && b.body.gap);
	assert_true(body_view(&b.body, true, &s, &at));
	assert_true(span_eq(s, SPAN_LIT("efgh")));
	assert_int_equal(at, 4);
	close_bench(&b);

	open_bench(&b);
	piece(&b, 0, "ab");
	body_looked(&b.body, false);
	assert_int_equal(parts_begin(&b.parts, &b.f.app, &b.body, &b.conf, 6, 2, SPAN_LIT("gh"), true), PARTS_TAKEN);
	assert_int_equal(b.parts.n, 0);
	assert_true(b.parts.holes);
	assert_true(body_view(&b.body, false, &s, &at));
	assert_true(span_eq(s, SPAN_LIT("gh")));
	assert_int_equal(at, 6);
	close_bench(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
