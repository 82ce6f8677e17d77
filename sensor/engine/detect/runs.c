/*
 * runs - patterns of one byte over and over ("AAAAAAAA", zeros): a search would tell of them at each byte of a longer run.
 *
 * Whatever is as long as the shortest pattern covers one of the places that are that far apart: only these are looked at. Where
 * they lie close to each other, sixteen places at once are asked whether three same bytes begin there; or, where runs are of seven
 * bytes and more, four words of them whether they are of one byte: one lies in any run.
 */
#include "base/vec.h"
#include "engine/detect/ruleset.h"

#define RUN_MIN 3    /* bytes of a pattern */
#define RUN_WORDS 7  /* from so many on words are looked at */
#define RUN_APART 16 /* from so many on places are looked at one by one */

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

static v16_halves
begins_three(const uint8_t *p)
{
	v16 a = v16_load(p), b = v16_load(p + 1), c = v16_load(p + 2);

	return (v16_halves) ((a == b) & (b == c));
}

/* The first lane from `least` on that is true; 16: none. */
static uint32_t
lane_from(v16_halves m, uint32_t least)
{
	for (unsigned half = least / 8; half < 2; half++) {
		uint64_t lanes = v16_lanes(m, half);
		if (least > half * 8)
			lanes &= UINT64_MAX << 8 * (least - half * 8);
		if (lanes)
			return half * 8 + (uint32_t) __builtin_ctzll(lanes) / 8;
	}
	return 16;
}

/* The first place from i on where three same bytes begin, or the end. */
static uint32_t
three_same(struct span in, uint32_t i)
{
	uint8_t few[18] = { 0 };
	uint32_t at;

	for (; in.n - i >= 18; i += 16) {
		v16_halves same = begins_three(in.p + i);
		if (same[0] | same[1])
			return i + v16_first(same);
	}
	if (in.n - i < RUN_MIN)
		return in.n;
	if (in.n >= 18) { /* the last sixteen places, some of them once more */
		at = lane_from(begins_three(in.p + in.n - 18), 16 - (in.n - 2 - i));
		return at < 16 ? in.n - 18 + at : in.n;
	}
	memcpy(few, in.p, in.n);
	at = lane_from(begins_three(few), i);
	return at + RUN_MIN <= in.n ? at : in.n;
}

static void
find_close(const struct runs *r, struct span in, struct candidates *into)
{
	for (uint32_t i = three_same(in, 0); i < in.n; i = three_same(in, i))
		i = is_wanted(r, in.p[i]) ? measure(r, in, i, i, into) : run_end(in, i);
}

static v16_words
same_words(const uint8_t *p)
{
	v16_words x = (v16_words) v16_load(p);

	return (v16_words) (x == (x >> 8 | x << 24));
}

/* The first word from lane `least` on that is true; 4: none. */
static uint32_t
word_from(v16_words m, uint32_t least)
{
	while (least < 4 && !m[least])
		least++;
	return least;
}

/* A place from i on, or a little before, where four same bytes begin; or the end. One lies in each run that ends behind i. */
static uint32_t
four_same(struct span in, uint32_t i)
{
	uint8_t few[16] = { 0 };
	uint32_t k;

	for (; in.n - i >= 16; i += 16) {
		v16_words same = same_words(in.p + i);
		v16_halves any = (v16_halves) same;
		if (any[0] | any[1])
			return i + 4 * word_from(same, 0);
	}
	if (in.n >= 16) { /* the last four words, without those that end before i */
		k = word_from(same_words(in.p + in.n - 16), (i - (in.n - 16)) / 4);
		return k < 4 ? in.n - 16 + 4 * k : in.n;
	}
	memcpy(few, in.p, in.n);
	k = word_from(same_words(few), i / 4);
	return k < in.n / 4 ? 4 * k : in.n;
}

static void
find_words(const struct runs *r, struct span in, struct candidates *into)
{
	uint32_t done = 0; /* no run that is not yet told begins before */

	for (uint32_t i = four_same(in, 0); i < in.n; i = four_same(in, done))
		done = is_wanted(r, in.p[i]) ? measure(r, in, done, i, into) : run_end(in, i);
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
	if (r->shortest >= RUN_APART)
		find_apart(r, in, into);
	else if (r->shortest >= RUN_WORDS)
		find_words(r, in, into);
	else
		find_close(r, in, into);
}
