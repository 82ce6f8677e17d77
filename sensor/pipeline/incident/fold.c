#include "pipeline/incident/fold.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "pipeline/incident/forming.h"

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

void
fold_asset(struct incident *i, const struct asset *a)
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

uint64_t
fold_host(const struct addr *a)
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

/* Signs in different flows are different evidence; two signatures on one packet are not. */
static void
add_sign_flow(struct incident *i, uint64_t flow)
{
	for (uint32_t k = 0; k < i->n_sign_flows; k++)
		if (i->sign_flows[k] == flow)
			return;
	if (i->n_sign_flows < INCIDENT_SIGN_FLOWS)
		i->sign_flows[i->n_sign_flows++] = flow;
}

/* Packets that this sight took: a rule on a session's bytes had to see the session begin. */
static uint8_t
packets_needed(const struct event *e)
{
	uint64_t n = (uint64_t) e->facts.packets[0] + e->facts.packets[1];

	if (e->proto != 6 || e->flow_state == EVENT_FLOW_NEW || n < 1)
		return 1;
	return n > 16 ? 16 : (uint8_t) n;
}

struct sight
sight_of(const struct event *e)
{
	uint8_t need = packets_needed(e);
	uint64_t h = need > 1 ? e->flow_id : e->pcap_cnt; /* two signatures on one packet, two packets of one session */

	return (struct sight) { need, (uint8_t) (1 + h % 255) };
}

void
volume_add(struct volume *v, const struct event_volume *x, int dir)
{
	v->packets += (double) x->packets[dir];
	v->bytes += (double) x->bytes[dir];
	v->squares += (double) x->squares[dir];
}

void
volume_take(struct volume *v, const struct event_volume *x, int dir)
{
	v->packets -= (double) x->packets[dir];
	v->bytes -= (double) x->bytes[dir];
	v->squares -= (double) x->squares[dir];
}

void
volume_merge(struct volume *into, const struct volume *from)
{
	into->packets += from->packets;
	into->bytes += from->bytes;
	into->squares += from->squares;
}

/* Who took part, and what reached the victim. */
static void
count_crowd(struct incident *i, const struct fold_in *in)
{
	uint64_t victim = fold_host(in->victim), attacker = fold_host(in->attacker);
	struct sight x = sight_of(in->e);

	crowd_add(&i->hosts, victim);
	if (hll_add(&i->targets, victim))
		count_growth(i, in->e->ts);
	hll_add(&i->sources, attacker);
	sample_add(&i->some_targets, victim, x.need, x.mark);
	sample_add(&i->some_sources, attacker, x.need, x.mark);
	if (in->e->pcap_cnt != i->last_packet || !i->signs) {
		volume_add(&i->volume, &in->e->since, fold_side(in->e, in->victim));
		for (int k = 0; k < 4 && i->signs < 8; k++)
			if (i->signs + 1 == UINT64_C(1) << k)
				i->sign_at[k] = in->e->ts;
		i->signs++;
		i->needed += x.need;
		i->last_packet = in->e->pcap_cnt;
	}
}

int
fold_side(const struct event *e, const struct addr *victim)
{
	return addr_eq(&e->client, victim) && !addr_eq(&e->server, victim);
}

void
fold_alert(struct incident *i, const struct inventory *inv, const struct fold_in *in)
{
	const struct event *e = in->e;
	const struct effect *f = in->f;
	const struct asset *va = inventory_find(inv, in->victim), *aa = inventory_find(inv, in->attacker);

	if (e->ts > i->last)
		i->last = e->ts;
	if (e->ts < i->first)
		i->first = e->ts;
	fold_reach(i, e->flow_start ? e->flow_start : e->ts, e->ts);
	i->alerts++;
	i->suppressed += in->suppressed;
	if (!in->suppressed && e->ts > i->told_last)
		i->told_last = e->ts;
	if (!i->by_effect[f->index]++)
		i->effect_first[f->index] = e->ts;
	i->effect_last[f->index] = e->ts;
	i->effects |= 1u << f->index;
	count_sid(i, e, in->c, f, in->suppressed);
	for (int k = 0; k < OT_KINDS; k++) {
		if (e->facts.ot[k] > i->ot_going[k])
			i->ot_going[k] = e->facts.ot[k];
	}
	count_crowd(i, in);
	count_host(i->victims, &i->n_victims, in->victim, va, f, e->ts);
	count_host(i->attackers, &i->n_attackers, in->attacker, aa, f, e->ts);
	if (!f->attempt)
		add_sign_flow(i, e->flow_id ? e->flow_id : e->pcap_cnt);
	fold_asset(i, va);
	i->state = i->state == INCIDENT_CLOSED || i->state == INCIDENT_REOPENED ? INCIDENT_REOPENED : INCIDENT_OPEN;
	i->dirty = true;
}

/* It may have begun and ended as early and as late as that. */
void
fold_reach(struct incident *i, int64_t from, int64_t till)
{
	if (!i->from || from < i->from)
		i->from = from;
	if (till > i->till)
		i->till = till;
}

/* What a threshold held back until now was part of it. */
void
fold_formed(struct incident *i, const struct formed *x)
{
	crowd_join(&i->hosts, &x->hosts);
	hll_merge(&i->targets, &x->targets);
	hll_merge(&i->sources, &x->sources);
	sample_merge(&i->some_targets, &x->some_targets);
	sample_merge(&i->some_sources, &x->some_sources);
	/* Another rule may have held back the same packets. */
	volume_merge(i->formed_sid && i->formed_sid != x->sid && x->first <= i->formed_till ? &i->doubt : &i->volume, &x->volume);
	volume_merge(&i->doubt, &x->prior);
	i->tail = (struct volume) { 0 };
	i->formed_sid = x->sid;
	i->formed_till = x->last > i->formed_till ? x->last : i->formed_till;
	i->signs += x->n;
	i->needed += x->n;
	if (!i->began || formed_began(x) < i->began)
		i->began = formed_began(x);
	fold_reach(i, x->before ? x->before : x->first, x->last);
	i->dirty = true;
}

