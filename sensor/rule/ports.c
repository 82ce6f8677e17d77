/*
 * ports - the port fields of a rule: text -> interned list of ranges.
 */
#include "rule/lookup.h"

#define PORTS 65536

struct reader {
	struct list list; /* first: element() is given this */
	uint64_t wanted[PORTS / 64], not_wanted[PORTS / 64];
	bool only_not;
};

static void
mark(uint64_t *bits, uint32_t lo, uint32_t hi)
{
	for (uint32_t p = lo; p <= hi; p++)
		if (p % 64 == 0 && hi - p >= 63) {
			bits[p / 64] = UINT64_MAX;
			p += 63;
		} else {
			bits[p / 64] |= UINT64_C(1) << p % 64;
		}
}

/* The first port from p on that is marked, or that is not; PORTS: none. */
static uint32_t
next_port(const uint64_t *bits, uint32_t p, bool is_marked)
{
	uint64_t above = UINT64_MAX << p % 64;

	for (uint32_t w = p / 64; w < PORTS / 64; w++) {
		uint64_t word = (is_marked ? bits[w] : ~bits[w]) & above;
		if (word)
			return w * 64 + (uint32_t) __builtin_ctzll(word);
		above = UINT64_MAX;
	}
	return PORTS;
}

/* "80" "80:90" ":90" "80:" */
static int
read_range(char *text, uint32_t *lo, uint32_t *hi)
{
	char *colon = strchr(text, ':');

	*lo = 0;
	*hi = PORTS - 1;
	if (!colon) {
		if (text_u32(text, PORTS - 1, lo) < 0)
			return -1;
		*hi = *lo;
		return 0;
	}
	*colon = 0;
	if (!*text && !colon[1])
		return -1;
	if (*text && text_u32(text, PORTS - 1, lo) < 0)
		return -1;
	return colon[1] && text_u32(colon + 1, PORTS - 1, hi) < 0 ? -1 : 0;
}

static int
element(struct list *l, struct span item, bool negated)
{
	struct reader *q = (struct reader *) l;
	char text[32];
	uint32_t lo = 0, hi = PORTS - 1;

	if (item.n >= sizeof(text))
		return list_error(l, "port of %u characters, expected 0..65535, FIRST:LAST or any", item.n);
	memcpy(text, item.p, item.n);
	text[item.n] = 0;
	if (strcasecmp(text, "any") == 0) {
		if (negated)
			return list_error(l, "!any, which no port can match; expected ports that leave something");
	} else if (read_range(text, &lo, &hi) < 0) {
		return list_error(l, "bad port \"%.*s\", expected 0..65535, FIRST:LAST or any", (int) item.n,
		    (const char *) item.p);
	} else if (lo > hi) {
		return list_error(l, "port range ends before it begins, expected FIRST:LAST");
	}
	if (!negated)
		q->only_not = false;
	mark(negated ? q->not_wanted : q->wanted, lo, hi);
	return 0;
}

static uint32_t
ranges(const uint64_t *bits, struct port_range *out)
{
	uint32_t n = 0;

	for (uint32_t lo = 0, end = 0; (lo = next_port(bits, end, true)) < PORTS; n++) {
		end = next_port(bits, lo, false);
		if (out)
			out[n] = (struct port_range) { (uint16_t) lo, (uint16_t) (end - 1) };
	}
	return n;
}

static int
intern(struct rule_set *s, struct span text, const struct reader *q, const struct port_set **out)
{
	struct port_set *set = arena_zalloc(&s->arena, sizeof(*set));
	struct span key = arena_dup(&s->arena, text);

	if (!set || (text.n && !key.p))
		return E_NOMEM;
	set->n = ranges(q->wanted, NULL);
	set->r = arena_alloc(&s->arena, set->n * sizeof(*set->r));
	if (!set->r || map_set(&s->lookup->ports, key, set) < 0)
		return E_NOMEM;
	ranges(q->wanted, set->r);
	set->any = set->n == 1 && set->r[0].lo == 0 && set->r[0].hi == PORTS - 1;
	*out = set;
	return 0;
}

static int
read_new(struct rule_set *s, const struct rule_vars *v, struct span text, const struct port_set **out, struct list *l)
{
	struct reader q = { .list = { .v = v, .variable = rule_vars_port, .element = element }, .only_not = true };
	bool some = false;
	int e;

	e = list_read(&q.list, text);
	if (e == 0 && q.only_not)
		mark(q.wanted, 0, PORTS - 1);
	for (unsigned i = 0; i < PORTS / 64; i++)
		some |= (q.wanted[i] &= ~q.not_wanted[i]) != 0;
	if (e == 0 && !some) {
		q.list.in = SPAN_NONE;
		q.list.at = q.list.start;
		e = list_error(&q.list, "no port is left after taking away the negated ones");
	}
	if (e == 0)
		e = intern(s, text, &q, out);
	*l = q.list;
	return e;
}

int
ports_read(struct rule_set *s, const struct rule_vars *v, struct span text, const struct port_set **out,
    struct list *l)
{
	*out = map_find(&s->lookup->ports, text);
	return *out ? 0 : read_new(s, v, text, out, l);
}

bool
port_set_has(const struct port_set *s, uint16_t port)
{
	uint32_t lo = 0, hi = s->n;

	if (s->any)
		return true;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (port < s->r[mid].lo)
			hi = mid;
		else if (port > s->r[mid].hi)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}
