/*
 * sample - how often things were seen: the ones of smallest hash, each with its count. Mergeable.
 *
 * Thread:    any; plain data.
 * Memory:    fixed.
 * Owns:      nothing.
 * Not here:  how many different things there are -> hll.h
 *
 * Bottom-k sampling (Cohen, Kaplan 2007): whoever is in it was counted from its first sight on, because the largest hash
 * kept only ever falls. So the share of things seen once is known, and with it how many were not seen at all.
 */
#ifndef BASE_SAMPLE_H
#define BASE_SAMPLE_H

#include <stdint.h>

#define SAMPLE_MAX 256

struct sample {
	uint32_t n;
	uint64_t hash[SAMPLE_MAX]; /* ascending */
	uint8_t seen[SAMPLE_MAX];  /* independent sights, at most 255 */
	uint8_t need[SAMPLE_MAX];  /* packets that its first sight took */
	uint8_t last[SAMPLE_MAX];  /* of the last sight: a mark of its flow */
};

/* `need` packets had to be there for this sight. `mark`: two sights with the same one are not independent; 0 = it is. */
void sample_add(struct sample *s, uint64_t hash, uint8_t need, uint8_t mark);
void sample_merge(struct sample *into, const struct sample *from);
/* Share of the things that were seen once, each weighed by the odds that it was missed when a packet is seen with chance
 * `kept`; also the share of those seen once, and twice, as they are; `mean`: sights of a thing in the mean. */
double sample_unseen(const struct sample *s, double kept, double *once, double *twice, double *mean);

#endif
