#include "pipeline/assess_private.h"

#include <stdlib.h>

#include "base/log.h"

#define AT(f) offsetof(struct assess_conf, f)
static const struct option rows[] = {
	{ "inventory", OPT_PATH, AT(inventory), NULL, 0, 0, NULL, "Asset inventory: networks, owners, sectors, criticality, capacity, services." },
	{ "packs", OPT_PATH, AT(packs), NULL, 0, 0, NULL, "Folder of policy packs; default: the shipped ones." },
	{ "context", OPT_PATH, AT(context), NULL, 0, 0, NULL, "Context inputs: circumstance, attribution statements, damage reports, confirmations." },
	{ "context-keys", OPT_PATH, AT(context_keys), NULL, 0, 0, NULL, "Ed25519 keys of those who may tell; with it what is unsigned is taken from the control socket's owner alone, without it also from a context file that nobody else may write." },
	{ "effects", OPT_PATH, AT(effects), NULL, 0, 0, NULL, "Effect classes of rules; default: the shipped effects.yaml." },
	{ "incident.join-window", OPT_SECONDS, AT(join_window), "1h", 0, 0, NULL, "Signs against one victim or victim group further apart than this are two incidents, unless an attacker's infrastructure joins them." },
	{ "incident.campaign-window", OPT_SECONDS, AT(campaign_window), "7d", 0, 0, NULL, "Signs of one attacker's address, name, certificate, tool or file, or of one signature on one victim, are one incident for so long; a closed one is reopened." },
	{ "incident.quiet-after", OPT_SECONDS, AT(quiet_after), "10m", 0, 0, NULL, "An incident without a sign for so long is quiet." },
	{ "incident.close-after", OPT_SECONDS, AT(close_after), "24h", 0, 0, NULL, "And closed after so long." },
	{ "incident.max", OPT_U32, AT(max_incidents), "10000", 1, 1000000, NULL, "Incidents kept at most." },
	{ "exercise", OPT_BOOL, AT(exercise), "no", 0, 0, NULL, "Mark every record as EXERCISE." },
	{ 0 }
};
const struct option_table assess_options = { "incidents and assessment", rows, NULL };

#define RECORD_EVERY (60 * NS_PER_S)
#define TAG_MAX 16384

struct notes *
assess_notes(struct incident *i)
{
	if (!i->legal)
		i->legal = calloc(1, sizeof(struct notes));
	return i->legal;
}

static void
free_notes(struct incident *i)
{
	struct notes *n = i->legal;

	if (n) {
		bands_forget(&n->known);
		free(n->tag);
	}
	free(n);
}

/* ---- beginning ---- */

/* Bare statements of a file are believed as those of the control socket's peer are: by whose it is. A drill's are marked as such anyway. */
static int
read_context(struct assess *a, struct diag *d)
{
	const struct author_keys *keys = a->conf.context_keys ? &a->keys : NULL;
	bool ours = told_is_ours(a->conf.context) == 0;
	struct context_trust t = { keys, !keys && (a->conf.exercise || ours),
		keys ? NULL : "a file of root or of the sensor's own user that nobody else may write, or signatures (option context-keys), were expected", CHANNEL_FILE };

	return context_read(&a->context, a->conf.context, &a->packs, &t, d);
}

static int
read_inputs(struct assess *a, struct diag *d)
{
	int rc = 0;

	if (a->conf.effects)
		rc |= effects_read(&a->effects, a->conf.effects, d);
	if (a->conf.inventory)
		rc |= inventory_read(&a->inv, a->conf.inventory, d);
	if (a->conf.packs)
		rc |= packs_read(&a->packs, a->conf.packs, &a->effects, d);
	else
		diag_error(d, "packs", 0, 0, "no folder of policy packs");
	if (a->conf.context_keys)
		rc |= author_keys_read(&a->keys, a->conf.context_keys, d);
	if (a->conf.context && !rc)
		rc |= read_context(a, d);
	if (rc || !a->conf.packs)
		return -1;
	a->health = health_new(&a->inv);
	a->traffic = calloc(a->inv.n + 1, sizeof(*a->traffic));
	return a->health && a->traffic ? 0 : -1;
}

static void
clear_inputs(struct assess *a)
{
	context_clear(&a->context);
	author_keys_clear(&a->keys);
	packs_clear(&a->packs);
	inventory_clear(&a->inv);
	effects_clear(&a->effects);
	health_free(a->health);
	free(a->traffic);
	a->health = NULL;
	a->traffic = NULL;
}

