/*
 * inflater - see inflater.h.
 */
#include "engine/app/inflater.h"

#include <isa-l/igzip_lib.h>

#include "engine/app/heap.h"
#include "engine/app/inner.h"

#define KEPT_MAX (64u << 10)
#define OUT_MAX (1u << 20) /* zlib would have to make again: with so much, nothing is kept any more */
#define HEAD 10            /* of a gzip stream: two magic bytes, method, flags, ... */
#define FLAG_NAME 8

bool
inflater_begin(struct inflater *x, struct app *a, int bits)
{
	*x = (struct inflater) { .z = { .zalloc = app_heap_zlib, .zfree = app_heap_give, .opaque = a }, .fresh = bits > 15 };
	x->has_z = inflateInit2(&x->z, bits) == Z_OK;
	return x->has_z;
}

static void
drop_fast(struct inflater *x, struct app *a)
{
	app_give(a, x->fast, sizeof(*x->fast));
	x->fast = NULL;
}

void
inflater_end(struct inflater *x, struct app *a)
{
	if (x->has_z)
		inflateEnd(&x->z);
	if (x->fast)
		drop_fast(x, a);
	app_drop(a, &x->kept);
	*x = (struct inflater) { 0 };
}

/* ISA-L's state is more than twice as large as zlib's, and bytes are kept besides. */
static bool
is_short(const struct apps *e)
{
	return pool_used(e->pool) > pool_ceiling(e->pool) / 2 || (e->memcap && e->used + sizeof(struct inflate_state) > e->memcap / 2);
}

/* A plain gzip header, and all of it: ISA-L does not remember its flags from one piece to the next. With others zlib looks closer. */
static bool
is_plain(const uint8_t *p, uint32_t n)
{
	return n >= HEAD && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && (p[3] == 0 || (p[3] == FLAG_NAME && memchr(p + HEAD, 0, n - HEAD)));
}

static void
begin_fast(struct inflater *x, struct app *a, const uint8_t *p, uint32_t n)
{
	x->fresh = false;
	if (!is_plain(p, n) || is_short(a->engine) || !(x->fast = app_take_raw(a, sizeof(*x->fast))))
		return;
	isal_inflate_init(x->fast);
	x->fast->crc_flag = ISAL_GZIP;
}

/* From its beginning on. */
static void
turn_to_zlib(struct inflater *x, struct app *a)
{
	drop_fast(x, a);
	x->skip = x->out;
	x->anew = true;
}

/* First what was kept, while there is any, then what is at hand; what came out before goes nowhere. */
static int
run_zlib(struct inflater *x, struct app *a, const uint8_t **p, uint32_t *n, uint8_t *out, uint32_t *room)
{
	for (;;) {
		bool kept = x->redone < x->kept.n, skip = x->skip != 0;
		x->z.next_in = kept ? x->kept.p + x->redone : (Bytef *) (uintptr_t) *p;
		x->z.avail_in = kept ? x->kept.n - x->redone : *n;
		x->z.next_out = out;
		x->z.avail_out = skip && x->skip < *room ? (uint32_t) x->skip : *room;
		uint32_t had = x->z.avail_out;
		int r = inflate(&x->z, Z_NO_FLUSH);
		uint32_t came = had - x->z.avail_out;

		if (!kept) {
			*p = x->z.next_in;
			*n = x->z.avail_in;
		} else if (x->z.avail_in) {
			x->redone = x->kept.n - x->z.avail_in;
		} else {
			app_drop(a, &x->kept);
			x->redone = 0;
		}
		if (skip)
			x->skip -= came;
		else {
			out += came;
			*room -= came;
		}
		if (r == Z_BUF_ERROR && (x->anew || x->full)) /* nothing is left to do */
			return Z_OK;
		if (r != Z_OK || (!kept && !skip) || !*room)
			return r;
	}
}

static void
keep(struct inflater *x, struct app *a, struct span s)
{
	if (x->lost || (x->out <= OUT_MAX && !is_short(a->engine) && app_keep(a, &x->kept, s, KEPT_MAX) == 0))
		return;
	app_drop(a, &x->kept);
	x->lost = true;
}

static int
run_fast(struct inflater *x, struct app *a, const uint8_t **p, uint32_t *n, uint8_t *out, uint32_t *room)
{
	struct inflate_state *s = x->fast;

	s->next_in = (uint8_t *) (uintptr_t) *p;
	s->avail_in = *n;
	s->next_out = out;
	s->avail_out = *room;
	int r = isal_inflate(s);
	if (r < 0 && !x->lost) {
		turn_to_zlib(x, a);
		return run_zlib(x, a, p, n, out, room);
	}
	uint32_t took = *n - s->avail_in;
	x->out += *room - s->avail_out;
	keep(x, a, span_of(*p, took));
	*p += took;
	*n -= took;
	*room = s->avail_out;
	if (r >= 0 && s->block_state != ISAL_BLOCK_FINISH)
		return Z_OK;
	drop_fast(x, a);
	app_drop(a, &x->kept);
	return x->end = r < 0 ? Z_DATA_ERROR : Z_STREAM_END;
}

int
inflater_run(struct inflater *x, struct app *a, const uint8_t **p, uint32_t *n, uint8_t *out, uint32_t *room)
{
	if (x->fresh)
		begin_fast(x, a, *p, *n);
	if (x->end)
		return x->end;
	int r = x->fast ? run_fast(x, a, p, n, out, room) : run_zlib(x, a, p, n, out, room);
	x->full = !*room;
	return r;
}

void
inflater_last(struct inflater *x, struct app *a)
{
	if (x->fast && !x->lost)
		turn_to_zlib(x, a);
}

bool
inflater_more(const struct inflater *x)
{
	if (!x->fast)
		return !x->end && (x->redone < x->kept.n || x->full);
	return x->full && (x->fast->tmp_out_valid > x->fast->tmp_out_processed || x->fast->read_in_length > 0);
}
