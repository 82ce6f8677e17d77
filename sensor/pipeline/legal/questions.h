/*
 * questions - the different expressions in the packs' conditions: each is answered once for a set of facts, however many parties ask.
 *
 * Thread:    the pipeline's; the answers in hand are of the last set of facts.
 * Memory:    the packs' arena.
 * Owns:      the answers in hand.
 * Not here:  what an expression means -> expr.h   what the answers are worth -> bands.h
 */
#ifndef PIPELINE_QUESTIONS_H
#define PIPELINE_QUESTIONS_H

#include "pipeline/legal/pack.h"

struct question {
	const struct expr *e;   /* NULL: of the two that are always answered alike */
	struct uses uses;
};

/* An answer: enum truth, and whether the likely values say yes. */
#define ANSWER_TRUTH 3
#define ANSWER_LIKELY 4
#define ANSWER_NONE 0xff /* not asked yet */

/* What the open facts would change: by fact, ruled out or there. */
#define SUPPOSED_MAX ((HUMAN_MAX + FEATURES_MAX) * 2)

struct questions {
	struct question *q;     /* the first two: never, always */
	uint32_t n, words;      /* words: of a set of them as bits */
	uint64_t *ceiling;      /* those of the ceilings */
	uint64_t *users;        /* those that ask for a fact: human facts, then from HUMAN_MAX on features */
	uint8_t *now;           /* answers to the facts in hand, by place */
	uint8_t *supposed;      /* SUPPOSED_MAX times n: answers to what is supposed, and once more for a pair */
	uint64_t *moved;        /* SUPPOSED_MAX + 1 sets: of those, answers that differ from those in hand */
};

/* Gives each expression of the packs its place. E_NOMEM. */
int questions_note(struct packs *p);
/* No question is answered yet. */
void questions_begin(const struct questions *q, uint8_t *answers);
uint8_t questions_answer(const struct question *q, const struct facts *f);

/* The answer at a place, found when it is first asked for. */
static inline uint8_t
questions_ask(const struct questions *q, uint8_t *answers, uint16_t at, const struct facts *f)
{
	if (answers[at] == ANSWER_NONE)
		answers[at] = questions_answer(&q->q[at], f);
	return answers[at];
}

static inline enum truth
questions_truth(const struct questions *q, uint8_t *answers, uint16_t at, const struct facts *f)
{
	return (enum truth) (questions_ask(q, answers, at, f) & ANSWER_TRUTH);
}

#endif
