#include "pipeline/incident/forming.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 2048
#define COUNTED_MAX 8

/* Of a flow that alerted what was only held back so far, and under which key. */
struct held {
	uint64_t flow, key;
	uint32_t round;
	struct volume v;
};

struct forming {
	struct held flows[FORMING_FLOWS];
	struct formed *bucket[BUCKETS];
	struct formed *oldest, *newest;
	uint32_t n;
	/* the packet at hand: which entries count its volume; whether an incident does */
	uint64_t packet;
	struct formed *counted[COUNTED_MAX];
	uint32_t n_counted;
	bool told;
};

struct forming *
forming_new(void)
{
	return calloc(1, sizeof(struct forming));
}

static void
clear(struct formed *x)
{
	hll_clear(&x->targets);
	hll_clear(&x->sources);
	crowd_clear(&x->hosts);
	x->some_targets.n = x->some_sources.n = 0;
	x->volume = (struct volume) { 0 };
	x->n = 0;
	x->round++;
	x->first = x->last = 0;
}

void
forming_free(struct forming *f)
{
	if (!f)
		return;
	while (f->oldest) {
		struct formed *x = f->oldest;
		f->oldest = x->newer;
		clear(x);
		free(x);
	}
	free(f);
}

static void
list_leave(struct forming *f, struct formed *x)
{
	*(x->older ? &x->older->newer : &f->oldest) = x->newer;
	*(x->newer ? &x->newer->older : &f->newest) = x->older;
}

static void
list_join(struct forming *f, struct formed *x)
{
	x->older = f->newest;
	x->newer = NULL;
	*(f->newest ? &f->newest->newer : &f->oldest) = x;
	f->newest = x;
}

static struct formed **
bucket_of(struct forming *f, uint64_t key)
{
	return &f->bucket[key % BUCKETS];
}

struct formed *
forming_find(struct forming *f, uint64_t key)
{
	struct formed *x = *bucket_of(f, key);

	while (x && x->key != key)
		x = x->next;
	return x;
}

/* A new one, in the place of the oldest when there are many. */
static struct formed *
begin(struct forming *f, uint64_t key)
{
	struct formed *x, **at;

	if (f->n < FORMING_MAX) {
		x = calloc(1, sizeof(*x));
		if (!x)
			return NULL;
		f->n++;
	} else {
		x = f->oldest;
		f->n_counted = 0;
		list_leave(f, x);
		for (at = bucket_of(f, x->key); *at != x;)
			at = &(*at)->next;
		*at = x->next;
		clear(x);
	}
	x->key = key;
	x->before = 0;
	x->prior = (struct volume) { 0 };
	at = bucket_of(f, key);
	x->next = *at;
	*at = x;
	list_join(f, x);
	return x;
}

static void
at_packet(struct forming *f, uint64_t packet)
{
	if (packet == f->packet)
		return;
	f->packet = packet;
	f->n_counted = 0;
	f->told = false;
}

static void
count_volume(struct forming *f, struct formed *x, const struct event *e, const struct addr *victim)
{
	if (f->told || f->n_counted == COUNTED_MAX)
		return;
	volume_add(&x->volume, &e->since, fold_side(e, victim));
	if (e->flow_id && !f->n_counted) {
		struct held *h = &f->flows[e->flow_id % FORMING_FLOWS];
		if (h->flow != e->flow_id || h->key != x->key)
			*h = (struct held) { .flow = e->flow_id, .key = x->key };
		h->round = x->round;
		volume_add(&h->v, &e->since, fold_side(e, victim));
	}
	f->counted[f->n_counted++] = x;
}

struct volume
forming_told(struct forming *f, const struct event *e, const struct addr *victim)
{
	struct volume back = { 0 };
	struct held *h = &f->flows[e->flow_id % FORMING_FLOWS];

	if (e->flow_id && h->flow == e->flow_id) {
		struct formed *x = forming_find(f, h->key);
		back = h->v;
		if (e->pcap_cnt == f->packet && f->n_counted) /* this packet's own is told now */
			volume_take(&back, &e->since, fold_side(e, victim));
		if (x && x->round == h->round) {
			x->volume.packets -= back.packets;
			x->volume.bytes -= back.bytes;
			x->volume.squares -= back.squares;
		}
		h->flow = 0;
	}
	at_packet(f, e->pcap_cnt);
	for (uint32_t k = 0; k < f->n_counted; k++)
		volume_take(&f->counted[k]->volume, &e->since, fold_side(e, victim));
	f->n_counted = 0;
	f->told = true;
	return back;
}

void
forming_add(struct forming *f, const struct forming_key *k, const struct event *e, const struct addr *victim, const struct addr *attacker)
{
	struct formed *x = forming_find(f, k->hash);
	struct sight s = sight_of(e);
	uint64_t v = fold_host(victim), a = fold_host(attacker);

	at_packet(f, e->pcap_cnt);
	if (!x && !(x = begin(f, k->hash)))
		return;
	if (f->newest != x) {
		list_leave(f, x);
		list_join(f, x);
	}
	if (x->n && e->ts - x->first > k->window) { /* its window went by */
		bool near = e->ts - x->last <= k->window;
		x->before = near ? x->first : 0;
		x->prior = near ? x->volume : (struct volume) { 0 };
		clear(x);
	}
	if (!x->n)
		x->first = e->ts;
	x->sid = k->sid;
	x->last = e->ts;
	if ((x->n & (x->n + 1)) == 0)
		x->at[x->n ? 64 - __builtin_clzll(x->n) : 0] = e->ts;
	x->n++;
	crowd_add(&x->hosts, v);
	hll_add(&x->targets, v);
	hll_add(&x->sources, a);
	sample_add(&x->some_targets, v, s.need, s.mark);
	sample_add(&x->some_sources, a, s.need, s.mark);
	count_volume(f, x, e, victim);
}

void
forming_drop(struct forming *f, struct formed *x)
{
	for (uint32_t k = 0; k < FORMING_FLOWS; k++)
		if (f->flows[k].key == x->key)
			f->flows[k].flow = 0; /* it has its volume now */
	clear(x);
	x->before = 0;
	x->prior = (struct volume) { 0 };
}

int64_t
formed_began(const struct formed *x)
{
	uint64_t n = x->n / 16;

	return n ? x->at[63 - __builtin_clzll(n)] : x->first;
}
