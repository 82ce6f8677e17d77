#include "engine/macs.h"

static void
add(struct mac_set *s, int side, const uint8_t *mac)
{
	for (unsigned i = 0; i < s->n[side]; i++)
		if (memcmp(s->mac[side][i], mac, 6) == 0)
			return;
	if (s->n[side] < MACS_MAX)
		memcpy(s->mac[side][s->n[side]++], mac, 6);
}

void
macs_add(struct mac_set **set, struct pool *pool, const struct packet *p)
{
	if (!p->has_mac || (!*set && !(*set = pool_ztake(pool, sizeof(**set)))))
		return;
	add(*set, p->dir, p->mac_src);
	add(*set, !p->dir, p->mac_dst);
}

void
macs_swap(struct mac_set *set)
{
	struct mac_set was;

	if (!set)
		return;
	was = *set;
	for (int side = 0; side < 2; side++) {
		set->n[side] = was.n[!side];
		memcpy(set->mac[side], was.mac[!side], sizeof(was.mac[0]));
	}
}

void
macs_clear(struct mac_set **set, struct pool *pool)
{
	pool_give(pool, *set, sizeof(**set));
	*set = NULL;
}
