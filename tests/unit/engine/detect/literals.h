/*
 * literals.h - what a search for literals told, against what is there, looked for place by place.
 */
#ifndef UNIT_LITERALS_H
#define UNIT_LITERALS_H

#include "engine/detect/engine.h"

/* For searches that call with the number of a literal: got[i] is set. */
static void
put(void *got, uint32_t i)
{
	((bool *) got)[i] = true;
}

static bool
there(const struct literal *l, struct span in)
{
	for (uint32_t at = 0; at + l->s.n <= in.n; at++) {
		struct span part = span_of(in.p + at, l->s.n);
		if (byte_lower(part.p[0]) != byte_lower(l->s.p[0]))
			continue;
		if (l->nocase ? span_eq_nocase(part, l->s) : span_eq(part, l->s))
			return true;
	}
	return false;
}

static void
expect_found(const bool *got, const struct literal *l, uint32_t n, struct span in)
{
	for (uint32_t i = 0; i < n; i++)
		if (got[i] != there(&l[i], in))
			fail_msg("literal of %u bytes (\"%.*s\") in %u: %s", l[i].s.n, (int) l[i].s.n, l[i].s.p, in.n, got[i] ? "found" : "not found");
}

#endif
