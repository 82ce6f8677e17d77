/*
 * runs - patterns of one byte over and over ("AAAAAAAA", zeros): a search would tell of them at each byte of a longer run.
 *
 * Whatever is as long as the shortest pattern covers one of the places that are that far apart: only these are looked at. Where
 * they lie close to each other, as many places at once as the processor has lanes are asked whether three same bytes begin there.
 */
#include "base/vec.h"
#include "engine/detect/ruleset.h"

#define RUN_MIN 3    /* bytes of a pattern */
#define RUN_APART 16 /* from so many on places are looked at one by one */

struct run {
	uint32_t sig;
	uint8_t byte, n;
};
struct runs {
	uint32_t n, shortest;
	uint64_t bytes[4]; /* bit per byte of which there are runs */
	uint8_t low[128];  /* runs_bytes() */
	struct run v[];
};

bool
run_is(const struct literal *l)
{
	if (l->s.n < RUN_MIN || (l->nocase && byte_letter(l->s.p[0])))
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
		r->low[byte & 127] = 1;
		if (l[i].s.n < r->shortest)
			r->shortest = l[i].s.n;
	}
	return r;
}

/* Where the run ends that goes on at `at`. */
static uint32_t
run_end(struct span in, uint32_t at)
{
	v16 byte = (v16) { 0 } + in.p[at];

	for (at++; in.n - at >= 16; at += 16) {
		v16_halves other = (v16_halves) (v16_load(in.p + at) != byte);
		if (other[0] | other[1])
			return at + v16_first(other);
	}
	while (at < in.n && in.p[at] == byte[0])
		at++;
	return at;
}

/* The run through `at`, which begins at `least` or later; where it ends. */
static uint32_t
measure(const struct runs *r, struct span in, uint32_t least, uint32_t at, struct candidates *into)
{
	uint8_t byte = in.p[at];
	uint32_t from = at, to = run_end(in, at);

	while (from > least && in.p[from - 1] == byte)
		from--;
	if (to - from < r->shortest)
		return to;
	for (uint32_t k = 0; k < r->n; k++)
		if (r->v[k].byte == byte && r->v[k].n <= to - from)
			candidates_add(into, r->v[k].sig);
	return to;
}

static bool
is_wanted(const struct runs *r, uint8_t byte)
{
	return r->bytes[byte / 64] >> byte % 64 & 1;
}

/* The last sixteen places are looked at together, those before `i` not again. */
static uint32_t
three_same_by_16(const uint8_t *p, uint32_t i, uint32_t places)
{
	if (places < 16) {
		while (i < places && (p[i] != p[i + 1] || p[i] != p[i + 2]))
			i++;
		return i;
	}
	for (; i < places; i += 16) {
		uint32_t again = places - i < 16 ? 16 - (places - i) : 0, bits;
		i -= again;
		v16 a = v16_load(p + i), b = v16_load(p + i + 1), c = v16_load(p + i + 2);
		if ((bits = v16_bits((v16_halves) ((a == b) & (b == c))) >> again))
			return i + again + (uint32_t) __builtin_ctz(bits);
	}
	return places;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint32_t
three_same_by_32(const uint8_t *p, uint32_t i, uint32_t places)
{
	if (places < 32)
		return three_same_by_16(p, i, places);
	for (; i < places; i += 32) {
		uint32_t again = places - i < 32 ? 32 - (places - i) : 0, bits;
		i -= again;
		__m256i a = v32_load(p + i), b = v32_load(p + i + 1), c = v32_load(p + i + 2);
		if ((bits = (uint32_t) _mm256_movemask_epi8(_mm256_and_si256(_mm256_cmpeq_epi8(a, b), _mm256_cmpeq_epi8(b, c))) >> again))
			return i + again + (uint32_t) __builtin_ctz(bits);
	}
	return places;
}

/* Where three same bytes begin, of the 64 places at p; `left`: bytes of the input from there on. */
__attribute__((target("avx512bw"))) static uint64_t
three_same_of_64(const uint8_t *p, uint32_t left)
{
	uint64_t a = v64_there(left), b = v64_there(left - 1), c = v64_there(left - 2);
	__m512i next = _mm512_maskz_loadu_epi8(b, p + 1);

	c = _mm512_mask_cmpeq_epi8_mask(c, next, _mm512_maskz_loadu_epi8(c, p + 2));
	return _mm512_mask_cmpeq_epi8_mask(c, next, _mm512_maskz_loadu_epi8(a, p));
}

#endif

/* The same, sixteen at once. */
static uint64_t
three_same_by_few(const uint8_t *p, uint32_t left)
{
	uint64_t bits = 0;
	uint32_t i = 0;

	for (; i < 64 && left - i >= 18; i += 16) {
		v16 a = v16_load(p + i), b = v16_load(p + i + 1), c = v16_load(p + i + 2);
		bits |= (uint64_t) v16_bits((v16_halves) ((a == b) & (b == c))) << i;
	}
	for (; i < 64 && left - i >= 3; i++)
		bits |= (uint64_t) (p[i] == p[i + 1] && p[i] == p[i + 2]) << i;
	return bits;
}

static uint64_t
three_same_at(const uint8_t *p, uint32_t left)
{
#ifdef __x86_64__
	if (vec_lanes() == 64)
		return three_same_of_64(p, left);
#endif
	return three_same_by_few(p, left);
}

void
runs_look(const struct runs *r, struct span in, uint32_t from, uint64_t blocks, uint32_t *done, struct candidates *into)
{
	for (; blocks; blocks &= blocks - 1) {
		uint32_t at = from + 64 * (uint32_t) __builtin_ctzll(blocks);
		uint64_t same = in.n - at >= RUN_MIN ? three_same_at(in.p + at, in.n - at) : 0;
		for (uint64_t first = same & ~(same << 1); first; first &= first - 1) {
			uint32_t i = at + (uint32_t) __builtin_ctzll(first);
			if (i >= *done && is_wanted(r, in.p[i]))
				*done = measure(r, in, i, i, into);
		}
	}
}

const uint8_t *
runs_bytes(const struct runs *r)
{
	return r->low;
}

bool
runs_close(const struct runs *r)
{
	return r->shortest < RUN_APART;
}

/* The first place from i on where three same bytes begin, or one behind the last that is so far from the end. */
static uint32_t
three_same(struct span in, uint32_t i)
{
	uint32_t places = in.n - 2;

#ifdef __x86_64__
	if (vec_lanes() >= 32)
		return three_same_by_32(in.p, i, places);
#endif
	return three_same_by_16(in.p, i, places);
}

static void
find_close(const struct runs *r, struct span in, struct candidates *into)
{
	uint32_t done = 0;

	if (vec_lanes() == 64) {
		for (uint32_t at = 0; at < in.n; at += 64)
			runs_look(r, in, at, 1, &done, into);
		return;
	}
	for (uint32_t i = 0; in.n - i >= RUN_MIN && (i = three_same(in, i)) < in.n - 2;)
		i = is_wanted(r, in.p[i]) ? measure(r, in, i, i, into) : run_end(in, i);
}

static void
find_apart(const struct runs *r, struct span in, struct candidates *into)
{
	uint32_t done = 0; /* no run that is not yet told begins before */

	for (uint32_t i = r->shortest - 1; i < in.n; i += r->shortest)
		if (is_wanted(r, in.p[i])) {
			done = measure(r, in, done, i, into);
			i = done - 1;
		}
}

void
runs_find(const struct runs *r, struct span in, struct candidates *into)
{
	if (runs_close(r))
		find_close(r, in, into);
	else
		find_apart(r, in, into);
}
