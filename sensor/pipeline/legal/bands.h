/*
 * bands - facts against packs: an interval per party, with reasons, unknowns, and what would change it.
 *
 * Thread:    the pipeline's.
 * Memory:    values only.
 * Owns:      nothing.
 * Not here:  reading packs -> pack.h   telling it -> document.h
 *
 * lo = the highest band that is certainly met, hi = the highest that is not excluded, likely = with the likely values.
 * Never above the ceiling of what was seen by unknowns alone; lo never above what a sensor may assert unless a person
 * confirmed; a party of which nothing is known gets a wide interval, not a neighbour's.
 */
#ifndef PIPELINE_BANDS_H
#define PIPELINE_BANDS_H

#include "pipeline/legal/pack.h"

#define CHANGES_MAX 4

/* A set of facts that, told, would move the interval. */
struct change {
	uint8_t n;               /* 1 or 2 facts */
	uint16_t fact[2];        /* human: index; feature: index | CHANGE_FEATURE */
	bool present[2];         /* told as there, or as not there */
	uint8_t lo, hi;          /* of the interval then */
};
#define CHANGE_FEATURE 0x8000

struct party_band {
	const struct party *party;
	uint8_t lo, likely, hi;
	uint64_t yes, unknown;   /* bit = condition: certainly met / not excluded and it matters for hi */
	bool capped;             /* lo was held down: a person must confirm */
	bool widened;            /* coverage or an unread position widened it */
	bool limited;            /* a person named an actor for whom the ladder has a limit */
	bool raised;             /* circumstance or accumulation raised hi */
	struct change change[CHANGES_MAX];
	uint8_t n_changes;
};

struct bands {
	struct party_band party[PARTIES_MAX];
	uint32_t n;
	uint8_t ceiling;         /* highest band unknowns may lead to */
	uint8_t effects_lo, effects_hi; /* from the ladder alone: facts, no party's law */
	bool confirmed;
};

struct bands_in {
	const struct facts *facts;
	bool confirmed;          /* a person confirmed effects above the cap */
	uint32_t linked;         /* incidents a person links to this one: a pack with accumulation may raise hi, never lo */
};
/* The party's conditions as it reads them for the actor that a person named (in room), its own where nobody named one. *limit: what
 * the ladder then holds the others to, NULL: nothing. */
const struct condition *bands_conditions(const struct packs *p, const struct party *party, const struct facts *f,
    struct condition room[CONDITIONS_MAX], const struct actor_limit **limit);
void bands_compute(const struct packs *p, const struct bands_in *in, struct bands *out);
/* What bands were computed of, so that only what has changed since is asked again. */
struct bands_known {
	uint8_t *answers;        /* heap, of the packs' questions; NULL: nothing is known */
	uint32_t effects, n_assets, linked;
	const char *circumstance, *attribution, *actor;
	bool unlisted, confirmed, low_coverage;
};
/* As bands_compute(), where `was` are the facts of which *out was computed when *known was noted. */
void bands_renew(const struct packs *p, const struct bands_in *in, const struct facts *was, struct bands_known *known, struct bands *out);
void bands_forget(struct bands_known *known);
/* What would change each party's interval; costs some evaluations, so only for explanations and records. */
void bands_changes(const struct packs *p, const struct bands_in *in, struct bands *b);

/* Who differs, how much, because of which position. */
struct divergence {
	const struct party_band *a, *b; /* a stands higher */
	int lo, hi;                     /* by how many bands */
	const struct condition *condition; /* the reading that makes the difference, of a or b; NULL: not one alone */
	const struct party *reader;     /* whose reading */
};
/* The widest differences first, of equals those of the parties that pictures show first; at most max. */
uint32_t bands_divergence(const struct packs *p, const struct bands *b, struct divergence *out, uint32_t max);

#endif
