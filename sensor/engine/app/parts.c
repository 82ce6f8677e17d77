#include "engine/app/parts.h"

struct part {
	struct part *next;
	uint64_t offset;
	struct bytes data;
	bool cut; /* not all of it could be kept, or came */
};

static void
unlink_first(struct parts *p, struct app *a)
{
	struct part *x = p->first;

	p->first = x->next;
	p->bytes -= x->data.n;
	p->n--;
	app_drop(a, &x->data);
	app_give(a, x, sizeof(*x));
}

static void
place(struct parts *p, struct app *a, struct body *b, struct span s)
{
	body_take(b, a, s, 0);
	p->next += s.n;
}

/* Pieces whose place has come; what lies before it was there already. */
static void
settle(struct parts *p, struct app *a, struct body *b)
{
	while (p->first && p->first->offset <= p->next) {
		struct part *x = p->first;

		if (x->offset == p->next) {
			place(p, a, b, bytes_span(&x->data));
			p->holes |= x->cut;
		}
		unlink_first(p, a);
	}
}

/* What is missing before the first piece that waits is given up. */
static void
give_up_hole(struct parts *p, struct app *a, struct body *b)
{
	p->holes = true;
	body_gap(b, a, p->first->offset - p->next);
	p->next = p->first->offset;
	settle(p, a, b);
}

static void
jump(struct parts *p, struct app *a, struct body *b, uint64_t to)
{
	while (p->first && p->first->offset <= to)
		give_up_hole(p, a, b);
	if (to <= p->next)
		return;
	p->holes = true;
	body_gap(b, a, to - p->next);
	p->next = to;
}

static struct part *
insert(struct parts *p, struct app *a, uint64_t offset)
{
	struct part **at = &p->first, *x;

	while (*at && (*at)->offset < offset)
		at = &(*at)->next;
	if (*at && (*at)->offset == offset)
		return NULL;
	if (!(x = app_take(a, sizeof(*x))))
		return NULL;
	x->offset = offset;
	x->next = *at;
	*at = x;
	p->n++;
	return x;
}

static void
keep(struct parts *p, struct app *a, struct part *x, struct span s)
{
	if (app_keep(a, &x->data, s, PARTS_BYTES_MAX) < 0)
		x->cut = true;
	else
		p->bytes += s.n;
}

static enum parts_told
room(const struct parts *p, const struct parts_conf *c, uint64_t n)
{
	uint32_t count = c && c->count ? c->count : PARTS_COUNT_MAX, bytes = c && c->bytes && c->bytes < PARTS_BYTES_MAX ? c->bytes : PARTS_BYTES_MAX;

	return p->bytes + n > bytes ? PARTS_TOO_LONG : p->n >= count ? PARTS_TOO_MANY : PARTS_TAKEN;
}

/* The piece at hand ended early: what was announced and did not come is a hole. */
static void
close_piece(struct parts *p)
{
	if (!p->left)
		return;
	if (p->filling)
		p->filling->cut = true;
	else if (!p->passed_over)
		p->next += p->left;
	p->holes |= !p->passed_over;
	p->left = 0;
}

enum parts_told
parts_begin(struct parts *p, struct app *a, struct body *b, const struct parts_conf *c, uint64_t offset, uint64_t n, struct span data,
    bool lost)
{
	enum parts_told told = PARTS_TAKEN;

	close_piece(p);
	p->filling = NULL;
	p->passed_over = false;
	data = span_head(data, n < data.n ? (uint32_t) n : data.n);
	p->left = n;
	if (offset > p->next && lost)
		jump(p, a, b, offset);
	if (offset < p->next)
		told = PARTS_AGAIN;
	else if (offset > p->next && (told = room(p, c, n)) == PARTS_TAKEN)
		p->passed_over = !(p->filling = insert(p, a, offset));
	p->passed_over |= told != PARTS_TAKEN;
	parts_more(p, a, b, data);
	return told;
}

void
parts_more(struct parts *p, struct app *a, struct body *b, struct span data)
{
	data = span_head(data, p->left < data.n ? (uint32_t) p->left : data.n);
	p->left -= data.n;
	if (p->passed_over)
		return;
	if (p->filling)
		keep(p, a, p->filling, data);
	else
		place(p, a, b, data);
	if (!p->left && !p->filling)
		settle(p, a, b);
}

void
parts_gap(struct parts *p, struct app *a, uint64_t n)
{
	if (n > p->left)
		n = p->left;
	p->left -= n;
	p->holes |= !p->passed_over;
	if (p->filling)
		p->filling->cut = true;
	else if (!p->passed_over)
		p->next += n;
}

void
parts_end(struct parts *p, struct app *a, struct body *b)
{
	close_piece(p);
	p->filling = NULL;
	while (p->first)
		give_up_hole(p, a, b);
}

void
parts_clear(struct parts *p, struct app *a)
{
	while (p->first)
		unlink_first(p, a);
}
