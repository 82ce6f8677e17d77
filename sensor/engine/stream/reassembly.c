/*
 * reassembly - segments in, ordered bytes out: what is kept, what is ready, what is lost.
 *
 * Thread:    the worker's.
 * Memory:    see window.c.
 * Owns:      nothing more.
 * Not here:  whether a segment belongs to the session -> track.c, established.c
 */
#include "engine/stream/session.h"

#define NEVER UINT64_MAX
#define RAW_WAIT_MAX 65536u /* bytes that may come after raw inspection ended before what came earlier is given up */

void
half_begin(struct half *h, uint32_t isn)
{
	h->isn = isn;
	h->next_seq = isn + 1;
	h->last_ack = isn + 1;
	h->next_win = isn + 1;
}

void
half_clear(struct streams *e, struct half *h)
{
	if (h->n)
		window_drop(e, h, h->n);
	blocks_drop(e, h);
}

static void
differs(struct push *x)
{
	packet_event_set(x->p, EV_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
	counter_inc(x->e->cnt, C_STREAM_OVERLAP_DIFFERENT);
}

/* The part of a held segment [os, os + n) at `held` that new bytes [ns, ns + s.n) lie over. Where the segment they came in began, in front of
 * what is still held it may be, decides who wins. */
static void
overlap(struct push *x, uint64_t os, uint8_t *held, uint32_t n, uint64_t ns, struct span s)
{
	uint64_t from = ns > os ? ns : os, oe = os + n, ne = ns + s.n, to = ne < oe ? ne : oe;

	if (from >= to)
		return;
	counter_inc(x->e->cnt, C_STREAM_OVERLAP);
	if (memcmp(held + (from - os), s.p + (from - ns), to - from) == 0)
		return;
	differs(x);
	if (!x->e->conf.inline_mode && overlap_new_wins(half_policy(x, false), x->began < ns ? x->began : ns, ne, os, oe))
		memcpy(held + (from - os), s.p + (from - ns), to - from);
}

/* New bytes over the window: segment by segment, since who wins depends on where each began. */
static void
overlap_window(struct push *x, uint64_t off, struct span s)
{
	struct half *h = x->me;
	uint64_t at = h->base, kept = half_blank_end(h);

	if (off < kept) /* nothing is there to compare with, nor the segments' edges */
		counter_inc(x->e->cnt, C_STREAM_OVERLAP);
	for (uint32_t k = 0; k < h->edge_n && at < off + s.n; k++) {
		uint32_t len = half_edges(h)[k] - (uint32_t) at;
		if (at >= kept && at + len > off)
			overlap(x, at, h->window_p + h->head + (at - h->base), len, off, s);
		at += len;
	}
}

static void
refused(struct streams *e, const struct half *h, struct packet *p)
{
	packet_event_set(p, h->block_n >= 8192 ? EV_STREAM_REASSEMBLY_INSERT_LIMIT : EV_STREAM_REASSEMBLY_INSERT_MEMCAP);
	counter_inc(e->cnt, C_STREAM_SEGMENT_REFUSED);
}

/* New bytes beyond a hole: between and over the blocks. */
static void
insert_block(struct push *x, uint64_t off, struct span s)
{
	struct half *h = x->me;
	struct block *prev = NULL, *b = h->blocks;
	uint64_t at = off, end = off + s.n;

	if (h->last_block && h->last_block->off + h->last_block->n <= off) {
		prev = h->last_block;
		b = NULL;
	}
	while (b && b->off + b->n <= at) {
		prev = b;
		b = b->next;
	}
	while (at < end) {
		uint64_t to = b && b->off < end ? b->off : end;
		if (to > at) {
			if (block_insert(x->e, h, prev, at, span_of(s.p + (at - off), to - at)) < 0) {
				refused(x->e, h, x->p);
				return;
			}
			prev = prev ? prev->next : h->blocks;
		}
		if (to == end)
			return;
		overlap(x, b->off, b->data, b->n, off, s);
		at = b->off + b->n;
		prev = b;
		b = b->next;
	}
}

/* Nobody wants n bytes from offset `at`, which follow those in the window. */
static bool
passes(const struct streams *e, const struct half *h, uint64_t at, uint32_t n)
{
	return h->flags & HALF_PASS && (h->flags & HALF_RAW_OFF || !e->raw) && !h->window_p && !h->blocks && !h->kept &&
	    seq_geq(h->pass_to, (uint32_t) at + n);
}

static int
append(struct streams *e, struct half *h, uint64_t at, struct span s)
{
	return passes(e, h, at, s.n) ? window_pass(h, s.n) : window_append(e, h, s);
}

static void
insert(struct push *x, uint64_t off, struct span s)
{
	struct half *h = x->me;
	uint64_t edge = half_contiguous(h), end = off + s.n, to = end;
	struct block *b = h->blocks;

	if (off < edge && h->n)
		overlap_window(x, off, s);
	if (b && end > b->off)
		insert_block(x, edge > off ? edge : off, edge > off ? span_skip(s, (uint32_t) (edge - off)) : s);
	else if (off > edge) {
		insert_block(x, off, s);
		return;
	} else if (to > edge && append(x->e, h, edge, span_skip(s, (uint32_t) (edge - off))) < 0)
		refused(x->e, h, x->p);
	blocks_absorb(x->e, h);
}

/* The bytes of s that depth lets in; the first refused one is told once. Of a depth that is the session's own, set for the sake
 * of a file, a segment that goes beyond it counts as beyond, as in the reference. */
static struct span
within_depth(struct push *x, uint64_t off, struct span s)
{
	uint64_t depth = x->s->depth;

	if (off + s.n <= depth)
		return s;
	if (!(x->me->flags & HALF_DEPTH)) {
		x->me->flags |= HALF_DEPTH;
		packet_event_set(x->p, EV_STREAM_REASSEMBLY_DEPTH_REACHED);
		counter_inc(x->e->cnt, C_STREAM_DEPTH);
	}
	return off >= depth || x->s->own_depth ? span_of(s.p, 0) : span_head(s, (uint32_t) (depth - off));
}

enum { URGENT_OOB, URGENT_INLINE, URGENT_DROP, URGENT_GAP };
#define URGENT_MAX UINT16_MAX /* out-of-band bytes of a direction that are taken out */

/* RFC 6093: the urgent byte is, for most stacks, not part of the stream. Here the last one of the segment; whether it is
 * taken out, stays, takes the segment with it or leaves a gap decides stream.reassembly.urgent.policy.
 * false: nothing of the segment counts. */
static bool
urgent(struct push *x, struct span *s)
{
	const struct packet *p = x->p;
	int policy = x->e->conf.urgent_policy;

	if (!(p->tcp.flags & TCP_URG) || policy == URGENT_INLINE)
		return true;
	if (policy == URGENT_DROP)
		return false;
	if (p->tcp.urgent == 0 || p->tcp.urgent > s->n)
		return true;
	if (policy == URGENT_OOB && x->me->urgent_n == URGENT_MAX) {
		packet_event_set(x->p, EV_STREAM_REASSEMBLY_URGENT_OOB_LIMIT_REACHED);
		return true;
	}
	s->n--;
	return true;
}

void
half_take(struct push *x)
{
	struct half *h = x->me;
	struct span s = x->p->payload;
	uint32_t seq = x->seq + (x->p->tcp.flags & TCP_SYN ? 1 : 0);
	int64_t off;

	if (s.n == 0 || x->p->tcp.flags & TCP_RST) /* what comes with a RST is no part of the stream */
		return;
	off = half_offset(h, seq);
	x->began = off < 0 ? 0 : (uint64_t) off;
	if (!urgent(x, &s))
		return;
	if (s.n < x->p->payload.n && x->e->conf.urgent_policy == URGENT_OOB)
		h->urgent_n++;
	if (off < (int64_t) h->base) {
		if (off + (int64_t) s.n <= (int64_t) h->base) {
			if (off < 0)
				packet_event_set(x->p, EV_STREAM_REASSEMBLY_SEGMENT_BEFORE_BASE_SEQ);
			x->p->flags |= PACKET_STREAM_ADDED;
			return;
		}
		s = span_skip(s, (uint32_t) ((int64_t) h->base - off));
		off = (int64_t) h->base;
	}
	s = within_depth(x, (uint64_t) off, s);
	x->p->flags |= PACKET_STREAM_ADDED;
	if (s.n == 0)
		return;
	h->flags |= HALF_ANY_DATA;
	insert(x, (uint64_t) off, s);
}

void
half_take_next(struct streams *e, struct half *h, struct packet *p)
{
	p->flags |= PACKET_STREAM_ADDED;
	h->flags |= HALF_ANY_DATA;
	if (append(e, h, half_contiguous(h), p->payload) < 0)
		refused(e, h, p);
}

/* Bytes before this offset may be given out. */
static inline uint64_t
ready_edge(const struct streams *e, const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];

	if (e->conf.inline_mode || (s->flags & (S_FLUSH | S_ASYNC)))
		return NEVER;
	return half_acked(h);
}

