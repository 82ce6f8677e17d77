#include "pipeline/scale/health.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define MIN_ATTEMPTS 3
#define MIN_PARTIAL 30     /* attempts, for an outage of only half of them */
#define MIN_LOSSY 14       /* with loss: so many without a success are no chance */
#define RETRIES 7          /* SYNs of one attempt that gets no answer, at most as systems do by default */
#define EDGE 2             /* seconds: where an outage begins and ends is known no better */
#define HABIT_SECONDS 600
#define SILENCE_MIN (15 * NS_PER_S)

struct health {
	struct health_service *s;
	uint32_t n;
	double missed;
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

void
health_missed(struct health *h, double missed)
{
	h->missed = missed;
}

static void
tries_add(struct tries *to, const struct tries *t)
{
	to->syn += t->syn;
	to->synack += t->synack;
	to->requests += t->requests;
	to->good += t->good;
}

static void
tries_take(struct tries *from, const struct tries *t)
{
	from->syn -= t->syn;
	from->synack -= t->synack;
	from->requests -= t->requests;
	from->good -= t->good;
}

static void
add_bucket(struct health_service *s, int64_t second, const struct event_facts *f)
{
	unsigned at = (unsigned) (second % HEALTH_BUCKETS);
	struct tries t = { f->syn, f->synack, f->requests, f->responses > f->failures ? f->responses - f->failures : 0 };

	if (s->bucket[at].second != second) {
		memset(&s->bucket[at], 0, sizeof(s->bucket[at]));
		s->bucket[at].second = second;
		s->active_seconds++;
	}
	tries_add(&s->bucket[at].t, &t);
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
	if (f->synack || f->responses > f->failures) {
		if (s->answered && e->ts - s->answered > s->lull_to - s->lull_from) {
			s->lull_from = s->answered;
			s->lull_to = e->ts;
		}
		s->answered = e->ts;
	}
	/* The sums were told at the end of their second. */
	add_bucket(s, e->ts / NS_PER_S - 1, f);
	return s;
}

/* An answer may fall into the second after its question: sums first, then the comparison. */
static struct tries
tries_between(const struct health_service *s, int64_t from, int64_t to)
{
	struct tries t = { 0 };

	for (int64_t second = from; second < to; second++) {
		unsigned at = (unsigned) ((uint64_t) second % HEALTH_BUCKETS);
		if (s->bucket[at].second == second)
			tries_add(&t, &s->bucket[at].t);
	}
	return t;
}

static double
attempts(const struct tries *t)
{
	return (double) (t->syn > t->requests ? t->syn : t->requests);
}

static double
succeeding(uint64_t ok, uint64_t n)
{
	return n && ok < n ? (double) ok / (double) n : 1;
}

/* Who gets a session and then an answer. */
static double
failing(const struct tries *t)
{
	return 1 - succeeding(t->synack, t->syn) * succeeding(t->good, t->requests);
}

static bool
any_ok(const struct tries *t)
{
	return t->synack || t->good;
}

/* The second from which on (or, backwards, until which) attempts failed: what parts the window best. */
static int64_t
parting(const struct health_service *s, int64_t from, int64_t to, double level, bool begin)
{
	double sum = 0, best = 0;
	int64_t at = begin ? to - 1 : from;

	for (int64_t k = 0; k < to - from; k++) {
		int64_t t = begin ? to - 1 - k : from + k;
		struct tries x = tries_between(s, t, t + 1);
		sum += attempts(&x) * (failing(&x) - level);
		if (sum > best || (k == 0 && sum >= best)) {
			best = sum;
			at = begin ? t : t + 1;
		}
	}
	return at;
}

/* Room for one more: the two oldest become one that remembers how long it was up between them. */
static struct health_outage *
new_outage(struct health_service *s)
{
	struct health_outage *o = s->outage;

	if (s->n_outages == HEALTH_OUTAGES) {
		o[0].up += o[1].up + (o[0].end && o[1].begin > o[0].end ? o[1].begin - o[0].end : 0);
		o[0].end = o[1].end;
		o[0].after = o[1].after;
		o[0].last_ones = o[1].last_ones;
		tries_add(&o[0].t, &o[1].t);
		o[0].seconds += o[1].seconds;
		o[0].sure &= o[1].sure;
		memmove(o + 1, o + 2, (HEALTH_OUTAGES - 2) * sizeof(*o));
		s->n_outages--;
	}
	return &o[s->n_outages++];
}

static double
habit_failing(const struct health_service *s)
{
	return s->habit_n >= HEALTH_LONG && s->habit > 0 && s->habit_ok < s->habit ? 1 - s->habit_ok / s->habit : 0;
}

static void
learn(struct health_service *s, int64_t second)
{
	struct tries x = tries_between(s, second - 1, second);
	double n = attempts(&x), ok = n * (1 - failing(&x)), most = 4 * s->habit + 10, a;

	if (s->habit_n > 60 && n > most) { /* a flood is no habit */
		ok *= most / n;
		n = most;
	}
	s->habit_n++;
	a = 1.0 / (double) (s->habit_n < HABIT_SECONDS ? s->habit_n : HABIT_SECONDS);
	s->habit += a * (n - s->habit);
	s->habit_ok += a * (ok - s->habit_ok);
}

/* Do so many of the attempts fail that it is an outage? */
static bool
is_failing(const struct health_service *s, const struct tries *t, double missed)
{
	double n = attempts(t), f = failing(t);

	if (missed > 0.02)
		return n >= MIN_LOSSY && f >= 0.5 + 2 / sqrt(n) && f > habit_failing(s) + 0.3;
	return (n >= MIN_ATTEMPTS && f > 0.8) || (n >= MIN_PARTIAL && f >= 0.5 && f > habit_failing(s) + 0.3);
}

static int64_t
last_ok(const struct health_service *s, int64_t from, int64_t to)
{
	for (int64_t t = to - 1; t >= from; t--) {
		struct tries x = tries_between(s, t, t + 1);
		if (any_ok(&x))
			return (t + 1) * NS_PER_S;
	}
	return 0;
}

static int64_t
first_ok(const struct health_service *s, int64_t from, int64_t to)
{
	for (int64_t t = from; t < to; t++) {
		struct tries x = tries_between(s, t, t + 1);
		if (any_ok(&x))
			return (t + 1) * NS_PER_S;
	}
	return 0;
}

/* What the newest second asked may be answered in the next one: its attempts do not count yet. */
static struct tries
decided(const struct health_service *s, int64_t from, int64_t to)
{
	struct tries t = tries_between(s, from, to), last = tries_between(s, to - 1, to);

	t.syn -= last.syn;
	t.requests -= last.requests;
	return t;
}

static bool
begin_outage(struct health_service *s, int64_t second, double missed)
{
	struct tries all = decided(s, second - HEALTH_WINDOW, second);
	int64_t from = second - HEALTH_WINDOW, at;
	struct health_outage *o;

	if (attempts(&all) == 0)
		return false;
	if (!is_failing(s, &all, missed)) { /* what a minute shows counts only when it fails still */
		if (failing(&all) <= 0.5)
			return false;
		from = second - HEALTH_LONG;
		all = decided(s, from, second);
		if ((attempts(&all) < MIN_ATTEMPTS + 2 && missed <= 0.02) || !is_failing(s, &all, missed))
			return false;
	}
	at = parting(s, from, second, (failing(&all) + habit_failing(s)) / 2, true);
	o = new_outage(s);
	*o = (struct health_outage) { .begin = at * NS_PER_S, .before = last_ok(s, second - HEALTH_BUCKETS + 1, at), .t = tries_between(s, at, second),
		.first = tries_between(s, at, at + EDGE < second ? at + EDGE : second), .seconds = second - at, .habit = s->habit, .habit_ok = s->habit_ok, .sure = s->answered != 0 };
	if (s->n_outages > 1 && o[-1].end > o->begin)
		o->begin = o[-1].end;
	s->down = true;
	return true;
}

static bool
end_outage(struct health_service *s, int64_t second, double missed)
{
	struct health_outage *o = &s->outage[s->n_outages - 1];
	struct tries last = tries_between(s, second - 1, second), all = tries_between(s, second - HEALTH_WINDOW, second);
	double up = habit_failing(s) > 0.1 ? habit_failing(s) + 0.1 : 0.2, n;
	int64_t from = second - HEALTH_WINDOW;

	if (up > 0.5)
		up = 0.5;
	tries_add(&o->t, &last);
	o->seconds++;
	o->sure |= any_ok(&last); /* it did answer: no doubt now that it had not */
	if (attempts(&all) < MIN_ATTEMPTS || (missed > 0.02 && attempts(&all) < MIN_LOSSY)) {
		from = second - HEALTH_LONG;
		all = tries_between(s, from, second);
	}
	n = attempts(&all);
	if (missed > 0.02)
		up += n > 0 ? 1 / sqrt(n) : 0;
	if (n < 1 || failing(&all) > up)
		return false;
	if (from < o->begin / NS_PER_S)
		from = o->begin / NS_PER_S;
	int64_t at = parting(s, from, second, 0.5, false);
	all = tries_between(s, at, second);
	tries_take(&o->t, &all);
	o->seconds -= second - at;
	o->last_ones = tries_between(s, at - EDGE > o->begin / NS_PER_S + EDGE ? at - EDGE : o->begin / NS_PER_S + EDGE, at);
	o->end = at * NS_PER_S > o->begin ? at * NS_PER_S : o->begin;
	o->after = first_ok(s, at, second);
	s->down = false;
	return true;
}

static bool
service_tick(struct health_service *s, int64_t now, double missed)
{
	int64_t second = now / NS_PER_S;
	bool changed = s->down ? end_outage(s, second, missed) : begin_outage(s, second, missed);

	if (!s->down && !changed)
		learn(s, second);
	return changed;
}

bool
health_tick(struct health *h, int64_t now)
{
	bool changed = false;

	for (uint32_t i = 0; i < h->n; i++)
		if (h->s[i].first)
			changed |= service_tick(&h->s[i], now, h->missed);
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

/* Wilson's bounds of a share seen as x of n. */
static struct share
wilson(double x, double n)
{
	double z2 = 4, mid = (x + z2 / 2) / (n + z2), half = sqrt(x * (n - x) / n + z2 / 4) * 2 / (n + z2);

	return (struct share) { mid - half > 0 ? mid - half : 0, x / n, mid + half < 1 ? mid + half : 1 };
}

/* Of the failing ones every SYN of several may be the one seen, of the others just one: they are seen more often. */
static struct share
lossy(double n, double ok, double kept)
{
	double noise = 2 * sqrt(n + ok), f = n > ok ? n - ok : 0, most = 1 - pow(1 - kept, RETRIES), twice = 1 - (1 - kept) * (1 - kept);
	double f_lo = f > noise ? f - noise : 0, f_hi = f + noise, s = ok / kept, s_lo = ok > 2 * sqrt(ok) ? (ok - 2 * sqrt(ok)) / kept : 0,
	       s_hi = (ok + 3 + 2 * sqrt(ok)) / kept;
	struct share r = { f_lo / most / (f_lo / most + s_hi), f / twice / (f / twice + s), 1 };

	if (s_lo > 0)
		r.hi = f_hi / kept / (f_hi / kept + s_lo);
	return r;
}

double
health_rate(const struct health_outage *o)
{
	return o->seconds > 0 ? attempts(&o->t) / (double) o->seconds : 0;
}

struct share
health_share(const struct health_outage *o, double kept)
{
	double n = attempts(&o->t), f = failing(&o->t), rate = health_rate(o);
	struct share s;

	if (n < 1)
		return (struct share) { 0, 1, 1 };
	s = kept < 0.98 ? lossy(n, n * (1 - f), kept) : wilson(n * f, n);
	double edge = attempts(&o->first) * (1 - failing(&o->first)) + attempts(&o->last_ones) * (1 - failing(&o->last_ones)), ok = n * (1 - f) - edge;
	if (edge > 0) { /* those who got through there are perhaps none of it */
		struct share inner = kept < 0.98 ? lossy(n - edge, ok > 0 ? ok : 0, kept) : wilson(ok > 0 ? n - edge - ok : n - edge, n - edge);
		s.hi = inner.hi > s.hi ? inner.hi : s.hi;
	}
	if (rate > 2 * o->habit + 1) { /* a flood: most attempts are none of clients, who may be as many as they were, or half */
		double per = n * (1 - f) / (double) o->seconds, likely = o->habit_ok > 0 ? 1 - per / o->habit_ok : s.likely,
		       lo = o->habit_ok > 0 ? 1 - 2 * (per + 2 * sqrt(per / (double) o->seconds)) / o->habit_ok : 0;
		s.lo = lo < s.lo && lo > 0 ? lo : lo <= 0 ? 0 : s.lo;
		s.likely = likely > s.lo ? (likely < s.hi ? likely : s.hi) : s.lo;
	}
	if (!o->sure)
		s.lo = 0;
	return s;
}
