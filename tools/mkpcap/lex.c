/*
 * lex - a script into tokens, and the arithmetic of its words.
 */
#include <ctype.h>
#include <stdlib.h>

#include "mkpcap.h"

struct lexer {
	struct script *s;
	struct span text;
	uint32_t at, line, line_start, cap;
};

static int
here(const struct lexer *l, uint32_t ahead)
{
	return l->at + ahead < l->text.n ? l->text.p[l->at + ahead] : -1;
}

static bool
lex_fail(struct lexer *l, uint32_t start, const char *why)
{
	diag_error(l->s->diag, l->s->name, l->line, start - l->line_start + 1, "%s", why);
	return false;
}

static bool
add_token(struct lexer *l, enum token_kind kind, uint32_t from, uint32_t to, uint32_t column_of)
{
	struct script *s = l->s;

	if (s->n_tokens == l->cap) {
		uint32_t cap = l->cap ? l->cap * 2 : 256;
		struct token *t = realloc(s->tokens, cap * sizeof *t);
		if (!t)
			return lex_fail(l, from, "out of memory");
		s->tokens = t;
		l->cap = cap;
	}
	s->tokens[s->n_tokens++] = (struct token) { kind, span_of(l->text.p + from, to - from), l->line,
		column_of - l->line_start + 1 };
	return true;
}

static bool
lex_string(struct lexer *l)
{
	uint32_t start = l->at++;

	while (here(l, 0) != '"') {
		if (here(l, 0) == '\\')
			l->at++;
		if (here(l, 0) < 0 || here(l, 0) == '\n')
			return lex_fail(l, start, "the string has no end, expected \" on this line");
		l->at++;
	}
	l->at++;
	return add_token(l, TOKEN_STRING, start + 1, l->at - 1, start);
}

/* A { with a blank after it opens a block, one with a letter or digit belongs to the word. */
static bool
lex_word(struct lexer *l)
{
	uint32_t start = l->at, open = 0;

	for (int c; (c = here(l, 0)) >= 0 && c != '"'; l->at++) {
		if (c == '{' && !isspace(here(l, 1)))
			open++;
		else if (c == '}' && open > 0)
			open--;
		else if (c == '\n' || (open == 0 && (isspace(c) || c == ';' || c == '}' || c == '{')))
			break;
	}
	if (open > 0)
		return lex_fail(l, start, "{ without }");
	return add_token(l, TOKEN_WORD, start, l->at, start);
}

static bool
lex_one(struct lexer *l)
{
	int c = here(l, 0);

	if (c == '#') {
		while (here(l, 0) >= 0 && here(l, 0) != '\n')
			l->at++;
		return true;
	}
	if (c == '\\' && here(l, 1) == '\n') {
		l->at += 2;
		l->line++;
		l->line_start = l->at;
		return true;
	}
	if (c == '"')
		return lex_string(l);
	if (c == '{' && (isspace(here(l, 1)) || here(l, 1) < 0))
		return l->at++, add_token(l, TOKEN_OPEN, l->at - 1, l->at, l->at - 1);
	if (c == '}')
		return l->at++, add_token(l, TOKEN_CLOSE, l->at - 1, l->at, l->at - 1);
	if (c == ';')
		return l->at++, add_token(l, TOKEN_END, l->at - 1, l->at, l->at - 1);
	return lex_word(l);
}

bool
lex(struct script *s, struct span text)
{
	struct lexer l = { .s = s, .text = text, .line = 1 };

	while (l.at < text.n) {
		if (here(&l, 0) == '\n') {
			if (!add_token(&l, TOKEN_END, l.at, l.at, l.at))
				return false;
			l.at++;
			l.line++;
			l.line_start = l.at;
		} else if (isspace(here(&l, 0))) {
			l.at++;
		} else if (!lex_one(&l)) {
			return false;
		}
	}
	return add_token(&l, TOKEN_EOF, l.at, l.at, l.at);
}

/* sum = product { (+|-) product };  product = value { (*|/|%) value };  value = number | name | (sum) | -value */
struct reckon {
	struct script *s;
	struct span text;
	uint32_t at, depth;
	const char *why;
};

static int64_t sum(struct reckon *r);

static int
next(const struct reckon *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : -1;
}

static int64_t
number(struct reckon *r)
{
	uint64_t v = 0;
	uint32_t base = 10, start = r->at;

	if (next(r) == '0' && r->at + 1 < r->text.n && r->text.p[r->at + 1] == 'x') {
		base = 16;
		r->at += 2;
		start = r->at;
	}
	for (int c; (c = next(r)) >= 0 && (base == 16 ? isxdigit(c) : isdigit(c)); r->at++) {
		v = v * base + (uint64_t) (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		if (v > UINT32_MAX * 4096ull)
			r->why = "the number is too large";
	}
	if (r->at == start)
		r->why = "expected a number";
	return (int64_t) v;
}

static int64_t
value(struct reckon *r)
{
	int64_t v = 0;

	if (++r->depth > 32) {
		r->why = "too many levels";
	} else if (next(r) == '(') {
		r->at++;
		v = sum(r);
		if (next(r) != ')')
			r->why = "expected )";
		r->at++;
	} else if (next(r) == '-') {
		r->at++;
		v = -value(r);
	} else if (isalpha(next(r))) {
		uint32_t start = r->at;
		while (isalnum(next(r)) || next(r) == '_')
			r->at++;
		struct span name = span_of(r->text.p + start, r->at - start);
		uint32_t i = r->s->n_variables;
		while (i > 0 && !span_eq(r->s->variables[i - 1].name, name))
			i--;
		if (i == 0)
			r->why = "no counter of this name";
		else
			v = r->s->variables[i - 1].value;
	} else {
		v = number(r);
	}
	r->depth--;
	return v;
}

static int64_t
product(struct reckon *r)
{
	int64_t v = value(r);

	for (int c; !r->why && ((c = next(r)) == '*' || c == '/' || c == '%');) {
		r->at++;
		int64_t w = value(r);
		if (c != '*' && w == 0)
			r->why = "division by zero";
		else if (c == '*' && __builtin_mul_overflow(v, w, &v))
			r->why = "the number is too large";
		else if (c != '*')
			v = w == -1 ? 0 : c == '/' ? v / w : v % w;
	}
	return v;
}

static int64_t
sum(struct reckon *r)
{
	int64_t v = product(r);

	for (int c; !r->why && ((c = next(r)) == '+' || c == '-');) {
		r->at++;
		int64_t w = product(r);
		if (c == '+' ? __builtin_add_overflow(v, w, &v) : __builtin_sub_overflow(v, w, &v))
			r->why = "the number is too large";
	}
	return v;
}

bool
expression(struct script *s, struct span text, int64_t *out, const char **why)
{
	struct reckon r = { .s = s, .text = text };

	*out = sum(&r);
	if (!r.why && r.at != text.n)
		r.why = "expected a number, or counters with + - * / %";
	*why = r.why;
	return !r.why;
}
