/*
 * texts - lists of texts that a transaction keeps: the recipients of a mail, the lines of a reply.
 */
#include "engine/app/app.h"

void
app_list_add(struct app *a, struct bytes *list, struct span s, uint32_t max)
{
	uint8_t n[2] = { (uint8_t) (s.n >> 8), (uint8_t) s.n };

	if (s.n <= UINT16_MAX && list->n + 2 + s.n <= max && app_keep(a, list, span_of(n, 2), max) == 0 && app_keep(a, list, s, max) < 0)
		list->n -= 2;
}

bool
app_list_next(struct rd *r, struct span *out)
{
	*out = rd_span(r, rd_u16(r));
	return !r->bad;
}

bool
app_list_at(const struct bytes *list, unsigned i, struct span *out)
{
	struct rd r = rd_of(bytes_span(list));

	while (app_list_next(&r, out))
		if (i-- == 0)
			return true;
	return false;
}
