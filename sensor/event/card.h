/*
 * card - what a rule says about itself, so that an alert need carry only a number.
 *
 * Thread:    immutable once built; shared by workers and pipeline, counted by reference.
 * Memory:    one arena per generation.
 * Owns:      all texts in it, those of the rules together with who read them.
 * Not here:  the rest of a rule -> ../rule/rule.h   the alert -> event.h
 */
#ifndef EVENT_CARD_H
#define EVENT_CARD_H

#include "base/arena.h"

struct card_meta {
	const char *key, *value;
};

/* What cards say, made by who reads the rules. */
struct card_texts {
	struct arena arena;
	unsigned refs; /* atomic */
};
struct card_texts *card_texts_new(void); /* on the heap, with one reference */
struct card_texts *card_texts_ref(struct card_texts *t);
void card_texts_unref(struct card_texts *t);

/* As rule_threshold, without addresses of rule/: the pipeline counts, see pipeline/threshold.h */
struct card_threshold {
	uint8_t type;  /* enum threshold_type of rule.h */
	uint8_t track; /* enum threshold_track */
	uint8_t distinct;
	uint8_t new_action;
	uint32_t count, seconds, timeout, multiplier;
	const struct addr_set *ip; /* suppress; NULL = any */
};

struct card {
	uint32_t sid, gid, rev;
	uint32_t priority;      /* "severity" in EVE */
	const char *msg, *category, *classtype;
	const struct card_meta *metadata;
	const char *const *references;
	const struct card_threshold *thresholds; /* of the rule and of threshold.config */
	uint32_t n_metadata, n_references, n_thresholds;
	const char *action;     /* "allowed" / "blocked" */
	uint8_t target;         /* 0 none, 1 src_ip, 2 dest_ip: who is attacked (keyword target) */
};

struct cards {
	struct arena arena;
	struct card_texts *texts; /* the cards' own are theirs, too; NULL: all is in `arena` */
	struct card *card;
	uint32_t n;
	uint32_t generation;
	char hash[65];          /* SHA-256 of the rules as they were read, see rule_set_hash() */
	uint32_t loaded, failed, skipped;
	unsigned refs;          /* atomic */
};

/* On the heap, with one reference; the builder fills the rest out of `arena`. */
struct cards *cards_new(void);
struct cards *cards_ref(struct cards *c);
void cards_unref(struct cards *c);

#endif
