/*
 * ring - positions grow without end and are masked; a record that would wrap is put at the begin of the map
 * behind a mark that says "skip to the end". Positions are published with release and read with acquire.
 */
#include "base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SMALLEST ((size_t) 64 * 1024)
#define SKIP UINT32_MAX
#define LAP ((uint64_t) 256 * 1024) /* a reader that keeps up is given no more of the map than a few of these */

struct record {
	uint32_t n; /* bytes of the record, or SKIP */
	uint32_t pad[3];
	uint8_t bytes[];
};

struct ring {
	uint8_t *map;
	size_t size;
	/* producer */
	_Alignas(64) _Atomic uint64_t head;
	uint64_t tail_seen;  /* last value of tail the producer saw */
	uint64_t begin;      /* where the reserved record begins */
	uint32_t reserved;
	/* consumer */
	_Alignas(64) _Atomic uint64_t tail;
	uint64_t head_seen;
};

struct ring *
ring_new(size_t bytes)
{
	struct ring *r = aligned_alloc(64, sizeof(*r));
	size_t size = SMALLEST;

	while (size < bytes && size <= SIZE_MAX / 4)
		size *= 2;
	if (!r)
		return NULL;
	memset(r, 0, sizeof(*r));
	r->size = size;
	r->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->map == MAP_FAILED) {
		free(r);
		return NULL;
	}
	return r;
}

void
ring_free(struct ring *r)
{
	if (!r)
		return;
	munmap(r->map, r->size);
	free(r);
}

static struct record *
record_at(const struct ring *r, uint64_t pos)
{
	return (struct record *) (void *) (r->map + (pos & (r->size - 1)));
}

static uint64_t
record_size(uint32_t n)
{
	return sizeof(struct record) + (((uint64_t) n + 15) & ~UINT64_C(15));
}

static bool
fits(struct ring *r, uint64_t end)
{
	if (end - r->tail_seen <= r->size)
		return true;
	r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	return end - r->tail_seen <= r->size;
}

/* Looked at once a LAP: has everything been read? Then the map is used from its beginning again, which is in memory and in the cache. */
static bool
may_begin_again(struct ring *r, uint64_t head, uint64_t need)
{
	uint64_t at = head & (r->size - 1);

	if ((at ^ (at + need)) < LAP || at < need)
		return false;
	r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	return r->tail_seen == head;
}

void *
ring_reserve(struct ring *r, uint32_t n)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t to_end = r->size - (head & (r->size - 1));
	uint64_t need = record_size(n);
	uint64_t skip = need > to_end ? to_end : 0;

	r->reserved = 0;
	if (n == 0 || need > r->size)
		return NULL;
	if (may_begin_again(r, head, need))
		skip = to_end;
	if (!fits(r, head + skip + need))
		return NULL;
	r->begin = head + skip;
	r->reserved = n;
	return record_at(r, r->begin)->bytes;
}

void
ring_commit(struct ring *r, uint32_t n)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (n > r->reserved)
		n = r->reserved;
	r->reserved = 0;
	if (n == 0)
		return;
	if (r->begin != head)
		record_at(r, head)->n = SKIP;
	record_at(r, r->begin)->n = n;
	atomic_store_explicit(&r->head, r->begin + record_size(n), memory_order_release);
}

struct span
ring_front(struct ring *r)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	struct record *rec;

	if (tail == r->head_seen) {
		r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
		if (tail == r->head_seen)
			return SPAN_NONE;
	}
	rec = record_at(r, tail);
	if (rec->n == SKIP) { /* a record always follows, since both were published at once */
		tail += r->size - (tail & (r->size - 1));
		atomic_store_explicit(&r->tail, tail, memory_order_release);
		rec = record_at(r, tail);
	}
	return span_of(rec->bytes, rec->n);
}

void
ring_pop(struct ring *r)
{
	struct span front = ring_front(r);
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (front.p)
		atomic_store_explicit(&r->tail, tail + record_size(front.n), memory_order_release);
}

size_t
ring_used(const struct ring *r)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	return head > tail ? head - tail : 0;
}

size_t
ring_size(const struct ring *r)
{
	return r->size;
}
