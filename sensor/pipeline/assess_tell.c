/*
 * What people tell while the sensor runs: taken, recorded, told again to new packs after a reload.
 */
#include "pipeline/assess_private.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD_MAX 4096

static int
tell_again(struct assess *a, const struct told *t, struct diag *d, const struct statement **out)
{
	struct context_trust trust = { a->conf.context_keys ? &a->keys : NULL, t->trusted, t->channel };

	return context_add(&a->context, t->channel, span_of(t->text, t->n), &a->packs, &trust, out, d);
}

/* After a reload: what the new packs no longer understand is told as a warning and left out. */
void
assess_tell_again(struct assess *a, struct diag *d)
{
	const struct statement *s;

	for (const struct told *t = a->told; t; t = t->next) {
		struct diag own;
		diag_init(&own, 0);
		if (tell_again(a, t, &own, &s) < 0)
			diag_warning(d, t->channel, 0, 0, "a statement told before does not fit the new packs or keys and no longer counts");
		diag_clear(&own);
	}
}

static void
push_context(struct assess *a, const struct statement *s)
{
	struct pending *p = calloc(1, sizeof(*p));
	uint32_t cap = 64 << 10;
	struct json j;

	if (!p || !(p->told = malloc(cap + 1))) {
		free(p);
		return;
	}
	json_init(&j, p->told, cap);
	json_object(&j, NULL);
	document_context(&a->rec, s, &j);
	struct span all = json_text(&j);
	memmove(p->told, p->told + 1, all.n); /* the members alone */
	p->told[all.n - 2] = '\0';
	p->kind = ASSESS_CONTEXT;
	p->at = clock_now(a->clock);
	if (a->last)
		a->last->next = p;
	else
		a->first = p;
	a->last = p;
}

/* The first problem, with its place in the text. */
static const char *
diag_first(const struct diag *d, char *out, size_t n)
{
	if (!d->n)
		return "";
	snprintf(out, n, "%u:%u: %s", d->items[0].line, d->items[0].column, d->items[0].text);
	return out;
}

int
assess_tell(struct assess *a, struct span text, bool trusted, const char *channel, char why[static 256])
{
	struct told *t = calloc(1, sizeof(*t));
	const struct statement *s = NULL;
	struct diag d;
	int rc = E_NOMEM;

	snprintf(why, 256, "no memory, or more than %d statements", TOLD_MAX);
	diag_init(&d, 0);
	if (t && a->n_told < TOLD_MAX && (t->text = malloc(text.n + 1))) {
		memcpy(t->text, text.p, text.n);
		t->n = text.n;
		t->trusted = trusted;
		t->channel = channel;
		rc = tell_again(a, t, &d, &s);
		if (rc < 0)
			snprintf(why, 256, "%s", diag_first(&d, (char[230]) { 0 }, 230));
	}
	diag_clear(&d);
	if (rc < 0) {
		if (t)
			free(t->text);
		free(t);
		return rc;
	}
	*(a->told ? a->told_end : &a->told) = t;
	a->told_end = &t->next;
	a->n_told++;
	push_context(a, s);
	a->context_next = clock_now(a->clock); /* everything is assessed anew at the next tick */
	return 0;
}

void
assess_forget_told(struct assess *a)
{
	while (a->told) {
		struct told *t = a->told;
		a->told = t->next;
		free(t->text);
		free(t);
	}
}
