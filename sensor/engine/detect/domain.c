/*
 * domain - over libpsl. Names that are no ASCII are asked label by label as they are: no conversion, no heap.
 *
 * List: https://publicsuffix.org/list/ (its default rule: a suffix that it does not have is the last label).
 */
#include <libpsl.h>

#include "engine/detect/domain.h"

#define NAME_MAX_N 1024

/* The list's own text for the last labels; bytes that are no ASCII stand for themselves as '?', which no rule has. */
static char *
copy(struct span name, struct arena *scratch)
{
	char *out = arena_alloc(scratch, name.n + 1);

	for (uint32_t i = 0; out && i < name.n; i++) {
		uint8_t c = name.p[i];
		out[i] = c >= 0x80 || c == 0 ? '?' : (char) byte_lower(c);
	}
	if (out)
		out[name.n] = '\0';
	return out;
}

struct span
domain_of(struct span name, bool suffix, struct arena *scratch)
{
	struct span whole = name;
	const char *text, *domain, *found;

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0 || name.n > NAME_MAX_N || name.p[0] == '.' || !(text = copy(name, scratch)))
		return span_of("", 0);
	if (!(domain = psl_registrable_domain(psl_builtin(), text)))
		return span_of("", 0);
	found = suffix ? psl_unregistrable_domain(psl_builtin(), domain) : domain;
	return found ? span_skip(whole, (uint32_t) (found - text)) : span_of("", 0);
}
