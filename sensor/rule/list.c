/*
 * list - "[a,!b,[c,!$D]]": the shape shared by address and port lists.
 *
 * As in Suricata the nesting is flat: every element ends up in one of two heaps, wanted or not wanted, and a '!' in
 * front of a list or variable turns each of its elements around; the set is the first heap without the second.
 */
#include <stdio.h>

#include "rule/lookup.h"

#define DEPTH_MAX 64

static int read_items(struct list *l, struct span text, bool negated, unsigned depth);

int
list_error(struct list *l, const char *fmt, ...)
{
	va_list ap;
	int n = 0;

	if (l->in.n)
		n = snprintf(l->why, sizeof(l->why), "in $%.*s: ", (int) (l->in.n > 60 ? 60 : l->in.n), (const char *) l->in.p);
	va_start(ap, fmt);
	vsnprintf(l->why + n, sizeof(l->why) - (size_t) n, fmt, ap);
	va_end(ap);
	return E_BAD;
}

static int
read_variable(struct list *l, struct span name, bool negated, unsigned depth)
{
	const char *text = l->variable(l->v, name);
	struct span outer = l->in;
	int e;

	if (!text)
		return list_error(l, "unknown variable $%.*s, expected one of the groups under vars", (int) (name.n > 60 ? 60 : name.n),
		    (const char *) name.p);
	l->in = name;
	e = read_items(l, span_str(text), negated, depth + 1);
	if (e == 0)
		l->in = outer;
	return e;
}

static int
read_item(struct list *l, struct span item, bool negated, unsigned depth)
{
	item = text_trim(item);
	if (!l->in.n)
		l->at = (const char *) item.p;
	if (item.n && item.p[0] == '!') {
		negated = !negated;
		item = text_trim(span_skip(item, 1));
	}
	if (item.n == 0)
		return list_error(l, "empty element, expected an address, a port, a list or a variable");
	if (depth > DEPTH_MAX)
		return list_error(l, "lists or variables nested deeper than %d, expected no variable to name itself", DEPTH_MAX);
	if (item.p[0] == '$')
		return read_variable(l, span_skip(item, 1), negated, depth);
	if (item.p[0] != '[')
		return l->element(l, item, negated);
	if (item.n < 2 || item.p[item.n - 1] != ']')
		return list_error(l, "list without its closing bracket, expected ']'");
	return read_items(l, span_of(item.p + 1, item.n - 2), negated, depth + 1);
}

static int
read_items(struct list *l, struct span text, bool negated, unsigned depth)
{
	struct rd r = rd_of(text);
	uint32_t start = 0, at = 0;
	int brackets = 0, e;

	while (rd_left(&r) > 0) {
		uint8_t c = rd_u8(&r);
		if (c == '[')
			brackets++;
		if (c == ']' && --brackets < 0)
			return list_error(l, "']' without its opening bracket");
		if (c == ',' && brackets == 0) {
			if ((e = read_item(l, span_of(text.p + start, at - start), negated, depth)) < 0)
				return e;
			start = at + 1;
		}
		at++;
	}
	return read_item(l, span_of(text.p + start, at - start), negated, depth);
}

int
list_read(struct list *l, struct span text)
{
	l->at = l->start = (const char *) text.p;
	l->in = SPAN_NONE;
	l->why[0] = 0;
	return read_items(l, text, false, 0);
}
