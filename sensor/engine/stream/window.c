/*
 * window - bytes of one direction: the contiguous ones in one piece, those beyond a hole in blocks.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool, counted in streams.held against stream.reassembly.memcap.
 * Owns:      windows, edges and blocks.
 * Not here:  which bytes are wanted -> reassembly.c
 */
#include "engine/stream/session.h"

#define EDGES_FIRST 16u       /* when there are more than few */
#define EDGES_MAX 65535u      /* segments in a window */
#define WINDOW_MAX (1024u * 1024) /* bytes in a window, kept or not */
#define BLOCK_MAX 8192        /* blocks of a direction */

static bool
memcap_allows(const struct streams *e, size_t more)
{
	return e->conf.reassembly_memcap == 0 || e->held + more <= e->conf.reassembly_memcap;
}

static void *
take(struct streams *e, size_t n)
{
	void *p;

	if (!memcap_allows(e, pool_size(n)) || (p = pool_take(e->pool, n)) == NULL) {
		counter_inc(e->cnt, C_STREAM_SEGMENT_MEMCAP);
		return NULL;
	}
	e->held += pool_size(n);
	return p;
}

static void
give(struct streams *e, void *p, size_t n)
{
	if (p == NULL)
		return;
	e->held -= pool_size(n);
	pool_give(e->pool, p, n);
}

static int
window_grow(struct streams *e, struct half *h, uint32_t more)
{
	uint64_t want = (uint64_t) h->n + more, size = h->cap ? h->cap : 1;
	uint8_t *p;

	if (h->head && want <= h->cap && h->head >= h->cap / 4) {
		memmove(h->window_p, h->window_p + h->head, h->n);
		h->head = 0;
		return 0;
	}
	size = want <= 2048 ? want : 2 * want;
	if (size > WINDOW_MAX)
		size = want > WINDOW_MAX ? want : WINDOW_MAX;
	if ((p = take(e, size)) == NULL)
		return -1;
	if (h->n && h->window_p)
		memcpy(p, h->window_p + h->head, h->n);
	else if (h->n) /* blanks */
		memset(p, 0, h->n);
	give(e, h->window_p, h->cap);
	h->window_p = p;
	h->cap = (uint32_t) size;
	h->head = 0;
	return 0;
}

static uint32_t *
edges_of(struct half *h)
{
	return h->edge_cap ? h->edges.many : h->edges.few;
}

static int
edges_grow(struct streams *e, struct half *h)
{
	uint32_t cap = h->edge_n < EDGES_FIRST ? EDGES_FIRST : h->edge_n + h->edge_n / 2u;
	uint32_t *p;

	if (cap > EDGES_MAX)
		cap = EDGES_MAX;
	if (h->edge_n == cap || (p = take(e, cap * sizeof *p)) == NULL)
		return -1;
	memcpy(p, half_edges(h), h->edge_n * sizeof *p);
	if (h->edge_cap)
		give(e, h->edges.many, h->edge_cap * sizeof *p);
	h->edges.many = p;
	h->edge_cap = (uint16_t) cap;
	return 0;
}

static int
edge_add(struct streams *e, struct half *h, uint32_t end)
{
	if (h->edge_n == (h->edge_cap ? h->edge_cap : EDGES_FEW) && edges_grow(e, h) < 0)
		return -1;
	edges_of(h)[h->edge_n++] = end;
	return 0;
}

static void
edges_clear(struct streams *e, struct half *h)
{
	if (h->edge_cap)
		give(e, h->edges.many, h->edge_cap * sizeof *h->edges.many);
	h->edge_n = h->edge_cap = 0;
}

static void
edges_drop(struct half *h)
{
	uint32_t *ends = edges_of(h), k = 0;

	while (k < h->edge_n && seq_diff(ends[k], (uint32_t) h->base) <= 0)
		k++;
	if (!k)
		return;
	h->flags &= (uint16_t) ~HALF_BLANK; /* they were before the first edge */
	h->edge_n = (uint16_t) (h->edge_n - k);
	memmove(ends, ends + k, h->edge_n * sizeof *ends);
}

/* Bytes are wanted again behind some that were not kept: those get room, and an edge of their own. */
static int
window_keep(struct streams *e, struct half *h, uint32_t more)
{
	if (window_grow(e, h, more) < 0)
		return -1;
	h->edges.few[0] = (uint32_t) half_contiguous(h);
	h->edge_n = 1;
	return 0;
}

int
window_append(struct streams *e, struct half *h, struct span s)
{
	if (h->flags & HALF_BLANK && !h->window_p) {
		if (window_keep(e, h, s.n) < 0)
			return -1;
	} else if (h->cap - h->head - h->n < s.n && window_grow(e, h, s.n) < 0)
		return -1;
	if (edge_add(e, h, (uint32_t) (h->base + h->n + s.n)) < 0)
		return -1;
	memcpy(h->window_p + h->head + h->n, s.p, s.n);
	h->n += s.n;
	return 0;
}

