#include "pipeline/scale/health.h"

#include <stdlib.h>
#include <string.h>

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

void
health_keep(struct health *h, const struct health *old)
{
	for (uint32_t i = 0; i < h->n; i++)
		for (uint32_t k = 0; k < old->n; k++) {
			struct health_service was = old->s[k];
			if (was.service->port != h->s[i].service->port || was.service->proto != h->s[i].service->proto
			    || strcmp(was.asset->name, h->s[i].asset->name) != 0)
				continue;
			was.asset = h->s[i].asset;
			was.service = h->s[i].service;
			h->s[i] = was;
		}
}

static void
add_bucket(struct health_service *s, int64_t second, const struct event_facts *f)
{
	unsigned at = (unsigned) (second % HEALTH_BUCKETS);

	if (s->bucket[at].second != second) {
		memset(&s->bucket[at], 0, sizeof(s->bucket[at]));
		s->bucket[at].second = second;
		s->active_seconds++;
	}
	s->bucket[at].syn += f->syn;
	s->bucket[at].synack += f->synack;
	s->bucket[at].requests += f->requests;
	s->bucket[at].responses += f->responses;
	s->bucket[at].failures += f->failures;
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
	if (!s || e->ts < NS_PER_S)
		return NULL;
	if (!s->first)
		s->first = e->ts;
	if (e->ts > s->last)
		s->last = e->ts;
	if (f->synack || f->responses > f->failures)
		s->answered = e->ts;
	/* The sums were told at the end of their second. */
	add_bucket(s, e->ts / NS_PER_S - 1, f);
	return s;
}

struct tries {
	uint64_t attempts, ok;
};

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* An answer may fall into the second after its question: sums first, then the comparison. */
static struct tries
tries_between(const struct health_service *s, int64_t from, int64_t to)
{
	uint64_t syn = 0, synack = 0, requests = 0, responses = 0, failures = 0;

	for (unsigned i = 0; i < HEALTH_BUCKETS; i++) {
		if (s->bucket[i].second < from || s->bucket[i].second >= to)
			continue;
		syn += s->bucket[i].syn;
		synack += s->bucket[i].synack;
		requests += s->bucket[i].requests;
		responses += s->bucket[i].responses;
		failures += s->bucket[i].failures;
	}
	return (struct tries) { syn + requests, least(synack, syn) + least(responses > failures ? responses - failures : 0, requests) };
}

/* The first second of those from which on hardly anything succeeded. */
static int64_t
first_failing(const struct health_service *s, int64_t from, int64_t to)
{
	for (int64_t t = from; t < to; t++) {
		struct tries x = tries_between(s, t, t + 1);
		if (x.attempts && x.ok * 5 < x.attempts)
			return t;
	}
	return to - 1;
}

/* After the last second in which hardly anything succeeded. */
static int64_t
last_failing(const struct health_service *s, int64_t from, int64_t to)
{
	for (int64_t t = to - 1; t >= from; t--) {
		struct tries x = tries_between(s, t, t + 1);
		if (x.attempts && x.ok * 5 < x.attempts)
			return t + 1;
	}
	return from;
}

/* Room for one more: the two oldest become one that remembers how long it was up between them. */
static struct health_outage *
new_outage(struct health_service *s)
{
	struct health_outage *o = s->outage;

	if (s->n_outages == HEALTH_OUTAGES) {
		o[0].up += o[1].up + (o[0].end && o[1].begin > o[0].end ? o[1].begin - o[0].end : 0);
		o[0].end = o[1].end;
		o[0].attempts += o[1].attempts;
		o[0].failed += o[1].failed;
		o[0].sure &= o[1].sure;
		memmove(o + 1, o + 2, (HEALTH_OUTAGES - 2) * sizeof(*o));
		s->n_outages--;
	}
	return &o[s->n_outages++];
}

static bool
service_tick(struct health_service *s, int64_t now)
{
	int64_t second = now / NS_PER_S, from = second - HEALTH_WINDOW;
	struct tries all = tries_between(s, from, second), last = tries_between(s, second - 1, second);
	struct health_outage *o;

	if (!s->down && all.attempts >= MIN_ATTEMPTS && all.ok * 5 < all.attempts) {
		o = new_outage(s);
		*o = (struct health_outage) { .begin = first_failing(s, from, second) * NS_PER_S, .attempts = all.attempts,
			.failed = all.attempts - all.ok, .sure = s->answered != 0 };
		if (s->n_outages > 1 && o[-1].end > o->begin)
			o->begin = o[-1].end;
		s->down = true;
		return true;
	}
	if (!s->down)
		return false;
	o = &s->outage[s->n_outages - 1];
	o->attempts += last.attempts;
	o->failed += last.attempts - last.ok;
	if (last.ok) /* it did answer: no doubt now that it had not */
		o->sure = true;
	if (all.attempts && all.ok * 5 >= all.attempts * 4) {
		o->end = last_failing(s, from, second) * NS_PER_S;
		if (o->end < o->begin)
			o->end = o->begin;
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
