/*
 * marks - flowbits, flowints and flow-wide verdicts; xbits and hostbits of addresses.
 *
 * Thread:    the worker's.
 * Memory:    flow marks: the worker's pool. Bits of addresses: one table of fixed size at start, oldest leave first.
 * Owns:      what hangs on struct marks until marks_clear().
 * Not here:  the keywords -> keywords/flowbits.c, flowint.c, xbits.c, hostbits.c
 */
#ifndef ENGINE_DETECT_MARKS_H
#define ENGINE_DETECT_MARKS_H

#include "engine/detect/detect.h"

struct mark {
	uint32_t id : 31, number : 1; /* number: a flowint; else a flowbit */
	uint32_t value;
};
/* One block; grows when its marks do. */
struct marks_kept {
	struct flow_var *vars; /* oldest first */
	struct flow_tag *tags; /* its packets are wanted in the log */
	uint32_t n, cap;
	struct mark mark[];    /* oldest first */
};
/* With room for so many marks more; NULL at the pool's ceiling, then nothing has changed. */
struct marks_kept *marks_keep(struct marks *m, struct pool *pool, uint32_t room);
bool marks_bit(const struct marks *m, uint32_t id);
void marks_bit_set(struct marks *m, struct pool *pool, uint32_t id);
void marks_bit_clear(struct marks *m, struct pool *pool, uint32_t id);
/* false: never set. */
bool marks_int(const struct marks *m, uint32_t id, uint32_t *value);
void marks_int_set(struct marks *m, struct pool *pool, uint32_t id, uint32_t value);
/* The i-th mark of a flow, newest first; false: no more. */
bool marks_walk(const struct marks *m, unsigned i, bool *number, uint32_t *id, uint32_t *value);
/* Variables of a flow: text of a rule's captures, or a number (entropy of a buffer). The newest value of a name counts. */
void marks_var_set(struct marks *m, struct pool *pool, bool number, const char *name, struct span value, double v);
bool marks_var(const struct marks *m, unsigned i, bool *number, struct span *name, struct span *value, double *v);
void marks_clear(struct marks *m, struct pool *pool);

/* Bits of a transaction: they live as long as it does. */
bool tx_bit(const struct tx *tx, uint32_t id);
void tx_bit_set(struct tx *tx, struct pool *pool, uint32_t id);
void tx_bits_clear(struct tx *tx, struct pool *pool);

/* Bits of an address or a pair of them, with an end (packet time, ns). */
struct addr_bits;
struct addr_bits *addr_bits_new(uint32_t entries);
void addr_bits_free(struct addr_bits *t);
enum addr_bits_kind { ADDR_BIT_HOST, ADDR_BIT_PAIR };
bool addr_bits_has(const struct addr_bits *t, uint32_t id, const struct addr *a, const struct addr *b, int64_t now);
void addr_bits_set(struct addr_bits *t, uint32_t id, const struct addr *a, const struct addr *b, int64_t now, int64_t until);
void addr_bits_clear(struct addr_bits *t, uint32_t id, const struct addr *a, const struct addr *b);

/* Of the worker, for act() and match(). */
struct tag_spec;
void detect_tag_host(struct detect *d, const struct tag_spec *s, const struct packet *p);
struct pool *detect_pool(struct detect *d);
struct addr_bits *detect_bits(struct detect *d);

#endif
