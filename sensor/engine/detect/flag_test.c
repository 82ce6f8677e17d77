/*
 * flag_test - reading and testing sets of flags written as letters.
 */
#include "engine/detect/flag_test.h"

#include <ctype.h>

static int
bit_of(const struct flag_letter *letters, int c)
{
	for (; letters->letter; letters++)
		if (letters->letter == toupper(c))
			return letters->bit;
	return -1;
}

/* Letters (and, where `modifier` is given, one modifier) to bits; -1: something else. */
static int
bits_of(const char *text, const struct flag_letter *letters, char *modifier)
{
	int bits = 0, bit;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (modifier && !*modifier && strchr("+*!", *text)) {
			*modifier = *text;
			continue;
		}
		if ((bit = bit_of(letters, *text)) < 0)
			return -1;
		bits |= bit;
	}
	return bits;
}

int
flag_test_parse(struct build *b, const char *value, const struct flag_letter *letters, const char *expected,
    union kw_arg *out)
{
	struct flag_test *t = arena_zalloc(build_arena(b), sizeof(*t));
	const char *text = build_text(b, value), *part[2];
	int n = text ? build_split(b, text, part, 2) : 0, want, ignored = 0;

	if (!t)
		return E_NOMEM;
	if (n < 1 || !*part[0] || (n == 2 && !*part[1]))
		return build_error(b, 0, "bad flags, expected %s", expected);
	want = bits_of(part[0], letters, &t->modifier);
	if (n == 2)
		ignored = bits_of(part[1], letters, NULL);
	if (want < 0 || ignored < 0)
		return build_error(b, 0, "bad flags \"%s\", expected %s", text, expected);
	t->want = (uint8_t) want;
	t->mask = (uint8_t) ~ignored;
	out->p = t;
	return 0;
}

bool
flag_test_has(const struct flag_test *t, uint8_t flags)
{
	uint8_t seen = flags & t->mask;

	if (!t->want && flags)
		return t->modifier == '!';
	switch (t->modifier) {
	case '*':
		return (seen & t->want) != 0;
	case '+':
		return (seen & t->want) == t->want;
	case '!':
		return (seen & t->want) != t->want;
	default:
		return seen == t->want;
	}
}

int
flag_words_parse(struct build *b, const char *value, const struct flag_word *words, const char *expected, union kw_arg *out)
{
	struct flag_words *t = arena_zalloc(build_arena(b), sizeof(*t));
	const char *text = build_text(b, value), *part[8];
	int n = text ? build_split(b, text, part, 8) : 0;

	if (!t)
		return E_NOMEM;
	out->p = t;
	if (text && strpbrk(text, "0123456789") && build_number(b, text, UINT8_MAX, &t->number) == 0)
		return 0;
	for (int i = 0; i < n; i++) {
		bool neg = part[i][0] == '!';
		const struct flag_word *w = words;

		while (w->word && strcmp(part[i] + neg, w->word) != 0)
			w++;
		if (!w->word)
			return build_error(b, 0, "\"%s\": %s, one of them with ! or a number was expected", part[i], expected);
		*(neg ? &t->clear : &t->set) |= w->bit;
	}
	return n < 1 ? build_error(b, 0, "%s, one of them with ! or a number was expected", expected) : 0;
}

bool
flag_words_has(const struct flag_words *t, uint8_t flags)
{
	return t->number ? kw_number_has(t->number, flags) : (flags & t->set) == t->set && !(flags & t->clear);
}