static void
bind(struct assess *a)
{
	a->packs.words.effects = &a->effects;
	a->packs.words.human = a->packs.human;
	a->rec = (struct document_in) { &a->packs, &a->effects, &a->context, &a->inv, a->conf.exercise, NULL };
	a->context_next = context_next(&a->context, 0);
}

struct assess *
assess_new(const struct assess_conf *conf, const char *sensor, const struct clock *clock, struct counters *cnt, struct diag *d)
{
	struct assess *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->conf = *conf;
	a->sensor = sensor;
	a->clock = clock;
	a->cnt = cnt;
	a->cov.sampling = 1;
	told_init(&a->told);
	if (read_inputs(a, d) < 0) {
		assess_free(a);
		return NULL;
	}
	a->incidents = incidents_new(&(struct incidents_conf) { conf->max_incidents, conf->join_window, conf->campaign_window, conf->quiet_after, conf->close_after }, cnt, free_notes);
	if (!a->incidents) {
		assess_free(a);
		return NULL;
	}
	bind(a);
	return a;
}

static void
release_taken(struct assess *a)
{
	if (a->taken && a->taken->i)
		a->taken->i->pins--;
	if (a->taken) {
		free(a->taken->told);
		free(a->taken->hosts);
	}
	free(a->taken);
	a->taken = NULL;
}

static void
clear_pending(struct assess *a)
{
	release_taken(a);
	while (a->first) {
		a->taken = a->first;
		a->first = a->taken->next;
		release_taken(a);
	}
	a->last = NULL;
}

void
assess_free(struct assess *a)
{
	if (!a)
		return;
	clear_pending(a);
	told_clear(&a->told);
	incidents_free(a->incidents);
	clear_inputs(a);
	free(a);
}

/* What was told of each party, by its id, in the order of the new packs; a new one was told nothing. */
static void
retell(const struct assess *fresh, struct incident *i)
{
	struct notes *n = assess_notes(i);
	struct bands was;

	i->dirty = true;
	if (!n)
		return;
	was = n->told;
	memset(&n->told, 0, sizeof(n->told));
	memset(n->lower_since, 0, sizeof(n->lower_since));
	n->assessed = false;
	bands_forget(&n->known);
	n->told.n = was.n ? fresh->packs.n_parties : 0;
	for (uint32_t k = 0; k < n->told.n; k++) {
		n->told.party[k].party = &fresh->packs.party[k];
		for (uint32_t m = 0; m < was.n; m++)
			if (strcmp(was.party[m].party->id, fresh->packs.party[k].id) == 0) {
				n->told.party[k].lo = was.party[m].lo;
				n->told.party[k].likely = was.party[m].likely;
				n->told.party[k].hi = was.party[m].hi;
			}
	}
}

int
assess_reload(struct assess *a, struct diag *d)
{
	struct assess fresh = { .conf = a->conf };

	if (read_inputs(&fresh, d) < 0) {
		clear_inputs(&fresh);
		return -1;
	}
	health_keep(fresh.health, a->health);
	incidents_rebind(a->incidents, &fresh.inv, &a->effects, &fresh.effects);
	for (uint32_t k = 0; k < incidents_count(a->incidents); k++)
		retell(&fresh, incidents_at(a->incidents, k));
	clear_inputs(a);
	a->effects = fresh.effects;
	a->inv = fresh.inv;
	a->packs = fresh.packs;
	a->context = fresh.context;
	a->health = fresh.health;
	a->keys = fresh.keys;
	a->traffic = fresh.traffic;
	bind(a);
	assess_tell_again(a, d);
	return 0;
}

/* ---- assessing ---- */

void
assess_now(struct assess *a, struct incident *i, int64_t now)
{
	struct notes *n = assess_notes(i);
	struct scale_in in = { i, &a->inv, a->health, &a->cov, now, &a->effects, 0 };
	int64_t begin = clock_monotonic();
	struct bands_in b;

	if (!n)
		return;
	struct facts was = n->now.facts, *f = &n->now.facts;
	memset(f, 0, sizeof(*f));
	scale_measure(&in, &f->scale);
	f->effects = i->effects;
	f->incident = i;
	context_apply(&a->context, &a->packs, i, now, f, &n->now.confirmed, &n->now.linked);
	b = (struct bands_in) { f, n->now.confirmed, n->now.linked };
	bands_renew(&a->packs, &b, &was, &n->known, &n->now.bands);
	n->now.i = i;
	n->now.at = now;
	n->now.revision = i->revision;
	n->assessed = true;
	n->tag_n = 0;
	n->going = false;
	for (uint32_t k = 0; k < f->scale.n_outages; k++) /* it grows without a sign */
		n->going |= !f->scale.outage[k].end;
	prom_observe(&a->spent, clock_monotonic() - begin);
}

