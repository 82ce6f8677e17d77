/*
 * frame - rules on frames: pieces of a stream or datagram that a parser has named.
 *
 * Semantics: Suricata 8 user guide, "Frames", and developer guide "Application Layer Frame Support". A frame is looked at
 * when all of it came, or each time PIECE more bytes of it did; a rule that asks for the end of the frame waits for that.
 */
#include "engine/detect/engine.h"

#define PIECE 2500
#define OVERLAP 64     /* a literal is at most as long: none is missed between two looks */
#define VIEW_PIECES 16 /* of a frame with holes; what lies behind more of them is not looked at */

/* The bytes of a frame that are held. */
struct view {
	struct {
		struct span bytes;
		uint64_t start; /* in the frame */
	} piece[VIEW_PIECES];
	unsigned n;
	uint64_t end; /* bytes of the frame that came, held or not */
	bool final;
};

static void
view_packet(const struct detect *d, const struct app_frame *f, struct view *v)
{
	struct span all = d->now->p->payload;

	v->end = f->len;
	if (f->offset > all.n)
		return;
	v->piece[0].bytes = span_head(span_skip(all, (uint32_t) f->offset), f->len > UINT32_MAX ? UINT32_MAX : (uint32_t) f->len);
	v->n = 1;
}

static void
view_stream(const struct detect *d, const struct app_frame *f, uint64_t end, struct view *v)
{
	uint64_t at = f->offset, missing;
	struct span s;

	while (v->n < VIEW_PIECES && at < end && stream_held(d->now->stream, d->now->p->dir, &at, &s, &missing)) {
		uint64_t start = at - s.n;
		if (start >= end)
			break;
		v->piece[v->n].bytes = span_head(s, end - start > UINT32_MAX ? UINT32_MAX : (uint32_t) (end - start));
		v->piece[v->n++].start = start - f->offset;
	}
	v->end = end - f->offset;
}

/* false: it is not yet time to look. */
static bool
view_make(const struct detect *d, const struct app_frame *f, struct view *v)
{
	const struct app *a = d->now->app;
	int dir = d->now->p->dir;
	uint64_t edge = app_frames_edge(a, dir), end;

	*v = (struct view) { .final = app_frame_final(a, dir, f) };
	if (a->transport == APP_UDP) {
		view_packet(d, f, v);
		return true;
	}
	end = f->len != FRAME_OPEN && f->offset + f->len < edge ? f->offset + f->len : edge;
	if (end < f->offset || !d->now->stream)
		return false;
	if (!v->final && end - f->offset < f->seen + PIECE)
		return false;
	view_stream(d, f, end, v);
	return true;
}

/* ---- one rule ---- */

static bool
part_match(struct detect *d, const struct part *pt, const struct view *v)
{
	const struct buffer *b = &d->rules->buffers[pt->buffer];

	for (unsigned i = 0; i < v->n; i++) {
		struct span s = v->piece[i].bytes;
		if (pt->at_end && i + 1 < v->n)
			continue;
		if (!s.p)
			s.p = (const uint8_t *) "";
		if (transforms_apply(d, b, &s) && content_match(&d->in, pt->ops, pt->n, s, v->piece[i].start))
			return true;
	}
	return false;
}

enum { NO, YES, LATER };

static int
parts_match(struct detect *d, const struct sig *s, const struct view *v)
{
	bool later = false;

	for (unsigned i = 0; i < s->n_frame_parts; i++) {
		const struct part *pt = &s->frame_parts[i];
		if ((pt->waits && !v->final) || !part_match(d, pt, v))
			later = true;
	}
	return !later ? YES : v->final ? NO : LATER;
}

static int
note_find(const struct app_frame *f, uint32_t sig)
{
	for (int i = 0; i < f->notes; i++)
		if (f->note[i] >> 1 == sig)
			return i;
	return -1;
}

/* A rule that was found and did not match yet is asked again without being found; one that matched is not. */
static void
note_put(struct app_frame *f, uint32_t sig, bool matched)
{
	int i = note_find(f, sig);

	if (f->type == FRAME_STREAM) /* endless: each part of it may match again */
		return;
	if (i < 0 && f->notes < FRAME_NOTES)
		i = f->notes++;
	if (i >= 0)
		f->note[i] = sig << 1 | matched;
}

