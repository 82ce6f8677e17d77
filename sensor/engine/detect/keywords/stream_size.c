/*
 * stream_size - how many bytes, by sequence number, a side of the TCP session has sent.
 */
#include "engine/detect/keyword.h"

enum side { CLIENT, SERVER, BOTH, EITHER };

struct arg {
	enum side side;
	struct kw_number number;
};

static int
side_of(const char *text)
{
	static const char *const names[] = { "client", "server", "both", "either" };

	for (int i = 0; i < 4; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return -1;
}

static int
op_of(const char *text)
{
	static const struct {
		const char *text;
		enum num_op op;
	} ops[] = { { "<", NUM_LT }, { "<=", NUM_LE }, { ">", NUM_GT }, { ">=", NUM_GE }, { "=", NUM_EQ }, { "!=", NUM_NE } };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(text, ops[i].text) == 0)
			return (int) ops[i].op;
	return -1;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char expected[] = "expected client, server, both or either, one of < <= > >= = !=, a number: server,<,5";
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = build_text(b, value), *part[3];
	const struct kw_number *n;
	int side, op;

	if (!g)
		return E_NOMEM;
	if (!text || build_split(b, text, part, 3) != 3)
		return build_error(b, 0, "bad stream_size, %s", expected);
	side = side_of(part[0]);
	op = op_of(part[1]);
	if (side < 0 || op < 0 || build_number(b, part[2], UINT32_MAX, &n) < 0 || n->op != NUM_EQ)
		return build_error(b, 0, "bad stream_size \"%s\", %s", text, expected);
	g->side = (enum side) side;
	g->number = (struct kw_number) { (enum num_op) op, n->a, 0 };
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct arg *g = a->p;
	bool client, server;

	if (c->p->proto != 6)
		return false;
	client = kw_number_has(&g->number, stream_size(c->in->stream, TO_SERVER));
	server = kw_number_has(&g->number, stream_size(c->in->stream, TO_CLIENT));
	switch (g->side) {
	case CLIENT:
		return client;
	case SERVER:
		return server;
	case BOTH:
		return client && server;
	default:
		return client || server;
	}
}

const struct keyword keyword_stream_size = {
	.name = "stream_size", .help = "bytes a side of the TCP session has sent, by sequence numbers", .example = "stream_size:server,<,5",
	.scope = KW_FLOW, .arg = ARG_CUSTOM, .flags = KW_NEEDS_STREAM, .parse = parse, .match = match,
};
