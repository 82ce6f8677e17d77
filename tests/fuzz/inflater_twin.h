/*
 * inflater_twin - what an inflater makes of bytes, beside what zlib alone makes of them.
 *
 * Input and room end where no page follows: who reads or writes beyond them does not go on.
 */
#ifndef TESTS_FUZZ_INFLATER_TWIN_H
#define TESTS_FUZZ_INFLATER_TWIN_H

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "engine/app/inflater.h"

#define TWIN_IN (256u << 10)
#define TWIN_ROOM (64u << 10)
#define TWIN_OUT (4u << 20)

struct twin {
	struct pool *pool;
	struct counters cnt;
	struct apps *apps;
	struct app app;
	uint8_t *in_end, *room_end; /* behind them lies no memory */
	uint8_t *ours, *zlibs;      /* TWIN_OUT each: all that came out */
};

struct twin_result {
	uint32_t n;    /* bytes out */
	int end;       /* Z_OK: wants more */
	uint32_t left; /* of the input, at Z_STREAM_END */
};

static inline uint8_t *
twin_guarded(size_t n)
{
	uint8_t *p = mmap(NULL, n + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert(p != MAP_FAILED && mprotect(p + n, 4096, PROT_NONE) == 0);
	return p + n;
}

static inline void
twin_begin(struct twin *t, struct diag *d)
{
	t->pool = pool_new(64u << 20);
	t->apps = apps_new(&(struct apps_conf) { 0 }, t->pool, &t->cnt, d);
	t->app = (struct app) { .engine = t->apps };
	t->in_end = twin_guarded(TWIN_IN);
	t->room_end = twin_guarded(TWIN_ROOM);
	t->ours = malloc(TWIN_OUT);
	t->zlibs = malloc(TWIN_OUT);
	assert(t->apps && t->ours && t->zlibs);
}

/* `step` bytes at a time into `room`. */
static inline struct twin_result
twin_ours(struct twin *t, int bits, struct span in, uint32_t step, uint32_t room)
{
	struct twin_result r = { .end = Z_OK };
	struct inflater x;
	size_t idle = pool_used(t->pool);

	assert(inflater_begin(&x, &t->app, bits));
	for (bool last = false; r.end == Z_OK && r.n < TWIN_OUT - TWIN_ROOM;) {
		if (!in.n && !inflater_more(&x)) {
			if (last)
				break;
			inflater_last(&x, &t->app);
			last = true;
			continue;
		}
		uint32_t n = in.n < step ? in.n : step, left = n, free = room;
		const uint8_t *p = t->in_end - n;
		memcpy(t->in_end - n, in.p, n);
		r.end = inflater_run(&x, &t->app, &p, &left, t->room_end - room, &free);
		assert(left <= n && free <= room && p == t->in_end - left);
		memcpy(t->ours + r.n, t->room_end - room, room - free);
		r.n += room - free;
		in = span_skip(in, n - left);
	}
	r.left = r.end == Z_STREAM_END ? in.n : 0;
	inflater_end(&x, &t->app);
	assert(pool_used(t->pool) == idle);
	return r;
}

static inline struct twin_result
twin_zlibs(struct twin *t, int bits, struct span in)
{
	struct twin_result r = { .end = Z_OK };
	z_stream z = { .next_in = (Bytef *) (uintptr_t) in.p, .avail_in = in.n };

	assert(inflateInit2(&z, bits) == Z_OK);
	do {
		z.next_out = t->zlibs + r.n;
		z.avail_out = TWIN_OUT - TWIN_ROOM - r.n;
		r.end = inflate(&z, Z_NO_FLUSH);
		r.n = TWIN_OUT - TWIN_ROOM - z.avail_out;
	} while (r.end == Z_OK && z.avail_out && z.avail_in);
	if (r.end == Z_BUF_ERROR)
		r.end = Z_OK;
	r.left = r.end == Z_STREAM_END ? z.avail_in : 0;
	inflateEnd(&z);
	return r;
}

#endif