static bool
is_same(const struct party_band *x, const struct party_band *y)
{
	return x->lo == y->lo && x->hi == y->hi && x->likely == y->likely;
}

/* Up at once; down only when it has lasted (hysteresis), each party by itself. `told` becomes what is told now. */
static bool
settle_told(struct assess *a, struct notes *n, int64_t now, bool must)
{
	bool differ = false;

	n->lowering = false;
	for (uint32_t k = 0; k < n->now.bands.n; k++) {
		struct party_band *told = &n->told.party[k];
		const struct party_band *b = &n->now.bands.party[k];
		if (is_same(told, b)) {
			n->lower_since[k] = 0;
			continue;
		}
		if (b->lo <= told->lo && b->hi <= told->hi && b->likely <= told->likely && !must) {
			if (!n->lower_since[k])
				n->lower_since[k] = now;
			if (now - n->lower_since[k] < a->packs.hold) {
				n->lowering = true;
				continue;
			}
		}
		n->lower_since[k] = 0;
		*told = *b;
		differ = true;
	}
	n->told.n = n->now.bands.n;
	return differ;
}

static void
push(struct assess *a, enum assess_kind kind, struct incident *i, const struct bands *before)
{
	struct pending *p = calloc(1, sizeof(*p));
	struct notes *n = i->legal;

	if (!p)
		return;
	p->kind = kind;
	p->i = i;
	i->pins++;
	p->a = n->now;
	p->before = *before;
	if (kind == ASSESS_ESCALATION) { /* without what still waits */
		memcpy(p->a.bands.party, n->told.party, sizeof(p->a.bands.party));
	} else {
		p->n_hosts = crowd_take(&i->hosts, &p->hosts);
		p->all_hosts = crowd_is_whole(&i->hosts);
		if (i->state == INCIDENT_CLOSED || i->state == INCIDENT_MERGED)
			crowd_forget(&i->hosts);
	}
	if (a->last)
		a->last->next = p;
	else
		a->first = p;
	a->last = p;
}

/* Of what was measured and computed just now. */
static void
tell(struct assess *a, struct incident *i, int64_t now, bool must)
{
	struct notes *n = i->legal;
	struct bands before = n->told;
	bool differ = settle_told(a, n, now, must && i->state == INCIDENT_CLOSED);

	if (!differ && !must && now - n->record_at < RECORD_EVERY) {
		i->dirty = true; /* later, or at the end */
		return;
	}
	n->now.revision = ++i->revision;
	bands_changes(&a->packs, &(struct bands_in) { &n->now.facts, n->now.confirmed, n->now.linked }, &n->now.bands);
	n->tag_n = 0;
	if (differ)
		push(a, ASSESS_ESCALATION, i, &before);
	push(a, ASSESS_INCIDENT, i, &before);
	n->record_at = now;
	n->told_state = i->state;
	i->dirty = false;
}

/* A TCP session with bytes had packets both ways; three without one back are seen from one side only. */
static void
count_sides(struct assess *a, const struct event *e)
{
	const struct event_facts *f = &e->facts;
	bool to_server = f->packets[0] > 0, to_client = f->packets[1] > 0;

	if (e->proto != 6 || f->packets[0] + f->packets[1] < 3 || f->payload[0] + f->payload[1] == 0)
		return;
	a->two_sided += to_server && to_client;
	a->one_sided += to_server != to_client;
}

static void
take_coverage(struct assess *a, const struct assess_coverage *cov)
{
	uint64_t all = a->one_sided + a->two_sided;

	a->cov = *cov;
	a->cov.one_sided = all >= 20 ? (double) a->one_sided / (double) all : 0;
	health_missed(a->health, scale_missed(&a->cov));
	incidents_view(a->incidents, 1 - scale_missed(&a->cov), a->cov.one_sided);
}

