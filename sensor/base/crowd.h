/*
 * crowd - the hashes of things that others are to count: each is told once while they are few, and when they are many only
 * those that change what a HyperLogLog of Redis (PFADD) would count.
 *
 * Thread:    its owner's.
 * Memory:    on the heap: 8 bytes a hash up to CROWD_WHOLE; then 9 bytes a register of Redis' sketch (146 KiB) instead.
 * Owns:      its lists, until crowd_clear().
 * Not here:  an estimate of its own -> hll.h
 *
 * Redis' sketch has 2^14 registers and keeps in each the longest run of zero bits that any element's hash has there: of the
 * elements of one register a single one makes the whole difference, and that one is kept. So nothing is lost however many
 * there are, two crowds can be joined, and no more than 2^14 are ever to be told at once.
 * Redis' hash of an element is MurmurHash64A with the seed 0xadc83b19; elements are the hashes as 16 hex digits (crowd_text).
 */
#ifndef BASE_CROWD_H
#define BASE_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#define CROWD_WHOLE 2048
#define CROWD_TEXT 17

struct crowd {
	uint64_t *list;          /* while they are few: all of them, in the order in which they came */
	uint16_t *slot;          /* where in the list + 1, by hash; once a search would be long */
	uint32_t n, cap, told;   /* list[0..told) was taken */
	struct crowd_sketch *many;
	bool not_whole;          /* there were more than are here */
};

/* True: it is new, or changes the sketch. */
bool crowd_add(struct crowd *c, uint64_t hash);
void crowd_join(struct crowd *into, const struct crowd *from);
/* Were all of them told one by one, or will be with the next crowd_take()? */
bool crowd_is_whole(const struct crowd *c);
/* Those that were not taken yet; *out is the caller's to free, NULL when there are none. Without memory they stay. */
uint32_t crowd_take(struct crowd *c, uint64_t **out);
/* Those that are many give their memory back; what comes later may be told a second time. */
void crowd_forget(struct crowd *c);
void crowd_clear(struct crowd *c);
/* The element as Redis is told it. */
void crowd_text(uint64_t hash, char out[static CROWD_TEXT]);

#endif
