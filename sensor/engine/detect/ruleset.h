/*
 * ruleset - what the files that make a ruleset share.
 *
 * Thread:    the loader's while building; read-only afterwards.
 * Memory:    the arena of the ruleset, and the databases of the pattern matcher.
 * Owns:      the ruleset all it points to, until the last reference goes.
 * Not here:  one rule -> build.h   what a worker needs besides -> engine.h
 */
#ifndef ENGINE_DETECT_RULESET_H
#define ENGINE_DETECT_RULESET_H

#include "engine/detect/build.h"

struct names *names_new(void); /* NULL: no memory */
void names_free(struct names *s);
bool word_in(const char *list, const char *word); /* of blank-separated words */
int build_one(struct build *b, const struct rule *r, struct sig *s, struct fast *fast, uint64_t *rank);
void build_clear(struct build *b);
uint64_t order_rank(const struct order *o); /* lower ones are looked at first */
const struct addr_set *ruleset_addr_set(struct ruleset *r, const struct addr_set *s); /* an own copy, shared */
const struct port_set *ruleset_port_set(struct ruleset *r, const struct port_set *s);
struct build_card {
	const struct rule *rule;
	const struct card_threshold *thresholds;
	uint32_t n_thresholds;
	uint8_t target;
};
struct cards *cards_build(const struct ruleset_in *in, const struct build_card *list, uint32_t n);
uint64_t protocols_for(const char *name, const struct apps_conf *apps, bool *known, bool *off);

#endif