/* A hole before this offset was acknowledged: it will never be filled. */
static uint64_t
lost_edge(const struct stream *s, int dir)
{
	uint64_t edge = half_acked(&s->half[dir]);

	return edge > s->depth ? s->depth : edge;
}

/* The first offset at or behind `from` that is held or not yet given up. A hole is given up when something came after
 * it: till then the capture may just have seen the acknowledgement first, or not see this direction at all. */
static uint64_t
skip_hole(const struct half *h, uint64_t from, uint64_t lost)
{
	const struct block *b;

	if (from < half_contiguous(h) || lost <= from || from >= half_held_end(h))
		return from;
	for (b = h->blocks; b; b = b->next) {
		if (from >= b->off && from < b->off + b->n)
			return from;
		if (b->off > from)
			return b->off < lost ? b->off : lost;
	}
	return from;
}

/* Stands for bytes that were not kept. */
static const uint8_t blank[65536];

static struct span
window_at(const struct half *h, uint64_t from, uint64_t n)
{
	if (h->window_p)
		return span_of(h->window_p + h->head + (from - h->base), n);
	return span_of(blank, n < sizeof(blank) ? n : sizeof(blank));
}

/* Held bytes at `from`, contiguous, not beyond `edge`; of those that were not kept as many as there are blanks. */
static struct span
held_at(const struct half *h, uint64_t from, uint64_t edge)
{
	uint64_t end = half_contiguous(h);
	const struct block *b;

	if (from < end) {
		if (end > edge)
			end = edge;
		return from < end && from >= h->base ? window_at(h, from, end - from) : SPAN_NONE;
	}
	/* nearly always at the end of the list, which may be long */
	b = h->last_block && h->last_block->off <= from ? h->last_block : h->blocks;
	for (; b && b->off <= from; b = b->next) {
		end = b->off + b->n;
		if (from >= end)
			continue;
		if (end > edge)
			end = edge;
		return from < end ? span_of(b->data + (from - b->off), end - from) : SPAN_NONE;
	}
	return SPAN_NONE;
}

