/*
 * vars - what rules pick up while they match: flow variables, packet variables, context of an alert, entropy.
 */
#include "engine/detect/build.h"

#define CONTEXT_MAX 16384
#define PACKET_VARS_TEXT 8192

void
capture_add(struct inspect *in, enum var_kind kind, const char *name, struct span value, double number)
{
	for (unsigned i = 0; i < in->n_captures; i++)
		if (in->captures[i].kind == kind && !strcmp(in->captures[i].name, name)) {
			in->captures[i] = in->captures[--in->n_captures];
			break;
		}
	if (in->n_captures < CAPTURES_MAX)
		in->captures[in->n_captures++] = (struct capture) { kind, name, value, number };
}

void
vars_begin(struct detect *d)
{
	d->packet_vars = (struct json) { 0 };
	d->context = SPAN_NONE;
	d->in.n_captures = 0;
	d->n_packet_vars = 0;
}

/* ---- asking for them ---- */

struct var_test {
	const char *name;
	struct span value;
};

static bool
has(const struct var_test *t, struct span name, struct span value)
{
	return name.n == strlen(t->name) && memcmp(name.p, t->name, name.n) == 0 &&
	    content_find(value, t->value.p, t->value.n, false) != UINT32_MAX;
}

static bool
of_packet_has(const struct match_ctx *c, const union kw_arg *a)
{
	for (unsigned i = 0; i < c->d->n_packet_vars; i++)
		if (has(a->p, span_str(c->d->packet_var[i].name), c->d->packet_var[i].value))
			return true;
	return false;
}

static bool
of_flow_has(const struct match_ctx *c, const union kw_arg *a)
{
	struct span name, value;
	bool number;
	double v;

	for (unsigned i = 0; c->in->marks && marks_var(c->in->marks, i, &number, &name, &value, &v); i++)
		if (!number && has(a->p, name, value))
			return true;
	return false;
}

int
var_setup(struct build *b, const char *text, bool of_packet)
{
	struct var_test *t = arena_zalloc(build_arena(b), sizeof(*t));
	const char *comma = strchr(text, ','), *value;
	bool negated = false;
	uint32_t at = 0;

	if (!t)
		return E_NOMEM;
	if (!comma || comma == text)
		return build_error(b, 0, "a name, a comma and a value are expected");
	value = comma + 1 + strspn(comma + 1, " ");
	if (*value != '"' && *value != '!')
		value = arena_printf(build_arena(b), "\"%s\"", value);
	if (!value || rule_pattern(build_arena(b), value, &t->value, &negated, &at) < 0 || negated || t->value.n == 0)
		return build_error(b, (uint32_t) (comma + 1 - text), "bad value, expected text or |hex|");
	if (!(t->name = arena_printf(build_arena(b), "%.*s", (int) (comma - text), text)))
		return E_NOMEM;
	build_order(b, of_packet ? ORDER_PKTVAR : ORDER_FLOWVAR, ORDER_READS);
	return build_match(b, of_packet ? of_packet_has : of_flow_has, &(union kw_arg) { .p = t }, 1);
}

/* ---- picking up ---- */

/* {"name":"value"} after those of the packet's other rules. */
static void
packet_var(struct detect *d, const struct capture *c)
{
	struct json *j = &d->packet_vars;

	if (!j->p) {
		char *room = arena_alloc(&d->scratch, PACKET_VARS_TEXT);
		if (!room)
			return;
		json_init(j, room, PACKET_VARS_TEXT);
	}
	json_object(j, NULL);
	json_span(j, c->name, c->value);
	json_end(j);
	if (d->n_packet_vars < PACKET_VARS_MAX)
		d->packet_var[d->n_packet_vars++] = (struct packet_var) { c->name, c->value };
}

static void
context(struct json *j, const struct capture *c)
{
	if (c->kind == VAR_CONTEXT)
		json_raw(j, c->name, c->value);
	else
		json_span(j, c->name, c->value);
}

void
vars_settle(struct detect *d)
{
	struct json j = { 0 };
	char *room;

	d->context = SPAN_NONE;
	for (unsigned i = 0; i < d->in.n_captures; i++) {
		const struct capture *c = &d->in.captures[i];
		if (c->kind == VAR_PACKET)
			packet_var(d, c);
		else if (c->kind == VAR_FLOW || c->kind == VAR_ENTROPY) {
			if (d->now->marks)
				marks_var_set(d->now->marks, d->pool, c->kind == VAR_ENTROPY, c->name, c->value, c->number);
		} else {
			if (!j.p && (room = arena_alloc(&d->scratch, CONTEXT_MAX)))
				json_init(&j, room, CONTEXT_MAX);
			if (j.p)
				context(&j, c);
		}
	}
	if (j.p)
		d->context = json_text(&j);
	d->in.n_captures = 0;
}
