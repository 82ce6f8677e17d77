/*
 * text - small helpers for text in files: trimming, numbers, words, lists.
 */
#include <ctype.h>

#include "rule/lookup.h"

struct span
text_trim(struct span s)
{
	while (s.n && text_blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n && text_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

char *
text_trimmed(char *s)
{
	char *end = s + strlen(s);

	return text_trimmed_to(s, &end);
}

int
text_u32(const char *s, uint32_t max, uint32_t *out)
{
	struct span t = text_trim(span_str(s));
	uint64_t v = 0;

	if (t.n == 0 || t.n > 12)
		return -1;
	for (uint32_t i = 0; i < t.n; i++) {
		if (!isdigit(t.p[i]))
			return -1;
		v = v * 10 + (unsigned) (t.p[i] - '0');
	}
	if (v > max)
		return -1;
	*out = (uint32_t) v;
	return 0;
}

char *
text_next_item(char **s)
{
	char *start = *s, *p;
	unsigned depth = 0;
	bool quoted = false;

	if (!start)
		return NULL;
	for (p = start; *(p += strcspn(p, "\"[],")); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '[')
			depth++;
		else if (!quoted && *p == ']' && depth)
			depth--;
		else if (!quoted && !depth && *p == ',')
			break;
	}
	*s = *p ? p + 1 : NULL;
	return text_trimmed_to(start, &p);
}

char *
text_next_word(char **s)
{
	char *p = *s, *start;

	while (text_blank(*p))
		p++;
	if (!*p)
		return NULL;
	for (start = p; *p && !text_blank(*p); p++)
		;
	if (*p)
		*p++ = 0;
	*s = p;
	return start;
}
