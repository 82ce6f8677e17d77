#include "pipeline/incident/incident.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "pipeline/incident/fold.h"
#include "pipeline/incident/forming.h"
#include "pipeline/incident/links.h"
#include "pipeline/incident/traits.h"

const char *const incident_state_name[] = { "open", "quiet", "closed", "reopened", "merged" };

#define ID_BUCKETS 4096

struct incidents {
	struct incident *by_id[ID_BUCKETS];
	bool crowded; /* there was no room, and no second has gone by since */
	struct incident **list;
	uint32_t n;
	struct incidents_conf conf;
	struct links *links;
	struct forming *forming;
	struct counters *cnt;
	uint32_t begun;
	double kept, one_sided; /* how packets are seen */
	void (*free_notes)(struct incident *);
};

static void
incident_free(const struct incidents *s, struct incident *i)
{
	if (s->free_notes)
		s->free_notes(i);
	hll_clear(&i->targets);
	hll_clear(&i->sources);
	hll_clear(&i->answered);
	crowd_clear(&i->hosts);
	free(i);
}

void
incidents_free(struct incidents *s)
{
	if (!s)
		return;
	links_free(s->links);
	for (uint32_t i = 0; i < s->n; i++)
		incident_free(s, s->list[i]);
	forming_free(s->forming);
	free(s->list);
	free(s);
}

struct incidents *
incidents_new(const struct incidents_conf *conf, struct counters *cnt, void (*free_notes)(struct incident *))
{
	struct incidents *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->list = calloc(conf->max, sizeof(*s->list));
	s->forming = forming_new();
	s->links = links_new(cnt);
	if (!s->list || !s->forming || !s->links) {
		incidents_free(s);
		return NULL;
	}
	s->conf = *conf;
	s->kept = 1;
	s->cnt = cnt;
	s->free_notes = free_notes;
	return s;
}

/* ---- making room ---- */

static int
by_rank(const struct incident *i)
{
	static const int rank[] = { [INCIDENT_MERGED] = 0, [INCIDENT_CLOSED] = 0, [INCIDENT_QUIET] = 1, [INCIDENT_OPEN] = 2, [INCIDENT_REOPENED] = 2 };

	return rank[i->state];
}

