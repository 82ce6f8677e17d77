/*
 * pack - the law as data: ladder, instruments, and one pack a party. Files of one folder, read in name order.
 *
 * Thread:    the pipeline's; immutable between reloads.
 * Memory:    one arena.
 * Owns:      every text in it.
 * Not here:  facts -> ../scale/, context.h   computing bands -> bands.h
 *
 * Every entry carries its sources and whether somebody has read them (`verified`); contrib/doc/write-a-pack.md tells the format.
 */
#ifndef PIPELINE_PACK_H
#define PIPELINE_PACK_H

#include "pipeline/legal/expr.h"

#define BANDS_MAX 8
#define CONDITIONS_MAX 64
#define PARTIES_MAX 32
#define INSTRUMENTS_MAX 96
#define CITES_MAX 6

struct cite {
	const char *text;   /* title or address, with paragraph */
	bool verified;      /* somebody has read it and says so in the pack */
	const char *note;   /* "opening read 2026-11-23", "from memory" */
};

struct band {
	const char *id, *name;
	const char *opens;  /* what the law opens there, in words */
};

struct condition {
	const char *id;
	uint8_t band, upto;     /* yes: lo >= band and hi >= upto; unknown: hi >= upto */
	struct expr *when;
	struct expr *need;      /* of a ceiling: what must be certain; NULL = nothing */
	struct expr *possible;  /* while `when` is unknown it counts only if this is certain; NULL = always */
	uint16_t at_when, at_need, at_possible; /* their places among the questions */
	const char *say;
	const char *because;    /* position of the party that puts it there: "sovereignty"; NULL = the ladder itself */
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

struct position {
	const char *key, *code, *say;
	bool verified;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

struct instrument {
	const char *id, *layer, *title, *obliges, *say;
	const char *const *parties;
	uint32_t n_parties;
	uint32_t of;            /* the parties' bits */
	const char *const *territories; /* whose territory it covers; empty = any; "XX" covers its parts "XX-YY" too */
	uint32_t n_territories;
	const char *const *except; /* parts of them that it does not cover */
	uint32_t n_except;
	const char *date, *trigger, *gloss_of; /* trigger: its own word; gloss_of: the instrument a statement speaks of */
	const char *const *decides;
	uint32_t n_decides;
	uint8_t from;           /* worth raising from this band (hi) on */
	bool verified;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

/* What a person says is the work of such an actor stays below a band, but for some conditions. */
struct actor_limit {
	const char *actor;
	uint8_t band;           /* hi at most; lo then B0 of the ladder */
	const char *const *keeps; /* conditions that are read as ever */
	uint32_t n_keeps;
	const char *say;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

/* How a party reads a condition when the actor is such a one. */
struct actor_reading {
	const char *actor, *condition, *because, *say;
	uint8_t band, upto;
	struct expr *need;      /* only when it is not excluded; NULL = always */
	uint16_t at_need;       /* its place among the questions */
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

/* From so many linked incidents on hi may rise: by bands, or to one. */
struct accumulation_step {
	uint32_t linked;
	uint8_t by, upto;
};

/* Facts that conditions ask for. */
struct uses {
	uint64_t features; /* bits */
	uint32_t human;
};

struct party {
	const char *id, *name, *date;
	const char *file;
	uint32_t version;
	uint32_t order;         /* place in pictures: lower ones first */
	uint32_t bit;           /* in sets of parties */
	bool accumulation;      /* a series may count as one */
	uint8_t accumulate_from; /* each of the series stands at least there (hi) */
	struct accumulation_step step[4];
	uint32_t n_steps;
	const char *unread;     /* why nothing is known: "position-unread", "none-published"; NULL */
	uint8_t widen;          /* bands to widen both ways because of that */
	struct condition cond[CONDITIONS_MAX];
	uint32_t n_cond;
	struct position pos[24];
	uint32_t n_pos;
	struct actor_reading actor[8];
	uint32_t n_actor;
	struct uses uses;
	const uint64_t *asks;   /* its questions, as bits */
};

struct gauge;
struct severity_scale;
struct response;
struct support;
struct report_clock;
struct release;

struct packs {
	struct arena arena;
	struct band band[BANDS_MAX];
	uint32_t n_bands;
	uint8_t assert_cap;     /* lo never above without a person's confirmation */
	uint8_t confirm_above;  /* hi above it needs confirmation to be told as more than possible */
	double low_coverage;    /* below it intervals widen by one */
	int64_t hold;           /* ns a lower band must last before it is told */
	int64_t prelude;        /* ns before something kinetic in which network acts count as its prelude */
	struct human_fact human[HUMAN_MAX];
	uint32_t n_human;
	struct condition ceiling[CONDITIONS_MAX]; /* the highest band unknowns may lead to */
	uint32_t n_ceilings;
	struct condition common[CONDITIONS_MAX];
	uint32_t n_common;
	struct party *party;
	uint32_t n_parties;
	struct instrument *instrument;
	uint32_t n_instruments;
	struct gauge *factor;       /* by which force is weighed: gauge.h */
	uint32_t n_factors;
	struct severity_scale *severity;
	uint32_t n_severity;
	struct response *response;  /* advice.h */
	uint32_t n_responses;
	struct support *support;
	uint32_t n_support;
	struct report_clock *clock;
	uint32_t n_clocks;
	struct release *release;    /* release.h; NULL: nothing is released */
	struct vocabulary words;
	char hash[65];          /* SHA-256 over all files in name order */
	const char *circumstance_says[8]; /* by circumstance: what it changes in law; NULL: nothing */
	const char *circumstances[8], *attributions[8], *actors[8], *accumulate_in[8];
	uint32_t n_circumstances, n_attributions, n_actors, n_accumulate_in;
	struct actor_limit limit[4];
	uint32_t n_limits;
	uint64_t used_features; /* bits of what some condition asks for */
	uint32_t used_human;
	struct uses ceiling_uses;
	struct questions *questions; /* questions.h */
};

/* Every *.yaml of the folder. -1 with all problems in d. */
int packs_read(struct packs *p, const char *dir, const struct effects *effects, struct diag *d);
void packs_clear(struct packs *p);
int packs_band(const struct packs *p, const char *id); /* index or -1 */
/* Among the territories, "XX" standing for its parts "XX-YY" too. */
bool territory_among(const char *const *list, uint32_t n, const char *territory);
const struct party *packs_party(const struct packs *p, const char *id);

#endif