struct incident *
assess_event(struct assess *a, const struct event *e, const struct card *card, bool suppressed)
{
	struct incident *i;

	if (e->type == EVENT_FLOW)
		count_sides(a, e);
	if (e->type == EVENT_FLOW)
		return incidents_flow(a->incidents, &a->effects, e);
	if (e->type == EVENT_FACTS) {
		const struct asset *asset = inventory_find(&a->inv, &e->server);
		health_facts(a->health, &a->inv, e);
		if (asset) {
			a->traffic[asset->index].bytes += e->facts.bytes[0];
			a->traffic[asset->index].packets += e->facts.packets[0];
		}
		return NULL;
	}
	if (e->type != EVENT_ALERT || !card)
		return NULL;
	const struct effect *f = effects_of(&a->effects, card);
	if (!f)
		return incidents_company(a->incidents, e);
	i = incidents_alert(a->incidents, &a->inv, e, card, f, &a->effects, suppressed);
	if (!i)
		return NULL;
	struct notes *n = assess_notes(i);
	if (n && !n->assessed) {
		assess_now(a, i, e->ts);
		tell(a, i, e->ts, true);
	}
	return i;
}

void
assess_forming(struct assess *a, const struct event *e, const struct card *card, uint64_t key, int64_t window)
{
	const struct effect *f = effects_of(&a->effects, card);

	if (f)
		incidents_forming(a->incidents, &a->inv, e, card, f, key, window);
}

void
assess_formed(struct assess *a, struct incident *i, uint64_t key)
{
	incidents_formed(a->incidents, i, key);
}

void
assess_coverage(struct assess *a, const struct assess_coverage *cov)
{
	take_coverage(a, cov);
}

/* The second's traffic towards each asset, for the incidents that touch it. */
static void
measure_traffic(struct assess *a)
{
	for (uint32_t k = 0; k < incidents_count(a->incidents); k++) {
		struct incident *i = incidents_at(a->incidents, k);
		if (i->state != INCIDENT_OPEN && i->state != INCIDENT_REOPENED)
			continue;
		for (uint32_t m = 0; m < i->n_assets; m++) {
			const struct asset *s = i->assets[m];
			double bps = 8.0 * (double) a->traffic[s->index].bytes, pps = (double) a->traffic[s->index].packets;
			double share = s->bps ? bps / (double) s->bps : 0;
			if (s->pps && pps / (double) s->pps > share)
				share = pps / (double) s->pps;
			i->capacity_known |= s->bps || s->pps;
			i->dirty |= bps > i->peak_bps || share > i->peak_share;
			i->peak_bps = bps > i->peak_bps ? bps : i->peak_bps;
			i->peak_pps = pps > i->peak_pps ? pps : i->peak_pps;
			i->peak_share = share > i->peak_share ? share : i->peak_share;
		}
	}
	memset(a->traffic, 0, (a->inv.n + 1) * sizeof(*a->traffic));
}

static void
assess_all(struct assess *a, int64_t now, bool everything, bool last)
{
	for (uint32_t k = 0; k < incidents_count(a->incidents); k++) {
		struct incident *i = incidents_at(a->incidents, k);
		struct notes *n = assess_notes(i);
		if (!n || (!i->dirty && !everything && !n->lowering && !n->going))
			continue;
		if (i->state == INCIDENT_MERGED && n->told_state == INCIDENT_MERGED)
			continue;
		assess_now(a, i, now);
		tell(a, i, now, last || i->state != n->told_state);
	}
}

void
assess_tick(struct assess *a, int64_t now, const struct assess_coverage *cov)
{
	bool context = a->context_next && now >= a->context_next, health;

	if (cov)
		take_coverage(a, cov);
	measure_traffic(a);
	health = health_tick(a->health, now);
	incidents_tick(a->incidents, now);
	if (context)
		a->context_next = context_next(&a->context, now);
	assess_all(a, now, context || health, false);
}

void
assess_finish(struct assess *a)
{
	int64_t now = clock_now(a->clock);

	measure_traffic(a);
	health_tick(a->health, now);
	incidents_tick(a->incidents, now);
	assess_all(a, now, false, true);
}

/* ---- records ---- */

