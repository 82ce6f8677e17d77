#include "engine/detect/keywords/tls_validity.h"

#include <stdlib.h>

struct validity {
	enum { AT, UNTIL, SINCE, BETWEEN } op;
	int64_t a, b; /* seconds since 1970 */
};

/* Seconds since 1970; or a year, then as much of month, day, hour, minute and second as there is; what stands between them is no digit. */
static const char *
read_time(const char *s, int64_t *out)
{
	unsigned v[6] = { 0, 1, 1, 0, 0, 0 };
	size_t all = strspn(s, "0123456789");

	if (all > 4 && all < 16) { /* seconds since 1970 */
		*out = strtoll(s, NULL, 10);
		return s + all;
	}
	for (unsigned i = 0; i < 6; i++) {
		unsigned digits = 0, max = i ? 2 : 4;

		for (v[i] = 0; digits < max && s[digits] >= '0' && s[digits] <= '9'; digits++)
			v[i] = v[i] * 10 + (unsigned) (s[digits] - '0');
		if (digits != max)
			return NULL;
		s += digits;
		if (i == 5 || !strchr(i < 2 ? "-" : i == 2 ? "T " : ":", *s) || !*s)
			break;
		s++;
	}
	if (v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 || v[5] > 60)
		return NULL;
	*out = tls_seconds(v);
	return s;
}

int
tls_validity_parse(struct build *b, const char *value, union kw_arg *out)
{
	struct validity *w = arena_zalloc(build_arena(b), sizeof(*w));
	const char *s = value ? build_text(b, value) : NULL;

	if (!w)
		return E_NOMEM;
	if (s && (*s == '<' || *s == '>'))
		w->op = *s++ == '<' ? UNTIL : SINCE;
	s = s ? read_time(s, &w->a) : NULL;
	if (s && w->op == AT && strncmp(s, "<>", 2) == 0) {
		w->op = BETWEEN;
		s = read_time(s + 2, &w->b);
	}
	if (!s || *s || (w->op == BETWEEN && w->a >= w->b))
		return build_error(b, 0, "a time as 2015-02-12T18:07:27 or its beginning is expected, with < or > before it, or two with <> between");
	out->p = w;
	return 0;
}

bool
tls_validity_has(const union kw_arg *a, int64_t when)
{
	const struct validity *w = a->p;

	switch (w->op) {
	case UNTIL:
		return when <= w->a;
	case SINCE:
		return when >= w->a;
	case BETWEEN:
		return when > w->a && when < w->b;
	default:
		return when == w->a;
	}
}
