/*
 * expr - conditions of packs over facts, with three answers: yes, no, unknown.
 *
 * Thread:    the pipeline's.
 * Memory:    the pack's arena.
 * Owns:      nothing.
 * Not here:  the numbers and words conditions compare with -> rules/policy/
 *
 * A condition is a YAML map; all its members must hold:
 *   all: [...]  any: [...]         conditions in their turn
 *   effect: [name, ...]            an effect of that class was seen
 *   sector: [...] class: [...] territory: [...] owner: [...]   one of the touched assets is such a one
 *   circumstance: [...] attribution: [...] actor: [...]        as a person stated
 *   reported: [<fact>, ...]        a person has told one of these facts, as there or as possible
 *   <fact>: ">= 3600"  or  "> 0"   a feature of pipeline/scale/features/ or a fact of the ladder that a person tells
 * There is no "less than" and no "not": more harm can then never turn a yes into a no.
 */
#ifndef PIPELINE_EXPR_H
#define PIPELINE_EXPR_H

#include "base/yaml.h"
#include "pipeline/scale/scale.h"

enum truth { NO, UNKNOWN, YES };

#define HUMAN_MAX 24

/* A fact that only a person can tell. */
struct human_fact {
	const char *name, *help;
};

/* Everything conditions may look at. */
struct facts {
	struct scale scale;
	struct fact human[HUMAN_MAX];   /* by place in the ladder's list */
	uint32_t effects;               /* bit = effect index: seen */
	const struct incident *incident; /* sets of sectors, classes, territories, owners */
	const char *circumstance;       /* NULL: nobody said */
	const char *attribution;        /* NULL: none */
	const char *actor;              /* whose work a person says it is, a word of the ladder; NULL: nobody said */
};

/* Names an expression may use. */
struct vocabulary {
	const struct effects *effects;
	const struct human_fact *human;
	uint32_t n_human;
};

struct buf;
struct expr;
/* NULL with all problems in d (unknown fact, bad comparison, empty list). */
struct expr *expr_read(const struct yaml *y, const struct vocabulary *v, struct arena *a, struct diag *d);
enum truth expr_eval(const struct expr *e, const struct facts *f);
/* With the likely values in place of the intervals; unknown facts count as not there. */
bool expr_likely(const struct expr *e, const struct facts *f);
/* Bits of the features and human facts it asks for. */
void expr_uses(const struct expr *e, uint64_t *features, uint32_t *human);
/* In words, for explanations: "outage_s >= 3600 (300 to 420) and criticality >= 3 (3)"; without facts what it asks for alone. */
void expr_describe(const struct expr *e, const struct facts *f, const struct vocabulary *v, struct buf *out);

#endif