static void
rule_look(struct detect *d, struct app_frame *f, const struct view *v, uint32_t sig)
{
	const struct sig *s = &d->rules->sigs[sig];
	struct span where = SPAN_NONE;
	bool from_stream = false;
	int i = note_find(f, sig), r;

	d->in.n_captures = 0;
	if ((i >= 0 && f->note[i] & 1) || !header_match(d, s, false) || !packet_match(d, s))
		return;
	struct arena_mark mark = arena_mark(&d->scratch);
	r = parts_match(d, s, v);
	if (r == YES && s->flags & SIG_PAYLOAD && !payload_match(d, s, &from_stream, &where))
		r = NO;
	if (r != YES)
		arena_back(&d->scratch, mark);
	if (r == LATER)
		note_put(f, sig, false);
	if (r != YES)
		return;
	note_put(f, sig, true);
	struct tx *tx = f->has_tx ? app_tx_find(d->now->app, f->tx_id) : NULL;

	if (tx && tx->proto != f->proto && tx->proto->base != f->proto) /* ids begin anew with a protocol */
		tx = NULL;
	sig_act(d, s, tx);
	d->frame = f;
	queue_alert(d, sig, tx, true, where, false);
	d->frame = NULL;
}

/* ---- one frame ---- */

/* Patterns in what is new of it. */
static void
scan(struct detect *d, const struct app_frame *f, const struct field_scan *fs, const struct view *v)
{
	const struct buffer *b = &d->rules->buffers[fs->buffer];
	const struct finder *finder = fs->finder[d->kind];
	struct arena_mark mark = arena_mark(&d->scratch);

	for (unsigned i = 0; finder && i < v->n; i++) {
		struct span s = v->piece[i].bytes;
		uint64_t start = v->piece[i].start, from = f->seen > OVERLAP ? f->seen - OVERLAP : 0;
		if (start + s.n <= f->seen && s.n)
			continue;
		if (!b->n_transforms && from > start)
			s = span_skip(s, (uint32_t) (from - start));
		if (transforms_apply(d, b, &s))
			scan_run(d, finder->any, s, &d->tx);
	}
	arena_back(&d->scratch, mark);
}

static void
frame_look(struct detect *d, struct app_frame *f)
{
	const struct frame_group *g = d->rules->frames[d->app_index];
	int dir = d->now->p->dir;
	struct view v;
	uint32_t sig;

	if (f->looked || !view_make(d, f, &v))
		return;
	if (f->generation != d->rules->generation) {
		f->notes = 0;
		f->generation = d->rules->generation;
	}
	for (; g && g->type != f->type; g = g->next)
		;
	if (g && f->type == FRAME_STREAM && v.n) /* only what is new of it */
		for (; v.n > 1 && v.piece[0].start + v.piece[0].bytes.n <= f->seen; v.n--)
			memmove(&v.piece[0], &v.piece[1], (v.n - 1) * sizeof(v.piece[0]));
	if (g) {
		for (uint32_t k = 0; k < g->of[dir].n_scans; k++)
			scan(d, f, &g->of[dir].scans[k], &v);
		const struct list *rest = &g->of[dir].rest[d->kind];
		for (uint32_t i = 0; i < rest->n; i++)
			candidates_add(&d->tx, rest->v[i]);
		for (int i = 0; i < f->notes; i++)
			candidates_add(&d->tx, f->note[i] >> 1);
	}
	while (candidates_take(&d->tx, &sig))
		rule_look(d, f, &v, sig);
	f->seen = v.end;
	f->looked = v.final;
}

void
frames_run(struct detect *d)
{
	struct app *a = d->now->app;
	struct app_frames *fs = &a->frames[d->now->p->dir];
	int index = d->app_index;
	uint64_t bit = d->app_bit;

	for (uint32_t i = 0; i < fs->n; i++) {
		if ((d->app_index = app_protocol_index(a, fs->v[i].proto)) < 0)
			continue;
		d->app_bit = UINT64_C(1) << d->app_index;
		frame_look(d, &fs->v[i]);
	}
	d->app_index = index;
	d->app_bit = bit;
}

const uint32_t *
ruleset_frames(const struct ruleset *r)
{
	return r->frame_types;
}
