#include "pipeline/incident/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "pipeline/incident/incident.h"

#define BUCKETS (1u << 18)

struct link {
	struct link_key key;
	struct incident *i;
	int64_t last;
	uint32_t begun;
	struct link *chain;          /* of its bucket */
	struct link *older, *newer;  /* in the order of use */
};

struct links {
	uint64_t used[BUCKETS / 64]; /* bits: buckets with something in them; small enough to stay in the cache */
	struct link *oldest, *newest;
	uint32_t n;
	struct counters *cnt;
	struct link *bucket[BUCKETS]; /* nothing, in the others */
};

struct links *
links_new(struct counters *cnt)
{
	struct links *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	memset(l, 0, offsetof(struct links, bucket));
	l->cnt = cnt;
	return l;
}

void
links_free(struct links *l)
{
	if (!l)
		return;
	while (l->oldest) {
		struct link *x = l->oldest;
		l->oldest = x->newer;
		free(x);
	}
	free(l);
}

/* ---- keys ---- */

static struct link_key
blank(enum link_kind kind, uint32_t sid)
{
	struct link_key k;

	memset(&k, 0, sizeof(k));
	k.kind = (uint8_t) kind;
	k.sid = sid;
	return k;
}

struct link_key
link_signed(enum link_kind kind, const struct addr *a, uint32_t sid)
{
	struct link_key k = blank(kind, sid);

	k.a = *a;
	return k;
}

struct link_key
link_address(enum link_kind kind, const struct addr *a)
{
	return link_signed(kind, a, 0);
}

struct link_key
link_pair(const struct addr *victim, const struct addr *attacker)
{
	struct link_key k = blank(LINK_PAIR, 0);

	k.word[0] = hash_bytes(victim, sizeof(*victim), 1);
	k.word[1] = hash_bytes(attacker, sizeof(*attacker), 2);
	return k;
}

struct link_key
link_network(enum link_kind kind, const struct addr *a, uint32_t sid)
{
	struct link_key k = link_signed(kind, a, sid);

	if (addr_is_v4(a))
		k.a.b[15] = 0;
	else
		k.a.q[1] = 0;
	return k;
}

struct link_key
link_hit(const struct addr *victim, const struct effect *f)
{
	struct link_key k = link_address(LINK_HIT, victim);

	k.family = (uint8_t) (f->family_index + 1);
	return k;
}

/* Victims of one owner and sector are one group; without an inventory a /24 or /64 is. */
struct link_key
link_group(const struct addr *victim, const struct asset *asset, const struct effect *f)
{
	struct link_key k = link_network(LINK_GROUP, victim, 0);

	if (asset) {
		k.word[0] = hash_bytes(asset->owner, strlen(asset->owner), 1);
		k.word[1] = hash_bytes(asset->sector, strlen(asset->sector), 2);
	}
	k.family = (uint8_t) (f->family_index + 1);
	return k;
}

struct link_key
link_trait(uint64_t hash)
{
	struct link_key k = blank(LINK_TRAIT, 0);

	k.word[0] = hash;
	return k;
}

bool
addr_is_group(const struct addr *a)
{
	if (!addr_is_v4(a))
		return a->b[0] == 0xff;
	return a->b[12] >> 4 == 14 || (a->b[12] & a->b[13] & a->b[14] & a->b[15]) == 0xff;
}

/* ---- the table ---- */

static uint32_t
bucket_of(const struct link_key *k)
{
	return hash_bytes(k, sizeof(*k), UINT64_C(0x6a6f696e)) % BUCKETS;
}

/* The first of a bucket; NULL: there is none. */
static struct link *
first_in(const struct links *l, uint32_t at)
{
	return l->used[at / 64] >> at % 64 & 1 ? l->bucket[at] : NULL;
}

static struct link *
find(const struct links *l, const struct link_key *k)
{
	struct link *x = first_in(l, bucket_of(k));

	while (x && memcmp(&x->key, k, sizeof(*k)) != 0)
		x = x->chain;
	return x;
}

static void
list_leave(struct links *l, struct link *x)
{
	*(x->older ? &x->older->newer : &l->oldest) = x->newer;
	*(x->newer ? &x->newer->older : &l->newest) = x->older;
}

static void
list_join(struct links *l, struct link *x)
{
	x->older = l->newest;
	x->newer = NULL;
	*(l->newest ? &l->newest->newer : &l->oldest) = x;
	l->newest = x;
}

static void
drop(struct links *l, struct link *x)
{
	uint32_t k = bucket_of(&x->key);
	struct link **at = &l->bucket[k];

	while (*at != x)
		at = &(*at)->chain;
	*at = x->chain;
	if (!l->bucket[k])
		l->used[k / 64] &= ~(UINT64_C(1) << k % 64);
	list_leave(l, x);
	l->n--;
	free(x);
}

static struct incident *
real(struct incident *i)
{
	while (i && i->merged_into)
		i = i->merged_into;
	return i;
}

struct incident *
links_follow(const struct links *l, const struct link_key *k, int64_t now, int64_t window)
{
	struct link *x = find(l, k);

	return x && now - x->last <= window ? real(x->i) : NULL;
}

static bool
of_attacker(const struct link_key *k)
{
	return k->kind == LINK_ATTACKER || k->kind == LINK_PAIR || k->kind == LINK_PREFIX;
}

void
links_tie(struct links *l, const struct link_key *k, struct incident *i, int64_t now, int64_t window)
{
	struct link *x = find(l, k);

	if (x) {
		if (now - x->last > window)
			x->begun = 0;
		if (x != l->newest) {
			list_leave(l, x);
			list_join(l, x);
		}
	} else {
		if (of_attacker(k) && i->n_links >= INCIDENT_LINKS)
			return; /* spoofed sources without end: the group goes on joining them */
		i->n_links += k->kind == LINK_ATTACKER;
		if (l->n >= LINKS_MAX) {
			drop(l, l->oldest);
			counter_inc(l->cnt, C_INCIDENT_LINKS_DROPPED);
		}
		x = calloc(1, sizeof(*x));
		if (!x)
			return;
		x->key = *k;
		uint32_t at = bucket_of(k);
		x->chain = first_in(l, at);
		l->bucket[at] = x;
		l->used[at / 64] |= UINT64_C(1) << at % 64;
		list_join(l, x);
		l->n++;
	}
	x->i = i;
	if (now > x->last)
		x->last = now;
}

void
links_begun(struct links *l, const struct link_key *k)
{
	struct link *x = find(l, k);

	if (x)
		x->begun++;
}

uint32_t
links_count_begun(const struct links *l, const struct link_key *k, int64_t now, int64_t window)
{
	struct link *x = find(l, k);

	return x && now - x->last <= window ? x->begun : 0;
}

void
links_forget(struct links *l)
{
	for (struct link *x = l->oldest, *next; x; x = next) {
		next = x->newer;
		if (x->i->leaving || real(x->i)->leaving)
			drop(l, x);
	}
}