static void
merge_effects(struct incident *into, const struct incident *from)
{
	into->effects |= from->effects;
	for (unsigned k = 0; k < EFFECTS_MAX; k++) {
		if (from->by_effect[k] && (!into->by_effect[k] || from->effect_first[k] < into->effect_first[k]))
			into->effect_first[k] = from->effect_first[k];
		if (from->effect_last[k] > into->effect_last[k])
			into->effect_last[k] = from->effect_last[k];
		into->by_effect[k] += from->by_effect[k];
	}
	for (uint32_t k = 0; k < from->n_sign_flows; k++)
		add_sign_flow(into, from->sign_flows[k]);
}

static void
merge_sids(struct incident *into, const struct incident *from)
{
	for (uint32_t k = 0; k < from->n_sids; k++) {
		const struct incident_sid *x = &from->sids[k];
		uint32_t at = 0;
		while (at < into->n_sids && (into->sids[at].sid != x->sid || into->sids[at].gid != x->gid))
			at++;
		if (at < into->n_sids) {
			struct incident_sid *y = &into->sids[at];
			y->count += x->count;
			y->suppressed += x->suppressed;
			y->first = x->first < y->first ? x->first : y->first;
			y->last = x->last > y->last ? x->last : y->last;
		} else if (at < INCIDENT_SIDS) {
			into->sids[into->n_sids++] = *x;
		} else {
			into->folded_sids += x->count;
		}
	}
	into->folded_sids += from->folded_sids;
}

static void
merge_hosts(struct incident_host *into, uint32_t *n, const struct incident_host *from, uint32_t n_from)
{
	for (uint32_t k = 0; k < n_from; k++) {
		struct incident_host *h = host_of(into, n, &from[k].a);
		if (h && !h->alerts) {
			*h = from[k];
		} else if (h) {
			h->alerts += from[k].alerts;
			h->effects |= from[k].effects;
			h->first = from[k].first < h->first ? from[k].first : h->first;
			h->last = from[k].last > h->last ? from[k].last : h->last;
		}
	}
}

static double
larger(double a, double b)
{
	return a > b ? a : b;
}

static void
merge_measured(struct incident *into, const struct incident *from)
{
	hll_merge(&into->targets, &from->targets);
	hll_merge(&into->sources, &from->sources);
	hll_merge(&into->answered, &from->answered);
	sample_merge(&into->some_targets, &from->some_targets);
	sample_merge(&into->some_sources, &from->some_sources);
	volume_merge(&into->volume, &from->volume);
	volume_merge(&into->doubt, &from->doubt);
	volume_merge(&into->tail, &from->tail);
	volume_merge(&into->clients, &from->clients);
	into->told_last = into->told_last > from->told_last ? into->told_last : from->told_last;
	if (from->first <= into->first)
		memcpy(into->sign_at, from->sign_at, sizeof(into->sign_at));
	into->signs += from->signs;
	into->needed += from->needed;
	if (from->began && (!into->began || from->began < into->began))
		into->began = from->began;
	if (from->from)
		fold_reach(into, from->from, from->till);
	for (uint32_t k = 0; k < from->n_doubled; k++) { /* together they were so many at the latest then */
		if (k >= into->n_doubled)
			into->doubled_at[into->n_doubled++] = from->doubled_at[k];
		else if (from->doubled_at[k] < into->doubled_at[k])
			into->doubled_at[k] = from->doubled_at[k];
	}
	count_growth(into, into->last);
	into->bytes_in += from->bytes_in;
	into->bytes_out += from->bytes_out;
	into->calls_out += from->calls_out;
	into->bytes_called_out += from->bytes_called_out;
	for (int k = 0; k < OT_KINDS; k++) {
		into->ot[k] += from->ot[k];
		into->ot_going[k] = into->ot_going[k] > from->ot_going[k] ? into->ot_going[k] : from->ot_going[k];
	}
	if (from->ot_first && (!into->ot_first || from->ot_first < into->ot_first))
		into->ot_first = from->ot_first;
	if (from->ot_last > into->ot_last)
		into->ot_last = from->ot_last;
	into->peak_bps = larger(into->peak_bps, from->peak_bps);
	into->peak_pps = larger(into->peak_pps, from->peak_pps);
	into->peak_share = larger(into->peak_share, from->peak_share);
	into->capacity_known |= from->capacity_known;
}

void
fold_merge(struct incident *into, struct incident *from)
{
	if (from->first < into->first)
		into->first = from->first;
	if (from->last > into->last)
		into->last = from->last;
	into->alerts += from->alerts;
	into->suppressed += from->suppressed;
	into->others += from->others;
	merge_effects(into, from);
	merge_sids(into, from);
	merge_hosts(into->victims, &into->n_victims, from->victims, from->n_victims);
	merge_hosts(into->attackers, &into->n_attackers, from->attackers, from->n_attackers);
	merge_measured(into, from);
	for (uint32_t k = 0; k < from->n_assets; k++)
		fold_asset(into, from->assets[k]);
	into->unlisted |= from->unlisted;
	crowd_join(&into->hosts, &from->hosts);
	from->state = INCIDENT_MERGED;
	from->merged_into = into;
	from->dirty = into->dirty = true;
}