bool
half_hole_shows(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];
	uint64_t at = half_contiguous(h);

	if (h->app > at)
		at = h->app;
	return held_at(h, at, NEVER).n == 0 && skip_hole(h, at, lost_edge(s, dir)) > at;
}

static inline bool
at_end(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];

	if (s->flags & S_FLUSH || h->app >= s->depth)
		return true;
	if ((h->flags & HALF_FIN) && (int64_t) h->app >= half_offset(h, h->fin_seq))
		return true;
	return s->state == STREAM_CLOSED && h->app >= half_held_end(h);
}

/* Beyond the window: is something held there, or a hole known, or is this the end? */
static inline bool
may_give(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];

	return !(h->flags & HALF_EOF_TOLD) && (h->blocks || at_end(s, dir));
}

static inline void
give(struct stream *s, int dir, struct span bytes, uint32_t gap, struct stream_chunk *out)
{
	struct half *h = &s->half[dir];
	uint16_t told = dir == TO_SERVER ? S_FIRST_TOLD_0 : S_FIRST_TOLD_1;

	*out = (struct stream_chunk) { .dir = dir, .offset = h->app, .bytes = bytes, .gap = gap,
		.first_midstream = (s->flags & (S_MIDSTREAM | told)) == S_MIDSTREAM };
	s->flags |= told;
	h->app += bytes.n + gap;
}