bool
assess_next(struct assess *a, struct assess_record *out)
{
	struct pending *p = a->first;

	release_taken(a);
	if (!p)
		return false;
	a->first = p->next;
	if (!a->first)
		a->last = NULL;
	a->taken = p;
	memset(out, 0, sizeof(*out));
	out->kind = p->kind;
	out->change = p;
	if (!p->i) {
		out->ts = p->at;
		return true;
	}
	memcpy(out->incident, p->i->id, sizeof(out->incident));
	out->revision = p->a.revision;
	out->ts = p->a.at;
	out->i = p->i;
	out->hosts = p->hosts;
	out->n_hosts = p->n_hosts;
	out->all_hosts = p->all_hosts;
	return true;
}

void
assess_write(const struct assess *a, const struct assess_record *r, struct json *j)
{
	const struct pending *p = r->change;

	if (r->kind == ASSESS_CONTEXT)
		json_raw(j, NULL, span_str(p->told));
	else if (r->kind == ASSESS_INCIDENT)
		document_incident(&a->rec, &p->a, j);
	else
		document_escalation(&a->rec, &p->a, &p->before, j);
}

/* The tag as text, kept until the incident is assessed anew or touches more; empty: it is too long for that. */
static struct span
tag_of(const struct assess *a, const struct incident *i, struct notes *n)
{
	struct json j;

	if (!n->tag && !(n->tag = malloc(TAG_MAX)))
		return SPAN_NONE;
	if (n->tag_n && n->tag_assets == i->n_assets && n->tag_unlisted == i->unlisted)
		return span_of(n->tag + 1, n->tag_n);
	json_init(&j, n->tag, TAG_MAX);
	json_object(&j, NULL);
	document_tag(&a->rec, &n->now, &j);
	n->tag_n = j.truncated ? 0 : j.n - 1; /* the members alone */
	n->tag_assets = i->n_assets;
	n->tag_unlisted = i->unlisted;
	return span_of(n->tag + 1, n->tag_n);
}

void
assess_tag(const struct assess *a, const struct incident *i, struct json *j)
{
	struct notes *n = i->legal;
	struct span tag;

	if (!n || !n->assessed)
		return;
	tag = tag_of(a, i, n);
	if (tag.n)
		json_raw(j, NULL, tag);
	else
		document_tag(&a->rec, &n->now, j);
}

void
assess_list(const struct assess *a, struct json *j)
{
	json_array(j, "incidents");
	for (uint32_t k = 0; k < incidents_count(a->incidents); k++) {
		const struct incident *i = incidents_at(a->incidents, k);
		if (i->state == INCIDENT_MERGED)
			continue;
		json_object(j, NULL);
		json_str(j, "state", incident_state_name[i->state]);
		json_u64(j, "alerts", i->alerts);
		assess_tag(a, i, j);
		json_end(j);
	}
	json_end(j);
}

int
assess_document(const struct assess *a, const char *id, struct json *j)
{
	for (uint32_t k = 0; k < incidents_count(a->incidents); k++) {
		struct incident *i = incidents_at(a->incidents, k);
		const struct notes *n = i->legal;
		if ((!id || strcmp(i->id, id) == 0) && n && n->assessed) {
			document_incident(&a->rec, &n->now, j);
			return 0;
		}
	}
	return E_NOENT;
}

int
assess_explain(const struct assess *a, const char *id, const char *party, struct json *j)
{
	struct incident *i = incidents_find(a->incidents, id);
	const struct notes *n = i ? i->legal : NULL;

	if (!n || !n->assessed || (party && !packs_party(&a->packs, party)))
		return E_NOENT;
	document_explain(&a->rec, &n->now, party, j);
	return 0;
}

const char *
assess_pack_hash(const struct assess *a)
{
	return a->packs.hash;
}

void
assess_metrics(const struct assess *a, struct buf *b)
{
	uint64_t n[INCIDENT_MERGED + 1] = { 0 };
	char label[48];

	for (uint32_t k = 0; k < incidents_count(a->incidents); k++)
		n[incidents_at(a->incidents, k)->state]++;
	prom_head(b, "casus_incidents", PROM_GAUGE, "Incidents in memory.");
	for (unsigned k = 0; k <= INCIDENT_MERGED; k++) {
		snprintf(label, sizeof label, "state=\"%s\"", incident_state_name[k]);
		prom_u64(b, "casus_incidents", label, n[k]);
	}
	prom_histogram(b, "casus_assessment_seconds", "Time to measure an incident and to compute every party's band.", &a->spent);
}
