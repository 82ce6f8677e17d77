/*
 * marks - flowbits and flowints of a flow as a short array; bits of addresses in a table of fixed size.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/detect/marks.h"

#define FLOW_VAR_MAX 1024 /* bytes of a value that are kept */
#define FLOW_VARS 16      /* of a flow */

struct flow_var {
	struct flow_var *next;
	uint32_t name_n, value_n;
	double v;
	bool number;
	char bytes[]; /* name, value */
};

static size_t
kept_size(const struct marks_kept *k)
{
	return sizeof(*k) + k->cap * sizeof(k->mark[0]);
}

struct marks_kept *
marks_keep(struct marks *m, struct pool *pool, uint32_t room)
{
	struct marks_kept *old = m->kept, *k;
	uint32_t n = old ? old->n : 0;
	size_t size;

	if (old && old->cap - n >= room)
		return old;
	size = pool_size(sizeof(*k) + (n + room) * sizeof(k->mark[0]));
	if (!size || !(k = pool_take(pool, size)))
		return NULL;
	*k = (struct marks_kept) { .cap = (uint32_t) ((size - sizeof(*k)) / sizeof(k->mark[0])) };
	if (old) {
		k->vars = old->vars;
		k->tags = old->tags;
		k->n = n;
		memcpy(k->mark, old->mark, n * sizeof(k->mark[0]));
		pool_give(pool, old, kept_size(old));
	}
	return m->kept = k;
}

static struct mark *
find(const struct marks *m, bool number, uint32_t id)
{
	for (uint32_t i = 0; m->kept && i < m->kept->n; i++)
		if (m->kept->mark[i].id == id && m->kept->mark[i].number == number)
			return &m->kept->mark[i];
	return NULL;
}

static void
add(struct marks *m, struct pool *pool, bool number, uint32_t id, uint32_t value)
{
	struct mark *k = find(m, number, id);
	struct marks_kept *kept;

	if (!k) {
		if (!(kept = marks_keep(m, pool, 1)))
			return;
		k = &kept->mark[kept->n++];
		*k = (struct mark) { .id = id, .number = number };
	}
	k->value = value;
}

bool
marks_bit(const struct marks *m, uint32_t id)
{
	return find(m, false, id) != NULL;
}

void
marks_bit_set(struct marks *m, struct pool *pool, uint32_t id)
{
	add(m, pool, false, id, 1);
}

void
marks_bit_clear(struct marks *m, struct pool *pool, uint32_t id)
{
	struct mark *k = find(m, false, id);

	if (!k)
		return;
	memmove(k, k + 1, (size_t) (m->kept->mark + m->kept->n - (k + 1)) * sizeof(*k));
	m->kept->n--;
}

bool
marks_int(const struct marks *m, uint32_t id, uint32_t *value)
{
	const struct mark *k = find(m, true, id);

	if (k)
		*value = k->value;
	return k != NULL;
}

void
marks_int_set(struct marks *m, struct pool *pool, uint32_t id, uint32_t value)
{
	add(m, pool, true, id, value);
}

static size_t
var_size(const struct flow_var *v)
{
	return sizeof(*v) + v->name_n + v->value_n;
}

static bool
var_is(const struct flow_var *v, bool number, const char *name, uint32_t n)
{
	return v->number == number && v->name_n == n && memcmp(v->bytes, name, n) == 0;
}

void
marks_var_set(struct marks *m, struct pool *pool, bool number, const char *name, struct span value, double v)
{
	uint32_t n = (uint32_t) strlen(name), count = 0;
	struct marks_kept *kept = marks_keep(m, pool, 0);
	struct flow_var **at, *new, *old;

	if (!kept)
		return;
	value = span_head(value, FLOW_VAR_MAX);
	for (at = &kept->vars; *at && !var_is(*at, number, name, n); at = &(*at)->next)
		count++;
	if (!*at && count == FLOW_VARS)
		return;
	if (!(new = pool_take(pool, sizeof(*new) + n + value.n)))
		return;
	*new = (struct flow_var) { .name_n = n, .value_n = value.n, .v = v, .number = number };
	memcpy(new->bytes, name, n);
	if (value.n)
		memcpy(new->bytes + n, value.p, value.n);
	if ((old = *at)) {
		new->next = old->next;
		pool_give(pool, old, var_size(old));
	}
	*at = new;
}

bool
marks_var(const struct marks *m, unsigned i, bool *number, struct span *name, struct span *value, double *v)
{
	const struct flow_var *k = m->kept ? m->kept->vars : NULL;

	while (k && i--)
		k = k->next;
	if (!k)
		return false;
	*number = k->number;
	*name = span_of(k->bytes, k->name_n);
	*value = span_of(k->bytes + k->name_n, k->value_n);
	*v = k->v;
	return true;
}

