#include "base/sample.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static uint32_t
place_of(const struct sample *s, uint64_t hash)
{
	uint32_t lo = 0, hi = s->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (s->hash[mid] < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Its place in the sample, made free; SAMPLE_MAX: it is none of the smallest. */
static uint32_t
insert(struct sample *s, uint32_t at, uint64_t hash)
{
	uint32_t tail;

	if (at == SAMPLE_MAX)
		return at;
	if (s->n < SAMPLE_MAX)
		s->n++;
	tail = s->n - 1 - at;
	memmove(&s->hash[at + 1], &s->hash[at], tail * sizeof(s->hash[0]));
	memmove(&s->seen[at + 1], &s->seen[at], tail);
	memmove(&s->need[at + 1], &s->need[at], tail);
	memmove(&s->last[at + 1], &s->last[at], tail);
	s->hash[at] = hash;
	s->seen[at] = s->last[at] = 0;
	return at;
}

void
sample_add(struct sample *s, uint64_t hash, uint8_t need, uint8_t mark)
{
	uint32_t at = place_of(s, hash);

	if (at == s->n || s->hash[at] != hash) {
		at = insert(s, at, hash);
		if (at == SAMPLE_MAX)
			return;
		s->need[at] = need;
	} else if (mark && mark == s->last[at]) {
		return;
	}
	s->last[at] = mark;
	if (s->seen[at] < UINT8_MAX)
		s->seen[at]++;
}

void
sample_merge(struct sample *into, const struct sample *from)
{
	for (uint32_t k = 0; k < from->n; k++) {
		uint32_t at = place_of(into, from->hash[k]);
		bool there = at < into->n && into->hash[at] == from->hash[k];
		if (!there)
			at = insert(into, at, from->hash[k]);
		if (at == SAMPLE_MAX)
			return; /* nor is any after it */
		if (!there || from->need[k] < into->need[at])
			into->need[at] = from->need[k];
		into->last[at] = from->last[k];
		into->seen[at] = (uint8_t) (into->seen[at] + from->seen[k] > UINT8_MAX ? UINT8_MAX : into->seen[at] + from->seen[k]);
	}
}

double
sample_unseen(const struct sample *s, double kept, double *once, double *twice, double *mean)
{
	double odds = 0, seen = 0;
	uint32_t n = 0, two = 0;

	for (uint32_t k = 0; k < s->n; k++) {
		seen += s->seen[k];
		two += s->seen[k] == 2;
		if (s->seen[k] != 1)
			continue;
		n++;
		odds += pow(kept, -(double) s->need[k]) - 1;
	}
	*once = s->n ? (double) n / s->n : 0;
	*twice = s->n ? (double) two / s->n : 0;
	*mean = s->n ? seen / s->n : 0;
	return s->n ? odds / s->n : 0;
}
