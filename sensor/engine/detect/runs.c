/*
 * runs - patterns of one byte over and over ("AAAAAAAA", zeros): a search would tell of them at each byte of a longer run.
 *
 * Whatever is as long as the shortest pattern covers one of the places that are that far apart: only these are looked at.
 */
#include "engine/detect/ruleset.h"

#define RUN_MIN 3 /* bytes of a pattern */

struct run {
	uint32_t sig;
	uint8_t byte, n;
};
struct runs {
	uint32_t n, shortest;
	uint64_t bytes[4]; /* bit per byte of which there are runs */
	struct run v[];
};

bool
run_is(const struct literal *l)
{
	bool letter = (uint8_t) ((l->s.p[0] | 0x20) - 'a') < 26;

	if (l->s.n < RUN_MIN || (l->nocase && letter))
		return false;
	return memcmp(l->s.p, l->s.p + 1, l->s.n - 1) == 0;
}

struct runs *
runs_build(struct arena *a, const struct literal *l, uint32_t n)
{
	struct runs *r = arena_zalloc(a, sizeof(*r) + n * sizeof(r->v[0]));

	if (!r)
		return NULL;
	r->shortest = UINT32_MAX;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t byte = l[i].s.p[0];
		r->v[r->n++] = (struct run) { .sig = l[i].sig, .byte = byte, .n = (uint8_t) l[i].s.n };
		r->bytes[byte / 64] |= UINT64_C(1) << byte % 64;
		if (l[i].s.n < r->shortest)
			r->shortest = l[i].s.n;
	}
	return r;
}

void
runs_find(const struct runs *r, struct span in, struct candidates *into)
{
	uint32_t done = 0; /* no run that is not yet told begins before */

	for (uint32_t i = r->shortest - 1; i < in.n; i += r->shortest) {
		uint8_t byte = in.p[i];
		uint32_t from = i, to = i + 1;
		if (!(r->bytes[byte / 64] >> byte % 64 & 1))
			continue;
		while (from > done && in.p[from - 1] == byte)
			from--;
		while (to < in.n && in.p[to] == byte)
			to++;
		for (uint32_t k = 0; k < r->n; k++)
			if (r->v[k].byte == byte && r->v[k].n <= to - from)
				candidates_add(into, r->v[k].sig);
		done = to;
		i = to - 1;
	}
}
