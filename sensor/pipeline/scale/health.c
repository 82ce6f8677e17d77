#include "pipeline/scale/health.h"

#include <stdlib.h>

#include "base/clock.h"

#define MIN_ATTEMPTS 3
#define SILENCE_MIN (15 * NS_PER_S)

struct health {
	struct health_service *s;
	uint32_t n;
	uint32_t *first_of; /* by asset index: its first service; n_assets + 1 entries */
};

struct health *
health_new(const struct inventory *inv)
{
	struct health *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	for (uint32_t i = 0; i < inv->n; i++)
		h->n += inv->assets[i].n_services;
	h->s = calloc(h->n + 1, sizeof(*h->s));
	h->first_of = calloc(inv->n + 1, sizeof(*h->first_of));
	if (!h->s || !h->first_of) {
		health_free(h);
		return NULL;
	}
	for (uint32_t i = 0, at = 0; i < inv->n; i++) {
		h->first_of[i] = at;
		for (uint32_t k = 0; k < inv->assets[i].n_services; k++, at++) {
			h->s[at].asset = &inv->assets[i];
			h->s[at].service = &inv->assets[i].services[k];
		}
		h->first_of[i + 1] = at;
	}
	return h;
}

void
health_free(struct health *h)
{
	if (!h)
		return;
	free(h->s);
	free(h->first_of);
	free(h);
}

static void
add_bucket(struct health_service *s, int64_t second, uint32_t attempts, uint32_t ok)
{
	unsigned at = (unsigned) (second % HEALTH_BUCKETS);

	if (s->bucket[at].second != second) {
		s->bucket[at].second = second;
		s->bucket[at].attempts = s->bucket[at].ok = 0;
		s->active_seconds++;
	}
	s->bucket[at].attempts += attempts;
	s->bucket[at].ok += ok;
	s->attempts += attempts;
	s->ok += ok;
}

struct health_service *
health_facts(struct health *h, const struct inventory *inv, const struct event *e)
{
	const struct asset *a = inventory_find(inv, &e->server);
	const struct event_facts *f = &e->facts;
	struct health_service *s = NULL;

	if (!a)
		return NULL;
	for (uint32_t i = h->first_of[a->index]; i < h->first_of[a->index + 1] && !s; i++)
		if (h->s[i].service->proto == e->proto && h->s[i].service->port == e->server_port)
			s = &h->s[i];
	if (!s)
		return NULL;
	uint32_t attempts = f->syn + f->requests;
	uint32_t ok = (f->synack < f->syn ? f->synack : f->syn) + (f->responses > f->failures ? f->responses - f->failures : 0);
	if (!f->syn && f->synack) /* the answer fell into the next second */
		ok += f->synack;
	if (!s->first)
		s->first = e->ts;
	s->last = e->ts;
	if (ok)
		s->answered = e->ts;
	/* The sums were told at the end of their second. */
	add_bucket(s, e->ts / NS_PER_S - 1, attempts, ok);
	double bps = 8.0 * (double) f->bytes[0], pps = f->packets[0];
	if (bps > s->peak_bps)
		s->peak_bps = bps;
	if (pps > s->peak_pps)
		s->peak_pps = pps;
	return s;
}

static bool
service_tick(struct health_service *s, int64_t now)
{
	int64_t second = now / NS_PER_S;
	uint64_t attempts = 0, ok = 0;
	int64_t earliest = 0;
	struct health_outage *o;

	for (unsigned i = 0; i < HEALTH_BUCKETS; i++) {
		int64_t t = s->bucket[i].second;
		if (t <= second - 1 - HEALTH_WINDOW || t >= second)
			continue;
		attempts += s->bucket[i].attempts;
		ok += s->bucket[i].ok;
		if (s->bucket[i].attempts > s->bucket[i].ok && (!earliest || t < earliest))
			earliest = t;
	}
	if (!s->down && attempts >= MIN_ATTEMPTS && ok * 5 < attempts) {
		if (s->n_outages == HEALTH_OUTAGES) {
			memmove(s->outage, s->outage + 1, (HEALTH_OUTAGES - 1) * sizeof(*s->outage));
			s->n_outages--;
		}
		o = &s->outage[s->n_outages++];
		*o = (struct health_outage) { .begin = earliest * NS_PER_S, .attempts = attempts, .failed = attempts - ok };
		s->down = true;
		return true;
	}
	if (!s->down)
		return false;
	o = &s->outage[s->n_outages - 1];
	unsigned last = (unsigned) ((second - 1) % HEALTH_BUCKETS);
	if (s->bucket[last].second == second - 1) {
		o->attempts += s->bucket[last].attempts;
		o->failed += s->bucket[last].attempts > s->bucket[last].ok ? s->bucket[last].attempts - s->bucket[last].ok : 0;
	}
	if (attempts && ok * 5 >= attempts * 4) {
		o->end = now;
		s->down = false;
		return true;
	}
	return false;
}

bool
health_tick(struct health *h, int64_t now)
{
	bool changed = false;

	for (uint32_t i = 0; i < h->n; i++)
		if (h->s[i].first)
			changed |= service_tick(&h->s[i], now);
	return changed;
}

uint32_t
health_count(const struct health *h)
{
	return h->n;
}

const struct health_service *
health_at(const struct health *h, uint32_t i)
{
	return &h->s[i];
}

int64_t
health_silent_since(const struct health_service *s, int64_t now)
{
	int64_t habit;

	if (!s->first || s->active_seconds < 10 || s->down)
		return 0;
	habit = (s->last - s->first) / s->active_seconds;
	if (now - s->last > SILENCE_MIN && now - s->last > 10 * habit)
		return s->last;
	return 0;
}
