/*
 * addresses - the address fields of a rule: text -> interned set.
 */
#include <stdlib.h>

#include "rule/lookup.h"

struct reader {
	struct list list; /* first: element() is given this */
	struct addr_set wanted, not_wanted;
	bool any;         /* the word any was among the wanted */
	bool only_not;    /* nothing but negated elements so far */
};

static const struct addr v4_first = { .b = { [10] = 0xff, [11] = 0xff } };
static const struct addr v4_last = { .b = { [10] = 0xff, [11] = 0xff, 0xff, 0xff, 0xff, 0xff } };
static const struct addr v4_before = { .b = { [10] = 0xff, [11] = 0xfe, 0xff, 0xff, 0xff, 0xff } };
static const struct addr v4_after = { .b = { [9] = 1 } };
static const struct addr all_first = { .q = { 0, 0 } };
static const struct addr all_last = { .q = { UINT64_MAX, UINT64_MAX } };

/* IPv4 addresses lie inside ::/0 in our form, but a rule's ::/0 means IPv6 only. */
static int
add_range(struct addr_set *s, const struct addr *lo, const struct addr *hi, bool v4)
{
	if (v4 || addr_cmp(hi, &v4_first) < 0 || addr_cmp(lo, &v4_last) > 0)
		return addr_set_add(s, lo, hi);
	if (addr_cmp(lo, &v4_first) < 0 && addr_set_add(s, lo, &v4_before) < 0)
		return E_NOMEM;
	return addr_cmp(hi, &v4_last) > 0 ? addr_set_add(s, &v4_after, hi) : 0;
}

static struct addr
last_of(const struct prefix *p)
{
	struct addr a = p->a;

	for (unsigned bit = p->len; bit < 128; bit++)
		a.b[bit / 8] |= (uint8_t) (0x80 >> bit % 8);
	return a;
}

static int
read_text_range(struct list *l, char *text, char *dash, struct addr *lo, struct addr *hi)
{
	*dash = 0;
	if (addr_parse(lo, text_trimmed(text)) < 0 || addr_parse(hi, text_trimmed(dash + 1)) < 0)
		return list_error(l, "bad address range, expected FIRST-LAST");
	if (addr_is_v4(lo) != addr_is_v4(hi))
		return list_error(l, "address range from IPv4 to IPv6, expected both of one kind");
	if (addr_cmp(lo, hi) > 0)
		return list_error(l, "address range ends before it begins, expected FIRST-LAST");
	return 0;
}

static int
read_range(struct list *l, char *text, struct addr *lo, struct addr *hi)
{
	char *dash = strchr(text, '-');
	struct prefix p;

	if (dash)
		return read_text_range(l, text, dash, lo, hi);
	if (prefix_parse(&p, text) < 0)
		return list_error(l, "bad address \"%s\", expected an address, address/length, FIRST-LAST or any", text);
	*lo = p.a;
	*hi = last_of(&p);
	return 0;
}

static int
element(struct list *l, struct span item, bool negated)
{
	struct reader *q = (struct reader *) l;
	struct addr lo, hi;
	char text[128];
	bool v4;

	if (item.n >= sizeof(text))
		return list_error(l, "address of %u characters, expected less than %zu", item.n, sizeof(text));
	memcpy(text, item.p, item.n);
	text[item.n] = 0;
	if (!negated)
		q->only_not = false;
	if (strcasecmp(text, "any") == 0) {
		if (negated)
			return list_error(l, "!any, which no address can match; expected addresses that leave something");
		q->any = true;
		return addr_set_add(&q->wanted, &all_first, &all_last);
	}
	v4 = !strchr(text, ':');
	if (read_range(l, text, &lo, &hi) < 0)
		return E_BAD;
	return add_range(negated ? &q->not_wanted : &q->wanted, &lo, &hi, v4);
}

static int
join(struct reader *q)
{
	if (q->only_not && addr_set_add(&q->wanted, &all_first, &all_last) < 0)
		return E_NOMEM;
	addr_set_seal(&q->wanted);
	addr_set_seal(&q->not_wanted);
	if (q->not_wanted.n && addr_set_subtract(&q->wanted, &q->not_wanted) < 0)
		return E_NOMEM;
	if (q->wanted.n == 0) {
		q->list.in = SPAN_NONE;
		q->list.at = q->list.start;
		return list_error(&q->list, "no address is left after taking away the negated ones");
	}
	return 0;
}

static int
intern(struct rule_set *s, struct span text, struct reader *q, const struct shared_addrs **out)
{
	struct shared_addrs *e = arena_zalloc(&s->arena, sizeof(*e));
	struct span key = arena_dup(&s->arena, text);

	if (!e || (text.n && !key.p) || map_set(&s->lookup->addrs, key, e) < 0)
		return E_NOMEM;
	e->set = q->wanted;
	e->any = q->any && q->not_wanted.n == 0;
	e->next = s->lookup->first;
	s->lookup->first = e;
	addr_set_init(&q->wanted);
	*out = e;
	return 0;
}

int
addresses_read(struct rule_set *s, const struct rule_vars *v, struct span text, const struct shared_addrs **out,
    struct list *l)
{
	struct reader q = { .list = { .v = v, .variable = rule_vars_address, .element = element }, .only_not = true };
	int e;

	*out = map_find(&s->lookup->addrs, text);
	if (*out)
		return 0;
	addr_set_init(&q.wanted);
	addr_set_init(&q.not_wanted);
	e = list_read(&q.list, text);
	if (e == 0)
		e = join(&q);
	if (e == 0)
		e = intern(s, text, &q, out);
	*l = q.list;
	addr_set_clear(&q.wanted);
	addr_set_clear(&q.not_wanted);
	return e;
}
