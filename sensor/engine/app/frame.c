/*
 * frame - the pieces of a stream or datagram that parsers name, until detection and the log are done with them.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool, within memcap; at most FRAMES_MAX of a direction.
 * Owns:      struct app_frame, from app_frame() until app_frames_prune() or the end of the flow.
 * Not here:  their bytes -> ../stream/ keeps them   what rules make of them -> ../detect/frame.c
 *
 * Semantics follow Suricata 8, developer guide "Application Layer Frame Support": a frame is a note on the stream, a
 * type and a place; ids count in each direction of a flow, the stream as a whole being the first.
 */
#include "engine/app/inner.h"

#define FRAMES_MAX 1024
#define FRAMES_KEPT 16                     /* places that stay when none is in use */
#define KEEP_MAX (UINT64_C(128) << 10)     /* bytes of a direction that are held for its frames */
#define KEEP_STREAM (UINT64_C(8) << 10)    /* of the frame that is the whole stream */

void
apps_want_frames(struct apps *e, const uint32_t *types, unsigned n)
{
	memset(e->frames, 0, sizeof(e->frames));
	for (unsigned i = 0; types && i < n && i < APP_MAX_PROTOCOLS; i++)
		e->frames[i] = types[i];
}

bool
app_frames_wanted(const struct app *a)
{
	return a->engine->frames[a->index] != 0;
}

static bool
room(struct app *a, struct app_frames *f)
{
	uint32_t cap = f->cap ? f->cap * 2 : 4;
	struct app_frame *v;

	if (f->n < f->cap)
		return true;
	if (cap > FRAMES_MAX || !(v = app_take(a, cap * sizeof(*v)))) {
		counter_inc(a->engine->cnt, C_APP_FRAMES_REFUSED);
		return false;
	}
	if (f->n)
		memcpy(v, f->v, f->n * sizeof(*v));
	app_give(a, f->v, f->cap * sizeof(*v));
	f->v = v;
	f->cap = cap;
	return true;
}

static void
add(struct app *a, int dir, unsigned type, uint64_t offset, uint64_t len, const struct tx *tx)
{
	struct app_frames *f = &a->frames[dir];

	f->last_id++;
	if (!(a->engine->frames[a->index] >> type & 1) || !room(a, f))
		return;
	f->v[f->n++] = (struct app_frame) { .id = f->last_id, .proto = a->proto, .offset = offset, .len = len, .type = (uint8_t) type,
		.has_tx = tx != NULL, .tx_id = tx ? tx->id : 0 };
}

void
app_frame_from(struct app *a, int dir, unsigned type, uint64_t offset, uint64_t len, const struct tx *tx)
{
	if (a->frames[dir].last_id == 0 && a->transport == APP_TCP)
		add(a, dir, FRAME_STREAM, 0, FRAME_OPEN, NULL);
	add(a, dir, type, offset, len, tx);
}

void
app_frame(struct app *a, int dir, unsigned type, const uint8_t *at, uint64_t len, const struct tx *tx)
{
	const struct apps *e = a->engine;

	if (e->offered.p && at >= e->offered.p && at <= e->offered.p + e->offered.n)
		app_frame_from(a, dir, type, a->taken[dir] + (uint64_t) (at - e->offered.p), len, tx);
}

static struct app_frame *
newest(struct app *a, int dir, unsigned type)
{
	struct app_frames *f = &a->frames[dir];

	for (uint32_t i = f->n; i-- > 0;)
		if (f->v[i].type == type && f->v[i].proto == a->proto)
			return &f->v[i];
	return NULL;
}

void
app_frame_end(struct app *a, int dir, unsigned type, uint64_t offset)
{
	struct app_frame *f = newest(a, dir, type);

	if (f && f->len == FRAME_OPEN && offset >= f->offset)
		f->len = offset - f->offset;
}

void
app_frame_tx(struct app *a, int dir, unsigned type, const struct tx *tx)
{
	struct app_frame *f = newest(a, dir, type);

	if (!f || f->has_tx)
		return;
	f->has_tx = true;
	f->tx_id = tx->id;
}

void
app_frames_stream(struct app *a, int dir)
{
	if (a->frames[dir].last_id == 0 && a->proto->frames)
		add(a, dir, FRAME_STREAM, 0, FRAME_OPEN, NULL);
}

bool
app_frame_final(const struct app *a, int dir, const struct app_frame *f)
{
	if (f->len != FRAME_OPEN && (a->transport == APP_UDP || f->offset + f->len <= app_frames_edge(a, dir)))
		return true;
	return a->eof[dir] || a->stopped[dir] || f->proto != a->proto;
}

uint64_t
app_frames_edge(const struct app *a, int dir)
{
	return a->taken[dir] + a->carry[dir].n;
}

const char *
app_frame_name(const struct app_frame *f)
{
	return f->type == FRAME_STREAM ? "stream" : f->proto->frames[f->type].name;
}

uint64_t
app_frames_prune(struct app *a, int dir)
{
	struct app_frames *f = &a->frames[dir];
	uint64_t from = UINT64_MAX, edge = app_frames_edge(a, dir), floor, begin;
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		if (f->v[i].settled)
			continue;
		f->v[n] = f->v[i];
		floor = f->v[n].type == FRAME_STREAM ? KEEP_STREAM : KEEP_MAX;
		begin = edge > floor ? edge - floor : 0;
		begin = f->v[n].offset > begin ? f->v[n].offset : begin;
		if (begin < from)
			from = begin;
		n++;
	}
	f->n = n;
	if (n == 0 && f->cap > FRAMES_KEPT)
		app_frames_clear(a, dir);
	return from;
}

void
app_frames_clear(struct app *a, int dir)
{
	struct app_frames *f = &a->frames[dir];

	app_give(a, f->v, f->cap * sizeof(*f->v));
	f->v = NULL;
	f->n = f->cap = 0;
}