void
marks_clear(struct marks *m, struct pool *pool)
{
	struct marks_kept *k = m->kept;

	if (!k)
		return;
	while (k->vars) {
		struct flow_var *gone = k->vars;
		k->vars = gone->next;
		pool_give(pool, gone, var_size(gone));
	}
	pool_give(pool, k, kept_size(k));
	m->kept = NULL;
}

bool
marks_walk(const struct marks *m, unsigned i, bool *number, uint32_t *id, uint32_t *value)
{
	const struct mark *k;

	if (!m->kept || i >= m->kept->n)
		return false;
	k = &m->kept->mark[m->kept->n - 1 - i];
	*number = k->number;
	*id = k->id;
	*value = k->value;
	return true;
}

/* ---- bits of a transaction ---- */

#define TX_BITS 14
struct tx_bits {
	struct tx_bits *more;
	uint32_t n, id[TX_BITS];
};

bool
tx_bit(const struct tx *tx, uint32_t id)
{
	for (const struct tx_bits *b = tx->detect[1]; b; b = b->more)
		for (uint32_t i = 0; i < b->n; i++)
			if (b->id[i] == id)
				return true;
	return false;
}

void
tx_bit_set(struct tx *tx, struct pool *pool, uint32_t id)
{
	struct tx_bits *b = tx->detect[1];

	if (tx_bit(tx, id))
		return;
	if (!b || b->n == TX_BITS) {
		if (!(b = pool_take(pool, sizeof(*b))))
			return;
		*b = (struct tx_bits) { .more = tx->detect[1] };
		tx->detect[1] = b;
	}
	b->id[b->n++] = id;
}

void
tx_bits_clear(struct tx *tx, struct pool *pool)
{
	struct tx_bits *b;

	while ((b = tx->detect[1])) {
		tx->detect[1] = b->more;
		pool_give(pool, b, sizeof(*b));
	}
}

/* ---- bits of addresses ---- */

#define WAYS 8 /* places an entry may have; the one that ends first leaves */

struct bit {
	struct addr a, b;
	int64_t until; /* 0: free */
	uint32_t id;
};
struct addr_bits {
	uint32_t sets;
	struct bit bit[];
};

struct addr_bits *
addr_bits_new(uint32_t entries)
{
	uint32_t sets = 1;

	while (sets * WAYS < entries)
		sets *= 2;
	struct addr_bits *t = calloc(1, sizeof(*t) + (size_t) sets * WAYS * sizeof(struct bit));
	if (t)
		t->sets = sets;
	return t;
}

void
addr_bits_free(struct addr_bits *t)
{
	free(t);
}

/* A pair in either order is the same pair. */
static struct bit
key_of(uint32_t id, const struct addr *a, const struct addr *b)
{
	struct bit k = { .a = *a, .id = id };

	if (b) {
		bool turn = addr_cmp(a, b) > 0;
		k.a = turn ? *b : *a;
		k.b = turn ? *a : *b;
	}
	return k;
}

static bool
same(const struct bit *x, const struct bit *k)
{
	return x->until && x->id == k->id && addr_eq(&x->a, &k->a) && addr_eq(&x->b, &k->b);
}

static struct bit *
set_of(const struct addr_bits *t, const struct bit *k)
{
	struct {
		struct addr a, b;
		uint64_t id;
	} key = { k->a, k->b, k->id };

	return (struct bit *) &t->bit[(hash_bytes(&key, sizeof(key), 0) & (t->sets - 1)) * WAYS];
}

bool
addr_bits_has(const struct addr_bits *t, uint32_t id, const struct addr *a, const struct addr *b, int64_t now)
{
	struct bit k = key_of(id, a, b), *s = set_of(t, &k);

	for (unsigned i = 0; i < WAYS; i++)
		if (same(&s[i], &k))
			return s[i].until >= now;
	return false;
}

void
addr_bits_set(struct addr_bits *t, uint32_t id, const struct addr *a, const struct addr *b, int64_t now, int64_t until)
{
	struct bit k = key_of(id, a, b), *s = set_of(t, &k), *to = &s[0];

	for (unsigned i = 0; i < WAYS; i++) {
		if (same(&s[i], &k)) {
			to = &s[i];
			break;
		}
		if (s[i].until < to->until)
			to = &s[i];
	}
	*to = k;
	to->until = until > 0 ? until : 1;
}

void
addr_bits_clear(struct addr_bits *t, uint32_t id, const struct addr *a, const struct addr *b)
{
	struct bit k = key_of(id, a, b), *s = set_of(t, &k);

	for (unsigned i = 0; i < WAYS; i++)
		if (same(&s[i], &k))
			s[i].until = 0;
}
