/*
 * effects - what kind of effect an alert tells of. Data: rules/effects.yaml.
 *
 * Thread:    the pipeline's; read-only once read.
 * Memory:    an arena.
 * Owns:      its tables, until effects_clear().
 * Not here:  what an effect means in law -> ../legal/, rules/policy/
 *
 * A rule says it itself (metadata casus_effect), or its ATT&CK technique, tactic, its classtype or how its message begins does.
 */
#ifndef PIPELINE_EFFECTS_H
#define PIPELINE_EFFECTS_H

#include "base/yaml.h"
#include "event/card.h"

#define EFFECTS_MAX 32

struct effect {
	const char *name;
	const char *family;  /* effects of one family against one victim group are one incident */
	bool opens;          /* an alert of it alone begins an incident */
	bool outbound;       /* the victim is who began the flow (C2, exfiltration) */
	bool toward;         /* what alerts goes to the victim: in an answer that is the client */
	bool flood;          /* its alerts count packets of anybody: clients among the attackers */
	bool alike;          /* in a network that no inventory names only one signature, or a wave, makes it one incident */
	bool attempt;        /* says only that somebody tried; many such alerts are everyday noise */
	uint8_t index, family_index;
};

struct effect_map;
struct effects {
	struct arena arena;
	struct effect effect[EFFECTS_MAX];
	uint8_t n;
	struct effect_map *map; /* sorted by (kind, key) */
	uint32_t n_map;
	struct card_meta *ignore; /* rules with such metadata say nothing about an effect */
	uint32_t n_ignore;
};

int effects_read(struct effects *e, const char *path, struct diag *d);
void effects_clear(struct effects *e);
/* NULL: says nothing about an effect. */
const struct effect *effects_of(const struct effects *e, const struct card *c);
const struct effect *effects_find(const struct effects *e, const char *name);

#endif