int
window_pass(struct half *h, uint32_t n)
{
	if (h->n + n > WINDOW_MAX)
		return -1;
	h->n += n;
	h->flags |= HALF_BLANK;
	return 0;
}

void
window_drop(struct streams *e, struct half *h, uint32_t k)
{
	h->base += k;
	h->n -= k;
	if (h->n) {
		if (!h->window_p)
			return;
		h->head += k;
		edges_drop(h);
		return;
	}
	h->flags &= (uint16_t) ~HALF_BLANK;
	give(e, h->window_p, h->cap);
	h->window_p = NULL;
	h->head = h->cap = 0;
	edges_clear(e, h);
}

/* Held bytes with more than this between them lie in regions of their own. */
#define REGION_GAP 262144u

/* A block far from what is held around it: are there more regions now than ever before? */
static void
count_regions(struct half *h, const struct block *b)
{
	uint64_t end = half_contiguous(h);
	uint16_t n = 1;

	if (b->next && b->next->off - (b->off + b->n) <= REGION_GAP)
		return;
	for (const struct block *k = h->blocks; k; k = k->next) {
		n = (uint16_t) (n + (k->off - end > REGION_GAP));
		end = k->off + k->n;
	}
	if (n > h->regions)
		h->regions = n;
}

/* A new block behind `after` (NULL: in front of all). */
int
block_insert(struct streams *e, struct half *h, struct block *after, uint64_t off, struct span s)
{
	struct block *b;

	if (h->block_n >= BLOCK_MAX || (b = take(e, sizeof *b + s.n)) == NULL)
		return -1;
	b->off = off;
	b->n = s.n;
	b->cap = (uint32_t) sizeof *b + s.n;
	memcpy(b->data, s.p, s.n);
	b->next = after ? after->next : h->blocks;
	if (after)
		after->next = b;
	else
		h->blocks = b;
	if (b->next == NULL)
		h->last_block = b;
	h->block_n++;
	if (off - (after ? after->off + after->n : half_contiguous(h)) > REGION_GAP)
		count_regions(h, b);
	return 0;
}

static void
block_drop_first(struct streams *e, struct half *h)
{
	struct block *b = h->blocks;

	h->blocks = b->next;
	if (h->blocks == NULL)
		h->last_block = NULL;
	h->block_n--;
	give(e, b, b->cap);
}

void
blocks_drop_before(struct streams *e, struct half *h, uint64_t off)
{
	while (h->blocks && h->blocks->off + h->blocks->n <= off)
		block_drop_first(e, h);
}

/* Blocks that follow the window without a hole become part of it. */
void
blocks_absorb(struct streams *e, struct half *h)
{
	while (h->blocks && h->blocks->off == h->base + h->n) {
		if (window_append(e, h, span_of(h->blocks->data, h->blocks->n)) < 0)
			return;
		block_drop_first(e, h);
	}
}

void
blocks_drop(struct streams *e, struct half *h)
{
	while (h->blocks)
		block_drop_first(e, h);
}

/* Blocks that follow each other without a hole become one, so that their bytes are seen in one piece. */
void
blocks_join(struct streams *e, struct half *h)
{
	struct block **at = &h->blocks, *b, *next, *joined;
	uint32_t n;

	for (; (b = *at) != NULL; at = &(*at)->next) {
		for (n = b->n, next = b->next; next && next->off == b->off + n; next = next->next)
			n += next->n;
		if (n == b->n || (joined = take(e, sizeof *joined + n)) == NULL)
			continue;
		*joined = (struct block) { .next = next, .off = b->off, .cap = (uint32_t) sizeof *joined + n };
		for (; b != next; b = *at) {
			memcpy(joined->data + joined->n, b->data, b->n);
			joined->n += b->n;
			*at = b->next;
			h->block_n--;
			give(e, b, b->cap);
		}
		*at = joined;
		h->block_n++;
		if (next == NULL)
			h->last_block = joined;
	}
}

/*
 * Whose bytes count where a new segment [ns,ne) lies over one held [os,oe)? By operating system, after Shankar and
 * Paxson, "Active Mapping" (2003), and Novak and Sturges, "Target-Based TCP Stream Reassembly" (2007).
 */
bool
overlap_new_wins(enum stream_policy policy, uint64_t ns, uint64_t ne, uint64_t os, uint64_t oe)
{
	switch (policy) {
	case STREAM_FIRST:
	case STREAM_VISTA:
		return false;
	case STREAM_LAST:
		return true;
	case STREAM_SOLARIS:
	case STREAM_HPUX11:
		return ns <= os ? ne >= oe : ne > oe;
	case STREAM_OLD_LINUX:
		return ns < os || (ns == os && ne >= oe);
	case STREAM_LINUX:
		return ns < os || (ns == os && ne > oe);
	default:
		return ns < os;
	}
}
