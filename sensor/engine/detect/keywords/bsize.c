/*
 * bsize - size of the current buffer.
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
	if (b->cur == 0 && !b->in_base64)
		return build_error(b, 0, "\"bsize\" must follow a sticky buffer");
	int e = build_test(b, test, a, "bsize", false, false);
	if (e == 0)
		build_size(b, a->number);
	return e;
}

const struct keyword keyword_bsize = {
	.name = "bsize", .help = "size of the current buffer in bytes", .example = "http.uri; bsize:>100",
	.scope = KW_CONTENT, .arg = ARG_U64, .setup = setup,
};
