/*
 * urilen - size of the request URI.
 */
#include "engine/detect/build.h"
static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	return kw_number_has(a->number, buf.n);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	const char *v[2];
	int n = build_split(b, a->text, v, 2);
	struct op_test *t = arena_zalloc(build_arena(b), sizeof(*t));

	if (!t)
		return E_NOMEM;
	bool raw = n == 2 && !strcmp(v[1], "raw");
	if (n < 1 || (n == 2 && !raw && strcmp(v[1], "norm")))
		return build_error(b, 0, "\"number[,raw|norm]\" was expected");
	t->test = test;
	t->name = "urilen";
	if (build_number(b, v[0], UINT16_MAX, &t->arg.number) < 0)
		return build_error(b, 0, "\"%s\" is not a number test (5, <5, >5, 3<>9)", v[0]);
	return build_add_in(b, raw ? "http.uri.raw" : "http.uri", OP_TEST, t, false, false);
}

const struct keyword keyword_urilen = {
	.name = "urilen", .help = "size of the request URI in bytes", .example = "urilen:5<>20,raw",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
