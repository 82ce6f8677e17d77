/*
 * grow - see grow.h.
 */
#include "base/grow.h"

#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/huge.h"

#define STEP ((size_t) 2 << 20)
#define AHEAD (STEP / 2)
#define NODES_MAX 1024
#define LONG_BITS (8 * sizeof(long))

int
grow_map(struct grow *g, size_t size, size_t small)
{
	*g = (struct grow) { .size = size, .ready = STEP };
	if (size == 0)
		return 0;
	g->map = huge_map_behind(size, small);
	return g->map ? 0 : E_NOMEM;
}

void
grow_unmap(struct grow *g)
{
	if (g->map)
		munmap(g->map, g->size);
	*g = (struct grow) { 0 };
}

/* Where the kernel knows of no nodes, or does not allow it: of any. */
static void
of_node(void *p, size_t n, int node)
{
	unsigned long nodes[NODES_MAX / LONG_BITS] = { 0 };

	if (node < 0 || node >= NODES_MAX)
		return;
	nodes[(unsigned) node / LONG_BITS] = 1ul << (unsigned) node % LONG_BITS;
	syscall(SYS_mbind, p, n, MPOL_PREFERRED, nodes, NODES_MAX + 1, 0); /* the kernel takes one off */
}

bool
grow_ahead(struct grow *g, int node)
{
	size_t filled = __atomic_load_n(&g->filled, __ATOMIC_RELAXED);

	if (g->ready < filled) /* the owner was quicker: these pages are there */
		g->ready = filled & ~(STEP - 1);
	if (g->ready >= g->size || g->ready >= filled + AHEAD)
		return false;
	size_t n = g->size - g->ready < STEP ? g->size - g->ready : STEP;
	huge_want(g->map + g->ready, n);
	of_node(g->map + g->ready, n, node);
	madvise(g->map + g->ready, n, MADV_POPULATE_WRITE);
	g->ready += n;
	return true;
}