/* Nearly always it is bytes of the window, or nothing. */
static inline bool
give_window(const struct streams *e, struct stream *s, int dir, struct stream_chunk *out)
{
	const struct half *h = &s->half[dir];
	uint64_t end = half_contiguous(h), edge;

	if (h->app >= end || h->app < h->base || h->flags & HALF_EOF_TOLD)
		return false;
	edge = ready_edge(e, s, dir);
	if (edge < end)
		end = edge;
	if (h->app >= end)
		return false;
	give(s, dir, window_at(h, h->app, end - h->app), 0, out);
	return true;
}

static __attribute__((noinline)) bool
next_of(struct streams *e, struct stream *s, int dir, struct stream_chunk *out)
{
	struct half *h = &s->half[dir];
	struct span bytes = held_at(h, h->app, ready_edge(e, s, dir));
	uint64_t to;

	if (bytes.n) {
		give(s, dir, bytes, 0, out);
		return true;
	}
	to = skip_hole(h, h->app, lost_edge(s, dir));
	if (to > h->app) {
		uint32_t gap = to - h->app > UINT32_MAX ? UINT32_MAX : (uint32_t) (to - h->app);
		h->lost += gap;
		counter_inc(e->cnt, C_STREAM_GAPS);
		give(s, dir, SPAN_NONE, gap, out);
		return true;
	}
	if (!at_end(s, dir))
		return false;
	*out = (struct stream_chunk) { .dir = dir, .offset = h->app, .eof = true };
	h->flags |= HALF_EOF_TOLD;
	return true;
}

static inline bool
next_in(struct streams *e, struct stream *s, int dir, struct stream_chunk *out)
{
	return give_window(e, s, dir, out) || (may_give(s, dir) && next_of(e, s, dir, out));
}

bool
stream_next(struct streams *e, struct stream *s, struct stream_chunk *out)
{
	int first = s->last_dir;

	/* passive: what this packet acknowledged comes first */
	if (!e->conf.inline_mode)
		first = !first;
	return next_in(e, s, first, out) || next_in(e, s, !first, out);
}

/* As lost_edge, for raw inspection: at the end it also sees what was never acknowledged, beyond holes. */
static uint64_t
raw_lost(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];

	return s->flags & S_FLUSH ? half_held_end(h) : h->app;
}

static void
drop_before(struct streams *e, struct half *h, uint64_t keep)
{
	uint64_t edge = half_contiguous(h);

	if (keep <= h->base)
		return;
	if (h->n)
		window_drop(e, h, (uint32_t) ((keep < edge ? keep : edge) - h->base));
	if (keep <= edge)
		return;
	blocks_drop_before(e, h, keep);
	h->base = keep;
	if (h->blocks && h->blocks->off < keep) {
		h->base = h->blocks->off;
		blocks_absorb(e, h);
		if (h->n)
			window_drop(e, h, (uint32_t) (keep - h->base));
	}
	blocks_absorb(e, h);
}

void
half_release_held(struct streams *e, struct stream *s, int dir)
{
	struct half *h = &s->half[dir];
	uint64_t keep = h->app;

	if (!e->raw && h->flags & HALF_RAW_ENDS)
		h->flags |= HALF_RAW_OFF;
	if (e->raw && !(h->flags & HALF_RAW_OFF)) {
		uint64_t raw = h->raw = skip_hole(h, h->raw, raw_lost(s, dir));
		if (e->conf.inline_mode) {
			uint32_t back = dir == TO_SERVER ? e->conf.chunk_to_server : e->conf.chunk_to_client;
			raw = raw > back ? raw - back : 0;
		}
		if (raw < keep)
			keep = raw;
		if (h->flags & HALF_RAW_ENDS && half_contiguous(h) > h->raw_end + RAW_WAIT_MAX)
			h->flags |= HALF_RAW_OFF; /* nobody comes to look at it */
	}
	if (e->conf.inline_mode && !(s->flags & S_ASYNC) && half_acked(h) < keep)
		keep = half_acked(h);
	if (h->kept && h->kept - 1 < keep)
		keep = h->kept - 1;
	drop_before(e, h, keep);
}

