#include "pipeline/incident/incident.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"

#define uthash_fatal(msg) abort()
#define HASH_FUNCTION(p, n, h) (h) = (unsigned) hash_bytes(p, n, UINT64_C(0x6a6f696e))
#include <uthash.h>

const char *const incident_state_name[] = { "open", "quiet", "closed", "merged" };

enum link_kind { LINK_ATTACKER, LINK_VICTIM, LINK_GROUP };

/* Why something may belong to an incident. */
struct link_key {
	uint8_t kind, family;
	uint8_t pad[6];
	union {
		struct addr a;
		uint64_t group[2];
	};
};

struct link {
	struct link_key key;
	struct incident *i;
	int64_t last;
	UT_hash_handle hh;
};

#define LINKS_MAX 200000

struct incidents {
	struct incident **list;
	uint32_t n, max;
	int64_t join_window, quiet_after, close_after;
	struct link *links;
	struct counters *cnt;
};

struct incidents *
incidents_new(uint32_t max, int64_t join_window, int64_t quiet_after, int64_t close_after, struct counters *cnt)
{
	struct incidents *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->list = calloc(max, sizeof(*s->list));
	if (!s->list) {
		free(s);
		return NULL;
	}
	s->max = max;
	s->join_window = join_window;
	s->quiet_after = quiet_after;
	s->close_after = close_after;
	s->cnt = cnt;
	return s;
}

static void
incident_free(struct incident *i)
{
	hll_clear(&i->targets);
	hll_clear(&i->sources);
	free(i);
}

void
incidents_free(struct incidents *s, void (*free_notes)(struct incident *))
{
	struct link *l, *tmp;

	if (!s)
		return;
	HASH_ITER(hh, s->links, l, tmp)
	{
		HASH_DEL(s->links, l);
		free(l);
	}
	for (uint32_t i = 0; i < s->n; i++) {
		free_notes(s->list[i]);
		incident_free(s->list[i]);
	}
	free(s->list);
	free(s);
}

/* ---- links ---- */

static struct incident *
real(struct incident *i)
{
	while (i && i->merged_into)
		i = i->merged_into;
	return i;
}

static struct link_key
address_key(enum link_kind kind, const struct addr *a)
{
	struct link_key k;

	memset(&k, 0, sizeof(k));
	k.kind = (uint8_t) kind;
	k.a = *a;
	return k;
}

/* Victims of one owner and sector are one group; without an inventory a /24 or /64 is. */
static struct link_key
group_key(const struct addr *victim, const struct asset *asset, const struct effect *f)
{
	struct link_key k;

	memset(&k, 0, sizeof(k));
	k.kind = LINK_GROUP;
	k.family = (uint8_t) (f->family_index + 1);
	if (asset) {
		k.group[0] = hash_bytes(asset->owner, strlen(asset->owner), 1);
		k.group[1] = hash_bytes(asset->sector, strlen(asset->sector), 2);
	} else {
		k.a = *victim;
		if (addr_is_v4(victim))
			k.a.b[15] = 0;
		else
			k.a.q[1] = 0;
	}
	return k;
}

static struct incident *
follow(const struct incidents *s, const struct link_key *k, int64_t now)
{
	struct link *l;

	HASH_FIND(hh, s->links, k, sizeof(*k), l);
	if (!l || now - l->last > s->join_window)
		return NULL;
	struct incident *i = real(l->i);
	return i->state == INCIDENT_CLOSED ? NULL : i;
}

static void
tie(struct incidents *s, const struct link_key *k, struct incident *i, int64_t now)
{
	struct link *l;

	HASH_FIND(hh, s->links, k, sizeof(*k), l);
	if (!l) {
		if (HASH_COUNT(s->links) >= LINKS_MAX) { /* the oldest made leaves: uthash keeps the order of insertion */
			struct link *old = s->links;
			HASH_DEL(s->links, old);
			free(old);
			counter_inc(s->cnt, C_INCIDENT_LINKS_DROPPED);
		}
		l = calloc(1, sizeof(*l));
		if (!l)
			return;
		l->key = *k;
		HASH_ADD(hh, s->links, key, sizeof(l->key), l);
	}
	l->i = i;
	if (now > l->last)
		l->last = now;
}

/* ---- one incident ---- */

