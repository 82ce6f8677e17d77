/*
 * parse - small things most parsers need: releasing kept bytes, bounded text.
 *
 * Thread:    the worker's.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  the framework -> ../app.h
 */
#ifndef ENGINE_PROTOCOLS_PARSE_H
#define ENGINE_PROTOCOLS_PARSE_H

#include <stdlib.h>

#include "engine/app/app.h"

/* Gives back what app_keep() took. */
static inline void
bytes_release(struct app *a, struct bytes *b)
{
	if (b->p)
		app_give(a, b->p, b->cap);
	*b = (struct bytes) { 0 };
}

/* The flow's transactions of the protocol it speaks now, oldest first (after an upgrade others may be in the list). */
#define each_tx(a, x) \
	for (struct tx *x = (a)->first; x; x = x->next) \
		if (x->proto != (a)->proto) { \
		} else

/* Raises progress; it never goes back. */
static inline void
tx_reach(struct tx *tx, int dir, uint8_t progress)
{
	if (tx->progress[dir] < progress)
		tx->progress[dir] = progress;
}

/* Nobody sends in this direction any more: what waits for it waits no longer. For protocol.eof. */
static inline void
txs_end(struct app *a, void *state, int dir)
{
	(void) state;
	each_tx(a, x)
		tx_reach(x, dir, 1);
}

/* One more transaction waits for its answer, counted in *open: of more than `max` the oldest counts as answered. */
static inline void
txs_bound(struct app *a, uint32_t *open, uint32_t max)
{
	if (++*open <= max)
		return;
	each_tx(a, x)
		if (!tx_done(a, x, 0) || !tx_done(a, x, 1)) {
			tx_reach(x, 0, 1);
			tx_reach(x, 1, 1);
			--*open;
			return;
		}
}

/* Names for numbers, ended by a row without one. */
struct number_name {
	uint32_t number;
	const char *name;
};

static inline const char *
number_name(const struct number_name *n, uint32_t number)
{
	for (; n->name; n++)
		if (n->number == number)
			return n->name;
	return NULL;
}

/* What the configuration says of a type of EVE record ("dhcp: {...}" in the types of an output); NULL: nothing. */
static inline const struct yaml *
log_settings(const struct conf *tree, const char *type)
{
	const struct yaml *y;

	if (tree)
		yaml_each(o, conf_find(tree, "outputs"))
			yaml_each(t, yaml_get(yaml_get(o, "eve-log"), "types"))
				if ((y = yaml_get(t, type)))
					return y;
	return NULL;
}

/* max-tx of a protocol: transactions of a flow that may wait for their end at once. */
static inline void
read_max_tx(const struct yaml *node, uint32_t *max, struct diag *d)
{
	const struct yaml *y = yaml_get(node, "max-tx");
	uint64_t v = 0;

	if (y && yaml_u64(y, &v, UINT32_MAX, d) == 0 && v)
		*max = (uint32_t) v;
}

/* Text into a fixed buffer; `full` once something did not fit (then what is there is a prefix). */
struct text {
	char *p;
	uint32_t n, cap;
	bool full;
};

static inline struct text
text_of(char *buf, size_t cap)
{
	return (struct text) { buf, 0, (uint32_t) cap, false };
}

static inline void
text_add(struct text *t, struct span s)
{
	if (t->full || s.n > t->cap - t->n) {
		t->full = true;
		return;
	}
	if (s.n)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

static inline void
text_char(struct text *t, char c)
{
	text_add(t, span_of(&c, 1));
}

static inline void
text_u64(struct text *t, uint64_t v)
{
	char d[20];
	unsigned n = 0;

	do
		d[sizeof(d) - ++n] = (char) ('0' + v % 10);
	while (v /= 10);
	text_add(t, span_of(d + sizeof(d) - n, n));
}

/* `digits` lower-case hex digits. */
static inline void
text_hex(struct text *t, uint64_t v, unsigned digits)
{
	while (digits--)
		text_char(t, "0123456789abcdef"[v >> (4 * digits) & 15]);
}

static inline struct span
text_span(const struct text *t)
{
	return span_of(t->p, t->n);
}

/* The name before '=' of the row for v in a field's names, or "". */
static inline struct span
value_name(const char *const *names, unsigned long v)
{
	for (; *names; names++) {
		const char *eq = strchr(*names, '=');

		if (strtoul(eq + 1, NULL, 10) == v)
			return span_of(*names, (size_t) (eq - *names));
	}
	return SPAN_NONE;
}

/* A member with the name of v; one without a name gets none. */
static inline void
json_named(struct json *j, const char *key, const char *const *names, unsigned long v)
{
	struct span s = value_name(names, v);

	if (s.n)
		json_span(j, key, s);
}

/* ... or "unknown-V". */
static inline void
json_named_always(struct json *j, const char *key, const char *const *names, unsigned long v)
{
	struct span s = value_name(names, v);
	char buf[32];
	struct text t = text_of(buf, sizeof(buf));

	text_add(&t, span_str("unknown-"));
	text_u64(&t, v);
	json_span(j, key, s.n ? s : text_span(&t));
}

#endif
