/*
 * vars - what rules pick up while they match: flow variables, packet variables, context of an alert, entropy.
 */
#include "engine/detect/engine.h"

#define CONTEXT_MAX 16384
#define PACKET_VARS_MAX 8192

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
}

/* {"name":"value"} after those of the packet's other rules. */
static void
packet_var(struct detect *d, const struct capture *c)
{
	struct json *j = &d->packet_vars;

	if (!j->p) {
		char *room = arena_alloc(&d->scratch, PACKET_VARS_MAX);
		if (!room)
			return;
		json_init(j, room, PACKET_VARS_MAX);
	}
	json_object(j, NULL);
	json_span(j, c->name, c->value);
	json_end(j);
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