static struct incident *
begin(struct incidents *s, const struct event *e, const struct card *c)
{
	struct incident *i;
	char day[CLOCK_EVE_LEN];
	uint64_t h;

	if (s->n == s->max) {
		counter_inc(s->cnt, C_INCIDENTS_REFUSED);
		return NULL;
	}
	i = calloc(1, sizeof(*i));
	if (!i)
		return NULL;
	clock_print_iso(e->ts, day);
	h = hash_bytes(&e->ts, sizeof(e->ts), c->sid);
	h = hash_bytes(&e->src, sizeof(e->src), h);
	h = hash_bytes(&e->dst, sizeof(e->dst), h);
	snprintf(i->id, sizeof(i->id), "I-%.4s%.2s%.2s-%08x", day, day + 5, day + 8, (unsigned) (h >> 32));
	i->first = i->last = e->ts;
	i->number = s->n + 1;
	s->list[s->n++] = i;
	return i;
}

static struct incident_host *
host_of(struct incident_host *list, uint32_t *n, const struct addr *a)
{
	for (uint32_t k = 0; k < *n; k++)
		if (addr_eq(&list[k].a, a))
			return &list[k];
	if (*n == INCIDENT_HOSTS)
		return NULL;
	memset(&list[*n], 0, sizeof(list[*n]));
	list[*n].a = *a;
	return &list[(*n)++];
}

static void
touch_asset(struct incident *i, const struct asset *a)
{
	if (!a) {
		i->unlisted = true;
		return;
	}
	for (uint32_t k = 0; k < i->n_assets; k++)
		if (i->assets[k] == a)
			return;
	if (i->n_assets < INCIDENT_ASSETS)
		i->assets[i->n_assets++] = a;
}

static uint64_t
host_hash(const struct addr *a)
{
	return hash_bytes(a, sizeof(*a), UINT64_C(0x686f7374));
}

static void
count_host(struct incident_host *list, uint32_t *n, const struct addr *a, const struct asset *asset, const struct effect *f, int64_t ts)
{
	struct incident_host *h = host_of(list, n, a);

	if (!h)
		return;
	if (!h->alerts)
		h->first = ts;
	h->asset = asset;
	h->effects |= 1u << f->index;
	h->alerts++;
	h->last = ts;
}

static void
count_sid(struct incident *i, const struct event *e, const struct card *c, const struct effect *f, bool suppressed)
{
	struct incident_sid *x = NULL;

	for (uint32_t k = 0; k < i->n_sids && !x; k++)
		if (i->sids[k].sid == c->sid && i->sids[k].gid == c->gid)
			x = &i->sids[k];
	if (!x && i->n_sids == INCIDENT_SIDS) {
		i->folded_sids++;
		return;
	}
	if (!x) {
		x = &i->sids[i->n_sids++];
		*x = (struct incident_sid) { .gid = c->gid, .sid = c->sid, .effect = f->index, .first = e->ts };
		snprintf(x->msg, sizeof(x->msg), "%s", c->msg);
	}
	x->count++;
	x->suppressed += suppressed;
	x->last = e->ts;
}

/* Remembers when the number of victims reached 1, 2, 4, 8 ...: the doubling time. */
static void
count_growth(struct incident *i, int64_t ts)
{
	double n = hll_count(&i->targets);

	while (i->n_doubled < 24 && n >= (double) (UINT64_C(1) << i->n_doubled))
		i->doubled_at[i->n_doubled++] = ts;
}

static void
add_alert(struct incident *i, const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f,
    const struct addr *victim, const struct addr *attacker, bool suppressed)
{
	const struct asset *va = inventory_find(inv, victim), *aa = inventory_find(inv, attacker);

	if (e->ts > i->last)
		i->last = e->ts;
	if (e->ts < i->first)
		i->first = e->ts;
	i->alerts++;
	i->suppressed += suppressed;
	if (!i->by_effect[f->index]++)
		i->effect_first[f->index] = e->ts;
	i->effect_last[f->index] = e->ts;
	i->effects |= 1u << f->index;
	count_sid(i, e, c, f, suppressed);
	if (hll_add(&i->targets, host_hash(victim)) && i->n_new_hosts < 256)
		i->new_hosts[i->n_new_hosts++] = host_hash(victim);
	hll_add(&i->sources, host_hash(attacker));
	count_growth(i, e->ts);
	count_host(i->victims, &i->n_victims, victim, va, f, e->ts);
	count_host(i->attackers, &i->n_attackers, attacker, aa, f, e->ts);
	touch_asset(i, va);
	i->state = INCIDENT_OPEN;
	i->dirty = true;
}