bool
stream_held(const struct stream *s, int dir, uint64_t *from, struct span *out, uint64_t *missing)
{
	const struct half *h = &s->half[dir];
	uint64_t begin = *from < h->base ? h->base : *from, at = begin < half_blank_end(h) ? half_blank_end(h) : begin;
	const struct block *b = h->blocks;

	if (at >= half_contiguous(h)) {
		if (at >= half_held_end(h))
			return false;
		while (b && b->off + b->n <= at)
			b = b->next;
		if (!b)
			return false;
		if (at < b->off)
			at = b->off;
	}
	*out = held_at(h, at, NEVER);
	*missing = at - (*from == 0 && h->lost == h->base ? 0 : begin); /* nothing came before the first hole */
	*from = at + out->n;
	return out->n > 0;
}

/* Is it time to look at what is there, though it be little? */
static bool
raw_due(const struct streams *e, const struct stream *s, const struct packet *p, uint64_t fresh)
{
	const struct half *h = &s->half[p->dir];
	uint64_t end = h->raw + fresh;

	if (e->conf.inline_mode || (s->flags & S_FLUSH) || (p->flags & PACKET_PSEUDO))
		return true;
	if (h->flags & (HALF_RAW_TRIGGER | HALF_DEPTH))
		return true;
	if (s->state > STREAM_TIME_WAIT)
		return true;
	/* a hole that was given up follows: it will not become more, and what lies beyond would be held till the end */
	if (end < h->app || skip_hole(h, end, raw_lost(s, p->dir)) > end)
		return true;
	return fresh >= (p->dir == TO_SERVER ? e->conf.chunk_to_server : e->conf.chunk_to_client);
}

bool
stream_raw(struct streams *e, struct stream *s, const struct packet *p, struct stream_raw *out)
{
	struct half *h = &s->half[p->dir];
	uint64_t edge, from, back = 0, chunk;
	struct span fresh;

	if (!e->raw || (h->flags & HALF_RAW_OFF))
		return false;
	if (h->raw < half_blank_end(h)) /* what came while nobody looked is gone */
		h->raw = half_blank_end(h);
	edge = p->flags & PACKET_PSEUDO ? NEVER : ready_edge(e, s, p->dir);
	if (h->flags & HALF_RAW_ENDS && edge > h->raw_end)
		edge = h->raw_end;
	from = h->raw = skip_hole(h, h->raw, raw_lost(s, p->dir));
	fresh = held_at(h, from, edge);
	if (fresh.n == 0 && h->flags & HALF_RAW_ENDS && from >= h->raw_end)
		h->flags |= HALF_RAW_OFF;
	if (fresh.n == 0 || !raw_due(e, s, p, fresh.n))
		return false;
	if (e->conf.inline_mode && from >= h->base && from < half_contiguous(h)) {
		chunk = p->dir == TO_SERVER ? e->conf.chunk_to_server : e->conf.chunk_to_client;
		back = chunk > fresh.n ? chunk - fresh.n : 0;
		if (back > from - half_blank_end(h))
			back = from - half_blank_end(h);
	}
	*out = (struct stream_raw) { span_of(fresh.p - back, fresh.n + back), from - back, fresh.n };
	return true;
}

void
stream_raw_done(struct streams *e, struct stream *s, int dir, const struct stream_raw *r)
{
	struct half *h = &s->half[dir];

	(void) e;
	if (r->offset + r->bytes.n > h->raw)
		h->raw = r->offset + r->bytes.n;
	if (h->flags & HALF_RAW_ENDS && h->raw >= h->raw_end)
		h->flags |= HALF_RAW_OFF;
	h->flags &= (uint16_t) ~HALF_RAW_TRIGGER;
}