/* Closed before quiet ones, in each the one longest without a sign. */
static int
first_to_leave(const void *a, const void *b)
{
	const struct incident *x = *(struct incident *const *) a, *y = *(struct incident *const *) b;

	if (by_rank(x) != by_rank(y))
		return by_rank(x) - by_rank(y);
	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static int
by_number(const void *a, const void *b)
{
	const struct incident *x = *(struct incident *const *) a, *y = *(struct incident *const *) b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static struct incident **
id_bucket(struct incidents *s, const char *id)
{
	return &s->by_id[hash_bytes(id, strlen(id), 4) % ID_BUCKETS];
}

static void
forget_id(struct incidents *s, const struct incident *i)
{
	struct incident **at = id_bucket(s, i->id);

	while (*at != i)
		at = &(*at)->next_id;
	*at = i->next_id;
}

/* A sixteenth leaves at once, so that links are looked through seldom. */
static void
make_room(struct incidents *s)
{
	uint32_t want = s->conf.max / 16 + 1, n = 0;

	if (s->crowded)
		return;

	qsort(s->list, s->n, sizeof(*s->list), first_to_leave);
	for (; n < want && n < s->n && by_rank(s->list[n]) < 2 && !s->list[n]->pins; n++)
		s->list[n]->leaving = true;
	links_forget(s->links);
	for (uint32_t k = n; k < s->n; k++) /* one merged into a leaving one knows no other way */
		if (s->list[k]->merged_into && s->list[k]->merged_into->leaving)
			s->list[k]->merged_into = NULL;
	for (uint32_t k = 0; k < n; k++) {
		forget_id(s, s->list[k]);
		incident_free(s, s->list[k]);
	}
	s->crowded = n == 0;
	memmove(s->list, s->list + n, (s->n - n) * sizeof(*s->list));
	s->n -= n;
	qsort(s->list, s->n, sizeof(*s->list), by_number);
	counter_add(s->cnt, C_INCIDENTS_LEFT, n);
}

/* ---- one incident ---- */

static struct incident *
begin(struct incidents *s, const struct event *e, const struct card *c)
{
	struct incident *i;
	char day[CLOCK_EVE_LEN];
	uint64_t h;

	if (s->n == s->conf.max)
		make_room(s);
	if (s->n == s->conf.max) {
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
	do { /* the same 32 bits twice: the next ones */
		snprintf(i->id, sizeof(i->id), "I-%.4s%.2s%.2s-%08x", day, day + 5, day + 8, (unsigned) (h >> 32));
		h = hash_bytes(&h, sizeof(h), 1);
	} while (incidents_find(s, i->id));
	i->first = i->last = e->ts;
	i->number = ++s->begun;
	s->list[s->n++] = i;
	i->next_id = *id_bucket(s, i->id);
	*id_bucket(s, i->id) = i;
	return i;
}

/* Older one first; ids survive. */
static struct incident *
join_two(struct incident *a, struct incident *b)
{
	if (!a || !b || a == b)
		return a ? a : b;
	struct incident *into = a->number < b->number ? a : b, *from = into == a ? b : a;
	fold_merge(into, from);
	return into;
}

struct roles {
	const struct addr *victim, *attacker;
};

static struct roles
turn(const struct addr *victim, const struct addr *attacker)
{
	return (struct roles) { victim, attacker };
}

/* Who is attacked: the rule's target; else the one end that the inventory knows; else by the effect: a victim that calls
 * out, or gets a malicious answer, began the flow itself. */
static struct roles
roles(const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f)
{
	const struct addr *client = e->flags & EVENT_F_FLOW ? &e->client : &e->src, *server = e->flags & EVENT_F_FLOW ? &e->server : &e->dst;

	if (c->target)
		return c->target == 1 ? turn(&e->src, &e->dst) : turn(&e->dst, &e->src);
	bool client_known = inventory_find(inv, client) != NULL, server_known = inventory_find(inv, server) != NULL;
	bool back = f->toward && e->flags & EVENT_F_FLOW && e->direction == 1; /* a malicious answer */
	bool from_client = client_known != server_known ? client_known : f->outbound || back;

	return from_client ? turn(client, server) : turn(server, client);
}

#define NOISE_SOURCES 8

static bool
only_attempts(const struct incident *i, const struct effects *all)
{
	for (uint8_t k = 0; k < all->n; k++)
		if (i->effects >> k & 1 && !all->effect[k].attempt)
			return false;
	return true;
}

/* An incident that takes the alert. Attempts of many sources are the noise of every network: a sign of more begins its own. */
static struct incident *
takes(struct incident *i, const struct effect *f, const struct effects *all)
{
	return i && !f->attempt && only_attempts(i, all) && hll_is_over(&i->sources, NOISE_SOURCES) ? NULL : i;
}

/* So many incidents of one family in a network that no inventory names are a wave, though nothing else joins them. */
#define WAVE 8

/* Everything by which an alert may belong to an incident. */
struct bonds {
	struct roles r;
	struct link_key pair, attacker, prefix, pivot, same, victim, hit, tried, group, alike;
	struct traits traits;
	bool crowd;    /* the victim is a group address: who is meant is the sender's own network */
	bool resolver; /* the other end only answers for names: it is nobody's infrastructure */
	bool named;    /* the inventory knows the victim */
};

static void
bonds_of(const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f, struct bonds *b)
{
	b->r = roles(inv, e, c, f);
	b->crowd = addr_is_group(b->r.victim);
	const struct addr *victim = b->crowd ? b->r.attacker : b->r.victim;
	const struct asset *asset = inventory_find(inv, victim);
	bool outbound = e->flags & EVENT_F_FLOW && addr_eq(b->r.attacker, &e->server) && !addr_eq(&e->client, &e->server);

	b->named = asset != NULL;
	b->resolver = outbound && strcmp(e->app_proto, "dns") == 0;
	b->pair = link_pair(b->r.victim, b->r.attacker);
	b->attacker = link_address(LINK_ATTACKER, b->r.attacker);
	b->prefix = link_network(LINK_PREFIX, b->r.attacker, c->sid);
	b->pivot = link_address(LINK_VICTIM, b->r.attacker);
	b->same = link_signed(LINK_SAME, b->r.victim, c->sid);
	b->victim = link_address(LINK_VICTIM, b->r.victim);
	b->hit = link_hit(b->r.victim, f);
	b->tried = link_address(LINK_TRIED, b->r.victim);
	b->group = link_group(victim, asset, f);
	b->alike = link_network(LINK_ALIKE, victim, c->sid);
	b->traits.n = 0;
	if (!f->attempt && e->text_n)
		traits_of(e, outbound, c->sid, &b->traits);
}

static struct incident *
follow(const struct incidents *s, const struct link_key *k, int64_t now)
{
	struct incident *i = links_follow(s->links, k, now, s->conf.join_window);

	return i && i->state == INCIDENT_CLOSED ? NULL : i;
}

/* What is the attacker's own lasts for days, and opens a closed incident again; in the noise of many it is soon nobody's. */
static struct incident *
lasting(const struct incidents *s, const struct link_key *k, int64_t now, const struct effect *f, const struct effects *all)
{
	struct incident *i = follow(s, k, now), *old = i ? NULL : links_follow(s->links, k, now, s->conf.campaign_window);

	if (old && !(only_attempts(old, all) && hll_is_over(&old->sources, NOISE_SOURCES)))
		i = old;
	return takes(i, f, all);
}

static struct incident *
by_infrastructure(const struct incidents *s, const struct bonds *b, int64_t now, const struct effect *f, const struct effects *all)
{
	struct incident *i = b->resolver ? takes(follow(s, &b->pair, now), f, all) : lasting(s, &b->pair, now, f, all);

	if (!b->resolver)
		i = join_two(i, lasting(s, &b->attacker, now, f, all));
	for (uint32_t k = 0; k < b->traits.n; k++) {
		struct link_key key = link_trait(b->traits.hash[k]);
		i = join_two(i, lasting(s, &key, now, f, all));
	}
	i = join_two(i, lasting(s, &b->pivot, now, f, all));
	if (!b->crowd && !f->attempt) {
		i = join_two(i, lasting(s, &b->same, now, f, all));
		i = join_two(i, takes(follow(s, &b->hit, now), f, all));
	}
	return i;
}

/* The neighbourhood: an owner's sector; else a network, where what does not speak of a wave must be alike. */
static struct incident *
by_group(const struct incidents *s, const struct bonds *b, int64_t now, const struct effect *f, const struct effects *all)
{
	if (b->named || !(f->alike || f->attempt) || links_count_begun(s->links, &b->group, now, s->conf.join_window) >= WAVE)
		return takes(follow(s, &b->group, now), f, all);
	if (!f->attempt)
		return takes(follow(s, &b->alike, now), f, all);
	return follow(s, b->crowd ? &b->alike : &b->tried, now);
}

static void
tie_all(struct incidents *s, const struct bonds *b, struct incident *i, const struct event *e, const struct effect *f, bool group)
{
	int64_t w = s->conf.join_window;

	links_tie(s->links, &b->pair, i, e->ts, w);
	if (!b->resolver) {
		links_tie(s->links, &b->attacker, i, e->ts, w);
		if (!f->attempt)
			links_tie(s->links, &b->prefix, i, e->ts, w);
	}
	if (!b->crowd) {
		links_tie(s->links, &b->victim, i, e->ts, w);
		if (!f->attempt) {
			links_tie(s->links, &b->same, i, e->ts, w);
			links_tie(s->links, &b->hit, i, e->ts, w);
		}
	}
	for (uint32_t k = 0; k < b->traits.n; k++) {
		struct link_key key = link_trait(b->traits.hash[k]);
		links_tie(s->links, &key, i, e->ts, w);
	}
	if (!f->attempt || b->crowd)
		links_tie(s->links, &b->alike, i, e->ts, w);
	if (group) {
		links_tie(s->links, &b->group, i, e->ts, w);
		if (f->attempt && !b->crowd)
			links_tie(s->links, &b->tried, i, e->ts, w);
	}
}

struct incident *
incidents_alert(struct incidents *s, const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f,
    const struct effects *all, bool suppressed)
{
	struct bonds b;
	bool tie_group = true, begun = false;

	bonds_of(inv, e, c, f, &b);
	struct incident *i = by_infrastructure(s, &b, e->ts, f, all), *near = by_group(s, &b, e->ts, f, all);
	if (!f->attempt) {
		i = join_two(i, near);
		if (!b.resolver)
			i = join_two(i, takes(follow(s, &b.prefix, e->ts), f, all));
	} else if (!i) {
		i = near;
	} else {
		tie_group = only_attempts(i, all); /* others' attempts are no part of what this attacker did */
	}
	if (!i && !b.crowd)
		i = takes(follow(s, &b.victim, e->ts), f, all);
	if (!i && f->opens) { /* else alone it says too little; on a host already hit it is part of the picture */
		i = begin(s, e, c);
		begun = true;
	}
	if (!i)
		return NULL;
	fold_alert(i, inv, &(struct fold_in) { e, c, f, b.r.victim, b.r.attacker, suppressed });
	struct volume held = forming_told(s->forming, e, b.r.victim);
	volume_merge(&i->volume, &held);
	tie_all(s, &b, i, e, f, tie_group);
	if (begun)
		links_begun(s->links, &b.group);
	return i;
}

struct incident *
incidents_company(struct incidents *s, const struct event *e)
{
	const struct addr *client = e->flags & EVENT_F_FLOW ? &e->client : &e->src, *server = e->flags & EVENT_F_FLOW ? &e->server : &e->dst;
	struct link_key in = link_pair(server, client), out = link_pair(client, server), victim = link_address(LINK_VICTIM, client);
	struct incident *i = links_follow(s->links, &in, e->ts, s->conf.close_after);

	if (!i)
		i = links_follow(s->links, &out, e->ts, s->conf.close_after);
	if (!i)
		i = follow(s, &victim, e->ts); /* what a host that was hit does now */
	if (!i || i->state == INCIDENT_CLOSED)
		return NULL;
	i->others++;
	i->dirty = true;
	return i;
}

static bool
was_told(const struct incident *i, const struct card *c)
{
	for (uint32_t k = 0; k < i->n_sids; k++)
		if (i->sids[k].sid == c->sid && i->sids[k].gid == c->gid)
			return true;
	return i->folded_sids > 0;
}

void
incidents_forming(struct incidents *s, const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f,
    uint64_t key, int64_t window)
{
	struct roles r = roles(inv, e, c, f);
	struct link_key same_victim = link_address(LINK_VICTIM, r.victim), attacker = link_address(LINK_ATTACKER, r.attacker);
	struct incident *i = follow(s, &same_victim, e->ts);

	if (!i)
		i = follow(s, &attacker, e->ts); /* a scan has ever new victims */
	forming_add(s->forming, &(struct forming_key) { key, window, c->sid }, e, r.victim, r.attacker);
	if (!i || (i->state != INCIDENT_OPEN && i->state != INCIDENT_REOPENED) || e->ts - i->last > window || !was_told(i, c))
		return;
	i->till = e->ts > i->till ? e->ts : i->till; /* perhaps it goes on */
	volume_add(&i->tail, &e->since, fold_side(e, r.victim));
}

void
incidents_formed(struct incidents *s, struct incident *i, uint64_t key)
{
	struct formed *x = forming_find(s->forming, key);

	if (!x || !x->n)
		return;
	fold_formed(i, x);
	forming_drop(s->forming, x);
}

void
incidents_view(struct incidents *s, double kept, double one_sided)
{
	s->kept = kept;
	s->one_sided = one_sided;
}

/* Was it a conversation? Then the attacker may be no more than a client. A session has a SYN and two packets more from it; where
 * packets are missed two of them and the answer will do. */
static bool
is_talk(const struct incidents *s, const struct event *e, int side)
{
	const struct event_facts *f = &e->facts;

	if (e->proto != 6)
		return f->packets[side] && (f->packets[!side] || s->one_sided > 0.5);
	return f->payload[0] + f->payload[1] || f->packets[side] >= 3 || (s->kept < 0.98 && f->synack && f->packets[side] >= 2);
}

/* A flow that alerted, also one whose threshold held it back: what its alerts did not tell. Of a flood those that were
 * conversations may be no more than clients. */
static void
alerted_flow(struct incidents *s, const struct effects *all, const struct event *e)
{
	struct link_key c_victim = link_address(LINK_VICTIM, &e->client), s_victim = link_address(LINK_VICTIM, &e->server);
	struct incident *i = follow(s, &s_victim, e->ts);
	const struct addr *victim = &e->server, *attacker = &e->client;

	if (!i) {
		i = follow(s, &c_victim, e->ts);
		victim = &e->client;
		attacker = &e->server;
	}
	if (!i || e->flow_start > i->till || e->ts < i->from)
		return;
	struct link_key by_attacker = link_address(LINK_ATTACKER, attacker);
	bool linked = follow(s, &by_attacker, e->ts) == i || i->n_links >= INCIDENT_LINKS;
	bool flood = false, talk;
	for (uint8_t k = 0; k < all->n; k++)
		flood |= i->effects >> k & 1 && all->effect[k].flood;
	int side = fold_side(e, victim);
	talk = flood && is_talk(s, e, side);
	if (talk) { /* its alerts told a part of it already */
		hll_add(&i->answered, fold_host(attacker));
	}
	if (talk && !linked && !i->formed_sid) {
		return; /* nothing that was held back joined */
	} else if (talk && !linked) { /* a client whose alerts may have been held back and joined */
		i->clients.packets += e->facts.packets[side] - e->since.packets[side];
		i->clients.bytes += (double) (e->facts.bytes[side] - e->since.bytes[side]);
	} else if (talk) {
		i->volume.packets -= e->facts.packets[side] - e->since.packets[side];
		i->volume.bytes -= (double) (e->facts.bytes[side] - e->since.bytes[side]);
		i->doubt.packets += e->facts.packets[side];
		i->doubt.bytes += (double) e->facts.bytes[side];
	} else if (linked) {
		volume_add(&i->volume, &e->since, side);
	}
	if (!flood && linked)
		fold_reach(i, e->flow_start, e->ts);
	i->dirty = true;
}

struct incident *
incidents_flow(struct incidents *s, const struct effects *all, const struct event *e)
{
	struct link_key c_victim = link_address(LINK_VICTIM, &e->client), s_victim = link_address(LINK_VICTIM, &e->server),
			c_attacker = link_address(LINK_ATTACKER, &e->client), s_attacker = link_address(LINK_ATTACKER, &e->server);
	struct incident *client = follow(s, &c_attacker, e->ts), *server = follow(s, &s_victim, e->ts), *i = NULL;
	const struct event_facts *f = &e->facts;
	bool out = false;

	if (e->flags & EVENT_F_ALERTED)
		alerted_flow(s, all, e);
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
	if (out && f->payload[1]) {
		i->calls_out++;
		i->bytes_called_out += f->payload[0];
	}
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

	s->crowded = false;
	for (uint32_t k = 0; k < s->n; k++) {
		struct incident *i = s->list[k];
		enum incident_state was = i->state;
		if (was == INCIDENT_MERGED || was == INCIDENT_CLOSED)
			continue;
		if (now - i->last > s->conf.close_after)
			i->state = INCIDENT_CLOSED;
		else if (now - i->last > s->conf.quiet_after)
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
	struct incident *i = s->by_id[hash_bytes(id, strlen(id), 4) % ID_BUCKETS];

	while (i && strcmp(i->id, id) != 0)
		i = i->next_id;
	return i;
}

static uint32_t
renumber(uint32_t bits, const uint8_t *to)
{
	uint32_t out = 0;

	for (unsigned k = 0; k < EFFECTS_MAX; k++)
		if (bits >> k & 1 && to[k] < EFFECTS_MAX)
			out |= 1u << to[k];
	return out;
}

static void
rename_effects(struct incident *i, const uint8_t *to)
{
	uint64_t n[EFFECTS_MAX] = { 0 };
	int64_t first[EFFECTS_MAX] = { 0 }, last[EFFECTS_MAX] = { 0 };

	for (unsigned k = 0; k < EFFECTS_MAX; k++) {
		if (to[k] >= EFFECTS_MAX)
			continue;
		n[to[k]] = i->by_effect[k];
		first[to[k]] = i->effect_first[k];
		last[to[k]] = i->effect_last[k];
	}
	memcpy(i->by_effect, n, sizeof(n));
	memcpy(i->effect_first, first, sizeof(first));
	memcpy(i->effect_last, last, sizeof(last));
	i->effects = renumber(i->effects, to);
	for (uint32_t k = 0; k < i->n_victims; k++)
		i->victims[k].effects = renumber(i->victims[k].effects, to);
	for (uint32_t k = 0; k < i->n_attackers; k++)
		i->attackers[k].effects = renumber(i->attackers[k].effects, to);
	for (uint32_t k = 0; k < i->n_sids; k++)
		i->sids[k].effect = to[i->sids[k].effect] < EFFECTS_MAX ? to[i->sids[k].effect] : 0;
}

static void
rebind_assets(struct incident *i, const struct inventory *inv)
{
	i->n_assets = 0;
	i->unlisted = i->unlisted && i->n_victims == INCIDENT_HOSTS; /* folded victims cannot be looked up again */
	for (uint32_t v = 0; v < i->n_victims; v++) {
		i->victims[v].asset = inventory_find(inv, &i->victims[v].a);
		fold_asset(i, i->victims[v].asset);
	}
	for (uint32_t v = 0; v < i->n_attackers; v++)
		i->attackers[v].asset = inventory_find(inv, &i->attackers[v].a);
}

void
incidents_rebind(struct incidents *s, const struct inventory *inv, const struct effects *was, const struct effects *now)
{
	uint8_t to[EFFECTS_MAX];

	memset(to, EFFECTS_MAX, sizeof(to));
	for (uint8_t k = 0; k < was->n; k++) {
		const struct effect *f = effects_find(now, was->effect[k].name);
		if (f)
			to[k] = f->index;
	}
	for (uint32_t k = 0; k < s->n; k++) {
		rename_effects(s->list[k], to);
		rebind_assets(s->list[k], inv);
	}
}