static void
merge(struct incident *into, struct incident *from)
{
	if (from->first < into->first)
		into->first = from->first;
	if (from->last > into->last)
		into->last = from->last;
	into->alerts += from->alerts;
	into->suppressed += from->suppressed;
	into->effects |= from->effects;
	for (unsigned k = 0; k < EFFECTS_MAX; k++) {
		if (from->by_effect[k] && (!into->by_effect[k] || from->effect_first[k] < into->effect_first[k]))
			into->effect_first[k] = from->effect_first[k];
		if (from->effect_last[k] > into->effect_last[k])
			into->effect_last[k] = from->effect_last[k];
		into->by_effect[k] += from->by_effect[k];
	}
	for (uint32_t k = 0; k < from->n_sids; k++) {
		uint32_t at = 0;
		while (at < into->n_sids && (into->sids[at].sid != from->sids[k].sid || into->sids[at].gid != from->sids[k].gid))
			at++;
		if (at < into->n_sids) {
			into->sids[at].count += from->sids[k].count;
			into->sids[at].suppressed += from->sids[k].suppressed;
		} else if (at < INCIDENT_SIDS) {
			into->sids[into->n_sids++] = from->sids[k];
		} else {
			into->folded_sids += from->sids[k].count;
		}
	}
	into->folded_sids += from->folded_sids;
	for (uint32_t k = 0; k < from->n_victims; k++) {
		struct incident_host *h = host_of(into->victims, &into->n_victims, &from->victims[k].a);
		if (h && !h->alerts)
			*h = from->victims[k];
		else if (h)
			h->alerts += from->victims[k].alerts, h->effects |= from->victims[k].effects;
	}
	for (uint32_t k = 0; k < from->n_attackers; k++) {
		struct incident_host *h = host_of(into->attackers, &into->n_attackers, &from->attackers[k].a);
		if (h && !h->alerts)
			*h = from->attackers[k];
		else if (h)
			h->alerts += from->attackers[k].alerts, h->effects |= from->attackers[k].effects;
	}
	hll_merge(&into->targets, &from->targets);
	hll_merge(&into->sources, &from->sources);
	for (uint32_t k = 0; k < from->n_assets; k++)
		touch_asset(into, from->assets[k]);
	into->unlisted |= from->unlisted;
	into->bytes_in += from->bytes_in;
	into->bytes_out += from->bytes_out;
	for (int k = 0; k < OT_KINDS; k++)
		into->ot[k] += from->ot[k];
	if (from->ot_first && (!into->ot_first || from->ot_first < into->ot_first))
		into->ot_first = from->ot_first;
	if (from->ot_last > into->ot_last)
		into->ot_last = from->ot_last;
	for (uint32_t k = 0; k < from->n_new_hosts && into->n_new_hosts < 256; k++)
		into->new_hosts[into->n_new_hosts++] = from->new_hosts[k];
	from->state = INCIDENT_MERGED;
	from->merged_into = into;
	from->dirty = into->dirty = true;
}

/* Older one first; ids survive. */
static struct incident *
join_two(struct incident *a, struct incident *b)
{
	if (!a || !b || a == b)
		return a ? a : b;
	struct incident *into = a->number < b->number ? a : b, *from = into == a ? b : a;
	merge(into, from);
	return into;
}

/* Who is attacked: the rule's target; else the one end that the inventory knows; else by the effect: a victim that calls
 * out began the flow itself. */
static void
roles(const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f, const struct addr **victim,
    const struct addr **attacker)
{
	const struct addr *client = e->flags & EVENT_F_FLOW ? &e->client : &e->src, *server = e->flags & EVENT_F_FLOW ? &e->server : &e->dst;

	if (c->target) {
		*victim = c->target == 1 ? &e->src : &e->dst;
		*attacker = c->target == 1 ? &e->dst : &e->src;
		return;
	}
	bool client_known = inventory_find(inv, client) != NULL, server_known = inventory_find(inv, server) != NULL;
	bool from_client = client_known != server_known ? client_known : f->outbound;

	*victim = from_client ? client : server;
	*attacker = from_client ? server : client;
}

