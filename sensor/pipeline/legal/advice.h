/*
 * advice - what the law may open and to whom: response options with what must be shown first, support that allies have said they
 * give, reporting clocks. Data of the packs; nothing here is ever done or found to be lawful by the program.
 *
 * Thread:    the pipeline's; immutable between reloads.
 * Memory:    the packs' arena.
 * Owns:      nothing.
 * Not here:  instruments -> pack.h   telling it -> document.h
 */
#ifndef PIPELINE_ADVICE_H
#define PIPELINE_ADVICE_H

#include "pipeline/legal/pack.h"

#define PRECONDITIONS_MAX 12
#define ANSWERS_MAX 10

struct precondition {
	const char *id, *say;
	struct expr *told;      /* when certain, a person has told it; NULL: no statement can show it */
};

/* What a party's own position answers: code -> words. */
struct answer {
	const char *code, *say;
};

struct response {
	const char *id, *title, *say;
	uint8_t from;           /* band whose being reached opens it for consideration */
	const char *earlier_key, *earlier_code; /* a position by which it opens earlier already ... */
	uint8_t earlier;        /* ... from here */
	const char *except_key, *except_code; /* a position of parties that have not this option; NULL: none */
	const char *position;   /* the position that answers whether this party takes it; NULL: none does */
	struct answer answer[ANSWERS_MAX];
	uint32_t n_answers;
	struct precondition pre[PRECONDITIONS_MAX];
	uint32_t n_pre;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

struct support {
	const char *of, *to, *said, *instrument, *kind; /* who said it gives what to whom */
	uint8_t from;           /* step from which on it was said */
	bool verified;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

struct clock_step {
	const char *what, *within;
};

struct report_clock {
	const char *id, *title, *in_force; /* "yes", "no", "unknown", or since when */
	const char *const *territories;
	uint32_t n_territories;
	struct expr *when;      /* candidate while this is not excluded */
	struct clock_step step[4];
	uint32_t n_steps;
	bool verified;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

struct party_band;

/* From which band the party may consider it. */
uint8_t response_from(const struct response *r, const struct party *p);
/* What the party's position says of it, in words; NULL: no position bears on it. */
const char *response_answer(const struct response *r, const struct party *p, const char **code);
/* "within" its hi, or "reached" by its lo; NULL: out of reach. */
const char *response_reach(const struct response *r, const struct party_band *b);
/* A clock that somebody may have to keep: territory touched, and its condition not excluded. */
bool clock_fits(const struct report_clock *c, const struct facts *f);
const char *position_code(const struct party *p, const char *key); /* "" when it has none */

/* ---- for pack.c ---- */
struct pack_reader;
void advice_read_responses(struct pack_reader *r, const struct yaml *root);
void advice_read_support(struct pack_reader *r, const struct yaml *root);
void advice_read_clocks(struct pack_reader *r, const struct yaml *root);

#endif
