/*
 * What people tell while the sensor runs: taken, recorded, told again to new packs after a reload and after a restart.
 */
#include "pipeline/assess_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

static int
tell_again(struct assess *a, struct told *t, struct diag *d, const struct statement **out)
{
	struct context_trust trust = { a->conf.context_keys ? &a->keys : NULL, t->trusted, NULL, t->channel };

	int rc = context_add(&a->context, t->channel, span_of(t->text, t->n), &a->packs, &trust, out, d);

	t->expires = rc < 0 ? 0 : (*out)->expires;
	return rc;
}

/* To the packs and keys in force; what they do not understand is told as a warning and left out. */
void
assess_tell_again(struct assess *a, struct diag *d)
{
	const struct statement *s;

	for (struct told *t = a->told.first; t; t = t->next) {
		struct diag own;
		diag_init(&own, 0);
		if (tell_again(a, t, &own, &s) < 0)
			diag_warning(d, t->channel, 0, 0, "a statement told before does not fit the packs or keys in force and no longer counts");
		diag_clear(&own);
	}
}

/* What can never count again. */
static void
forget_expired(struct assess *a)
{
	int64_t now = clock_now(a->clock);

	for (struct told *t = a->told.first, *next; t; t = next) {
		next = t->next;
		if (t->expires && t->expires <= now)
			told_remove(&a->told, t);
	}
}

int
assess_remember(struct assess *a, const char *path, struct diag *d)
{
	int rc = told_open(&a->told, path);

	if (rc < 0) {
		diag_error(d, path, 0, 0, rc == E_PERM ? "a file that only root and the sensor's own user may write was expected" : "what was told cannot be read");
		return rc;
	}
	if (a->told.passed_over)
		diag_warning(d, path, 0, 0, "%u lines are no statements and were passed over", a->told.passed_over);
	assess_tell_again(a, d);
	forget_expired(a);
	a->context_next = a->told.n ? clock_now(a->clock) : a->context_next;
	rc = a->told.n || a->told.mark[0] || a->told.passed_over ? told_rewrite(&a->told) : 0;
	if (rc < 0)
		diag_error(d, path, 0, 0, "what was told cannot be written");
	else if (a->told.n)
		log_notice("context", "statements told before count again: %u", a->told.n);
	return rc;
}

const char *
assess_mark(const struct assess *a)
{
	return a->told.mark;
}

static void
push_context(struct assess *a, const struct statement *s, const struct told *t)
{
	struct pending *p = calloc(1, sizeof(*p));
	uint32_t cap = 64 << 10;
	struct json j;

	if (!p || !(p->told = malloc(cap + 6 * t->n + 1))) {
		free(p);
		return;
	}
	json_init(&j, p->told, cap + (uint32_t) (6 * t->n));
	json_object(&j, NULL);
	document_context(&a->rec, s, span_of(t->text, t->n), &j);
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

static bool
is_told(const struct told_list *l, struct span text)
{
	for (const struct told *t = l->first; t; t = t->next)
		if (span_eq(span_of(t->text, t->n), text))
			return true;
	return false;
}

/* On the disk first: what is confirmed is not forgotten. */
static int
take(struct assess *a, struct told *t, const char *mark, char why[static 256])
{
	const struct statement *s = NULL;
	struct diag d;
	int rc;

	diag_init(&d, 0);
	if (tell_again(a, t, &d, &s) < 0) {
		rc = E_BAD;
		snprintf(why, 256, "%s", diag_first(&d, (char[230]) { 0 }, 230));
	} else if ((rc = told_keep(&a->told, t, mark)) < 0) {
		snprintf(why, 256, "it cannot be kept on disk, and does not count");
		context_remove(&a->context, s);
	} else {
		push_context(a, s, t);
		a->context_next = clock_now(a->clock); /* everything is assessed anew at the next tick */
	}
	diag_clear(&d);
	return rc;
}

int
assess_tell(struct assess *a, const struct assess_telling *w, char why[static 256])
{
	struct told *t;
	int rc;

	if (a->told.n == TOLD_MAX)
		forget_expired(a);
	if (is_told(&a->told, w->text)) {
		snprintf(why, 256, "the statement was told before");
		rc = E_EXIST;
	} else if ((rc = told_add(&a->told, w->text, w->trusted, w->channel, &t)) < 0) {
		snprintf(why, 256, "no memory, more than %d statements, or one of more than %d bytes", TOLD_MAX, TOLD_TEXT_MAX);
	} else if ((rc = take(a, t, w->mark, why)) < 0) {
		told_remove(&a->told, t);
	}
	if (rc < 0 && rc != E_IO && rc != E_NOMEM && w->mark && told_keep(&a->told, NULL, w->mark) < 0)
		log_warning("context", "how far the stream was read cannot be kept");
	return rc;
}