struct incident *
incidents_alert(struct incidents *s, const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f,
    const struct effects *all, bool suppressed)
{
	const struct addr *victim, *attacker;
	struct incident *i;

	roles(inv, e, c, f, &victim, &attacker);
	const struct asset *va = inventory_find(inv, victim);
	struct link_key by_attacker = address_key(LINK_ATTACKER, attacker), pivot = address_key(LINK_VICTIM, attacker),
			same_victim = address_key(LINK_VICTIM, victim), group = group_key(victim, va, f);

	i = follow(s, &by_attacker, e->ts);
	i = join_two(i, follow(s, &pivot, e->ts));
	i = join_two(i, follow(s, &group, e->ts));
	if (!i && !f->opens) /* alone it says too little; on a host already hit it is part of the picture */
		i = follow(s, &same_victim, e->ts);
	if (!i && f->opens) {
		i = follow(s, &same_victim, e->ts);
		if (!i)
			i = begin(s, e, c);
	}
	if (!i)
		return NULL;
	add_alert(i, inv, e, c, f, victim, attacker, suppressed);
	tie(s, &by_attacker, i, e->ts);
	tie(s, &same_victim, i, e->ts);
	tie(s, &group, i, e->ts);
	return i;
}

struct incident *
incidents_flow(struct incidents *s, const struct inventory *inv, const struct event *e)
{
	struct link_key c_victim = address_key(LINK_VICTIM, &e->client), s_victim = address_key(LINK_VICTIM, &e->server),
			c_attacker = address_key(LINK_ATTACKER, &e->client), s_attacker = address_key(LINK_ATTACKER, &e->server);
	struct incident *client = follow(s, &c_attacker, e->ts), *server = follow(s, &s_victim, e->ts), *i = NULL;
	const struct event_facts *f = &e->facts;
	bool out = false;

	if (!client)
		client = follow(s, &c_victim, e->ts); /* a victim used as a stepping stone */
	if (client && client == server) {
		i = client;
	} else {
		client = follow(s, &c_victim, e->ts);
		server = follow(s, &s_attacker, e->ts);
		if (client && client == server) {
			i = client;
			out = true;
		}
	}
	if (!i)
		return NULL;
	i->bytes_in += out ? f->payload[1] : f->payload[0];
	i->bytes_out += out ? f->payload[0] : f->payload[1];
	for (int k = 0; k < OT_KINDS; k++)
		i->ot[k] += f->ot[k];
	if (f->ot[OT_WRITE] || f->ot[OT_CONTROL] || f->ot[OT_STOP] || f->ot[OT_PROGRAM]) {
		if (!i->ot_first || e->flow_start < i->ot_first)
			i->ot_first = e->flow_start;
		if (e->ts > i->ot_last)
			i->ot_last = e->ts;
	}
	i->dirty = true;
	return i;
}

bool
incidents_tick(struct incidents *s, int64_t now)
{
	bool changed = false;

	for (uint32_t k = 0; k < s->n; k++) {
		struct incident *i = s->list[k];
		enum incident_state was = i->state;
		if (was == INCIDENT_MERGED || was == INCIDENT_CLOSED)
			continue;
		if (now - i->last > s->close_after)
			i->state = INCIDENT_CLOSED;
		else if (now - i->last > s->quiet_after)
			i->state = INCIDENT_QUIET;
		if (i->state != was) {
			i->dirty = true;
			changed = true;
		}
	}
	return changed;
}

uint32_t
incidents_count(const struct incidents *s)
{
	return s->n;
}

struct incident *
incidents_at(const struct incidents *s, uint32_t i)
{
	return s->list[i];
}

struct incident *
incidents_find(const struct incidents *s, const char *id)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (strcmp(s->list[i]->id, id) == 0)
			return s->list[i];
	return NULL;
}

void
incidents_rebind(struct incidents *s, const struct inventory *inv)
{
	for (uint32_t k = 0; k < s->n; k++) {
		struct incident *i = s->list[k];
		i->n_assets = 0;
		i->unlisted = false;
		for (uint32_t v = 0; v < i->n_victims; v++) {
			i->victims[v].asset = inventory_find(inv, &i->victims[v].a);
			touch_asset(i, i->victims[v].asset);
		}
		for (uint32_t v = 0; v < i->n_attackers; v++)
			i->attackers[v].asset = inventory_find(inv, &i->attackers[v].a);
	}
}
