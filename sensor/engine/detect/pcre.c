/*
 * pcre - one attempt of a PCRE2 expression, JIT where there is one, within match and depth limits.
 */
#include "engine/detect/engine.h"

static void
captures(struct inspect *in, const struct op_pcre *r, const uint8_t *p, int n, const PCRE2_SIZE *v)
{
	for (unsigned i = 0; i < r->n_names; i++) {
		unsigned g = r->names[i].group;
		if (g < (unsigned) n && v[2 * g] != PCRE2_UNSET && v[2 * g + 1] >= v[2 * g])
			capture_add(in, r->names[i].kind, r->names[i].name,
			    span_of(p + v[2 * g], (uint32_t) (v[2 * g + 1] - v[2 * g])), 0);
	}
}

/* 1 = match, with begin and end; 0 = none; -1 = a limit was reached or the subject is not right. */
int
pcre_run(struct inspect *in, const struct op_pcre *r, struct span buf, uint32_t from, uint32_t *begin, uint32_t *end)
{
	static const uint8_t nothing[1];
	const uint8_t *p = buf.p ? buf.p : nothing;
	int rc;

	if (from > buf.n)
		return 0;
	if (r->jit)
		rc = pcre2_jit_match(r->re, p, buf.n, from, 0, in->md, in->mc);
	else
		rc = pcre2_match(r->re, p, buf.n, from, 0, in->md, in->mc);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc < 0)
		return -1;
	PCRE2_SIZE *v = pcre2_get_ovector_pointer(in->md);
	if (r->n_names)
		captures(in, r, p, rc, v);
	*begin = (uint32_t) v[0];
	*end = (uint32_t) v[1];
	return 1;
}
