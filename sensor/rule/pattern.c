/*
 * pattern - values that keywords read with rules of their own: content:"a|0d 0a|" and pcre:"/x/i".
 *
 * Language: Suricata user guide, "Payload Keywords" (content: escapes of ; \ " and |hex|), "pcre".
 */
#include <ctype.h>

#include "rule/lookup.h"

/* ! and quotes off; -1: no value in quotes. */
static int
quoted_value(const char *value, struct span *inner, bool *negated)
{
	struct span s = text_trim(span_str(value));

	*negated = s.n && s.p[0] == '!';
	if (*negated)
		s = text_trim(span_skip(s, 1));
	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return -1;
	*inner = span_of(s.p + 1, s.n - 2);
	return 0;
}

/* The same without quotes, which a regular expression may lack. */
static int
bare_value(const char *value, struct span *inner, bool *negated)
{
	struct span s = text_trim(span_str(value));

	*negated = s.n && s.p[0] == '!';
	*inner = text_trim(span_skip(s, *negated));
	return inner->n && inner->p[0] == '"' ? -1 : 0;
}

struct pattern {
	uint8_t *out;
	uint32_t n;
	bool hex, escape;
	int high; /* first digit of a byte, -1 none */
};

static int
take_hex(struct pattern *p, uint8_t c)
{
	int v = byte_hex(c);

	if (c == ' ' || c == '\t')
		return 0;
	if (v < 0)
		return E_BAD;
	if (p->high < 0) {
		p->high = v;
		return 0;
	}
	p->out[p->n++] = (uint8_t) (p->high << 4 | v);
	p->high = -1;
	return 0;
}

static int
take(struct pattern *p, uint8_t c)
{
	if (p->escape) {
		p->escape = false;
		if (!strchr("\\\":;", c) || !c)
			return E_BAD;
		p->out[p->n++] = c;
	} else if (c == '|') {
		if (p->hex && p->high >= 0)
			return E_BAD;
		p->hex = !p->hex;
	} else if (p->hex) {
		return take_hex(p, c);
	} else if (c == '\\') {
		p->escape = true;
	} else if (c == '"') {
		return E_BAD;
	} else {
		p->out[p->n++] = c;
	}
	return 0;
}

int
rule_pattern(struct arena *a, const char *value, struct span *out, bool *negated, uint32_t *at)
{
	struct pattern p = { .high = -1 };
	struct span s;

	*at = 0;
	if (!value || quoted_value(value, &s, negated) < 0)
		return E_BAD;
	p.out = arena_alloc(a, s.n);
	if (!p.out)
		return E_NOMEM;
	for (uint32_t i = 0; i < s.n; i++) {
		*at = (uint32_t) (s.p + i - (const uint8_t *) value);
		if (take(&p, s.p[i]) < 0)
			return E_BAD;
	}
	if (p.n == 0 || p.hex || p.escape)
		return E_BAD;
	*out = span_of(p.out, p.n);
	return 0;
}

/* Whether the byte before `end` is a backslash that is not itself escaped. */
static bool
escaped(struct span s, uint32_t end)
{
	uint32_t n = 0;

	while (n < end && s.p[end - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

int
rule_regex(struct arena *a, const char *value, const char **pattern, const char **flags, bool *negated)
{
	struct span s, text;
	uint32_t end, begin = 0;

	if (!value || (quoted_value(value, &s, negated) < 0 && bare_value(value, &s, negated) < 0))
		return E_BAD;
	while (begin < s.n && (s.p[begin] != '/' || escaped(s, begin)))
		begin++;
	s = span_skip(s, begin); /* "m/x/i" is "/x/i", whatever stands there */
	if (s.n < 2)
		return E_BAD;
	for (end = s.n - 1; end > 0 && s.p[end] != '/'; end--)
		;
	if (end == 0 || escaped(s, end))
		return E_BAD;
	text = span_of(s.p + 1, end - 1);
	*pattern = arena_string(a, text);
	*flags = arena_string(a, span_skip(s, end + 1));
	return *pattern && *flags ? 0 : E_NOMEM;
}
