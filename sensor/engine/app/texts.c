/*
 * texts - lists of texts that a transaction keeps: the recipients of a mail, the lines of a reply.
 */
#include "engine/app/app.h"

void
app_list_add(struct app *a, struct app_list *list, struct span s, uint32_t max)
{
	struct bytes *b = &list->bytes;
	uint8_t n[2] = { (uint8_t) (s.n >> 8), (uint8_t) s.n };

	if (s.n <= UINT16_MAX && b->n + 2 + s.n <= max && app_keep(a, b, span_of(n, 2), max) == 0 && app_keep(a, b, s, max) < 0)
		b->n -= 2;
}

struct rd
app_list_all(const struct app_list *list)
{
	return rd_of(bytes_span(&list->bytes));
}

bool
app_list_next(struct rd *r, struct span *out)
{
	*out = rd_span(r, rd_u16(r));
	return !r->bad;
}

bool
app_list_at(const struct app_list *list, unsigned i, struct span *out)
{
	struct app_list *l = (struct app_list *) list; /* only where it was looked at last */
	struct rd r = app_list_all(list);

	if (i < l->i)
		l->i = l->at = 0;
	rd_skip(&r, l->at);
	while (app_list_next(&r, out)) {
		if (l->i == i)
			return true;
		l->i++;
		l->at = list->bytes.n - rd_left(&r);
	}
	return false;
}
