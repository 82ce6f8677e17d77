/*
 * flowint - counters of a flow.
 */
#include <stdlib.h>

#include "engine/detect/keyword.h"
#include "engine/detect/marks.h"

enum cmd { SET, ADD, SUB, LT, LE, EQ, NE, GE, GT, ISSET, NOTSET };
static const char *const cmd_name[] = { "=", "+", "-", "<", "<=", "==", "!=", ">=", ">", "isset", "notset" };

struct flowint {
	enum cmd cmd;
	uint32_t id, value, other; /* other: id of the variable on the right */
	bool variable;
};

static bool
right(const struct match_ctx *c, const struct flowint *f, uint32_t *v)
{
	*v = f->value;
	return !f->variable || marks_int(c->in->marks, f->other, v);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct flowint *f = a->p;
	uint32_t v, r;

	if (!c->in->marks)
		return false;
	bool has = marks_int(c->in->marks, f->id, &v);
	if (f->cmd == ISSET || f->cmd == NOTSET)
		return has == (f->cmd == ISSET);
	if (!has || !right(c, f, &r))
		return false;
	switch (f->cmd) {
	case LT: return v < r;
	case LE: return v <= r;
	case EQ: return v == r;
	case NE: return v != r;
	case GE: return v >= r;
	default: return v > r;
	}
}

static void
act(const struct match_ctx *c, const union kw_arg *a)
{
	const struct flowint *f = a->p;
	uint32_t v = 0, r;

	if (!c->in->marks || !right(c, f, &r))
		return;
	marks_int(c->in->marks, f->id, &v);
	marks_int_set(c->in->marks, detect_pool(c->d), f->id, f->cmd == SET ? r : f->cmd == ADD ? v + r : v > r ? v - r : 0);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct flowint *f = arena_zalloc(build_arena(b), sizeof(*f));
	const char *v[3];
	int n = build_split(b, a->text, v, 3), cmd = -1;

	if (!f)
		return E_NOMEM;
	for (int i = 0; n >= 2 && i <= NOTSET; i++)
		if (!strcmp(cmd_name[i], v[1]) || (i == NOTSET && !strcmp(v[1], "isnotset")))
			cmd = i;
	if (cmd < 0 || (cmd >= ISSET) != (n == 2))
		return build_error(b, 0, "\"name, command, value\" was expected; commands: = + - < <= == != >= > isset notset");
	f->cmd = (enum cmd) cmd;
	f->id = build_name(b, NAME_FLOWINT, v[0]);
	if (n == 3) {
		char *end;
		f->value = (uint32_t) strtoul(v[2], &end, 10);
		if ((f->variable = *end || end == v[2]))
			f->other = build_name(b, NAME_FLOWINT, v[2]);
	}
	build_order(b, ORDER_FLOWINT, f->cmd <= SUB ? ORDER_SETS : ORDER_READS);
	union kw_arg arg = { .p = f };
	return f->cmd <= SUB ? build_act(b, act, &arg) : build_match(b, match, &arg, 0);
}

const struct keyword keyword_flowint = {
	.name = "flowint", .help = "counts in a flow, or asks for a count", .example = "flowint:logins,+,1",
	.scope = KW_FLOW, .arg = ARG_STRING, .flags = KW_NEEDS_FLOW, .setup = setup,
};
