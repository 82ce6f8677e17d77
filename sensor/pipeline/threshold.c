#include "pipeline/threshold.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"

/* Numbers of rule/rule.h: the card carries them as bytes. */
enum { TYPE_LIMIT, TYPE_THRESHOLD, TYPE_BOTH, TYPE_DETECTION, TYPE_RATE, TYPE_SUPPRESS, TYPE_BACKOFF };
enum { BY_NONE, BY_SRC, BY_DST, BY_BOTH, BY_RULE, BY_FLOW, BY_EITHER };
enum { ACTION_ALERT, ACTION_PASS, ACTION_DROP };

#define IDLE_FLOW (INT64_C(3600) * NS_PER_S) /* counts of a flow that has gone quiet are dropped */
#define DISTINCT_MAX 1024                    /* bitmaps of 8 KiB */
#define DISTINCT_BYTES 8192

struct key {
	uint32_t gid, sid, index;
	uint8_t track, distinct, pad[2];
	struct addr a, b;
	uint64_t flow;
};

struct entry {
	struct key key;
	uint32_t next;     /* chain in the bucket, or in the free list; 0 = end */
	uint32_t count;
	int64_t begin;     /* of the window */
	int64_t expires;
	int64_t rate_until; /* rate_filter: the new action holds until then; 0 = not in force */
	uint64_t backoff_next;
	uint8_t *ports;    /* unique_on: ports seen in this window */
	bool told;         /* in this window */
};

struct threshold {
	struct counters *cnt;
	struct entry *entries; /* [0] is not used */
	uint32_t *buckets;
	uint32_t mask, max, fresh, free, used, bitmaps;
	int64_t swept;
};

struct threshold *
threshold_new(uint32_t max, struct counters *cnt)
{
	struct threshold *t = calloc(1, sizeof *t);
	uint32_t n = 16;

	if (!t)
		return NULL;
	while (n < max)
		n *= 2;
	t->cnt = cnt;
	t->max = max;
	t->mask = n - 1;
	t->fresh = 1;
	t->swept = INT64_MIN;
	t->entries = calloc((size_t) max + 1, sizeof *t->entries);
	t->buckets = calloc(n, sizeof *t->buckets);
	if (!t->entries || !t->buckets) {
		threshold_free(t);
		return NULL;
	}
	return t;
}

void
threshold_free(struct threshold *t)
{
	if (!t)
		return;
	for (uint32_t i = 1; t->entries && i < t->fresh; i++)
		free(t->entries[i].ports);
	free(t->entries);
	free(t->buckets);
	free(t);
}

uint32_t
threshold_used(const struct threshold *t)
{
	return t->used;
}

static uint32_t *
bucket_of(struct threshold *t, const struct key *k)
{
	return &t->buckets[hash_bytes(k, sizeof *k, 0) & t->mask];
}

static void
entry_give(struct threshold *t, uint32_t i)
{
	struct entry *e = &t->entries[i];

	if (e->ports)
		t->bitmaps--;
	free(e->ports);
	*e = (struct entry) { .next = t->free };
	t->free = i;
	t->used--;
}

/* Takes out every entry whose window is over. At most once per second of packet time. */
static void
sweep(struct threshold *t, int64_t now)
{
	if (t->swept != INT64_MIN && now < t->swept + NS_PER_S)
		return;
	t->swept = now;
	for (uint32_t b = 0; b <= t->mask; b++) {
		uint32_t *at = &t->buckets[b];
		while (*at) {
			uint32_t i = *at;
			if (t->entries[i].expires >= now) {
				at = &t->entries[i].next;
				continue;
			}
			*at = t->entries[i].next;
			entry_give(t, i);
		}
	}
}

static struct entry *
entry_find(struct threshold *t, const struct key *k)
{
	for (uint32_t i = *bucket_of(t, k); i; i = t->entries[i].next) {
		if (memcmp(&t->entries[i].key, k, sizeof *k) == 0)
			return &t->entries[i];
	}
	return NULL;
}

static struct entry *
entry_take(struct threshold *t, const struct key *k, int64_t now)
{
	uint32_t *b, i;

	if (!t->free && t->fresh > t->max)
		sweep(t, now);
	if (t->free) {
		i = t->free;
		t->free = t->entries[i].next;
	} else if (t->fresh <= t->max) {
		i = t->fresh++;
	} else {
		counter_inc(t->cnt, C_THRESHOLD_REFUSED);
		return NULL;
	}
	b = bucket_of(t, k);
	t->entries[i] = (struct entry) { .key = *k, .next = *b };
	*b = i;
	t->used++;
	return &t->entries[i];
}

/* What is counted together. False: nothing to count by (by_flow without a flow). */
static bool
key_make(struct key *k, const struct event *e, const struct card *c, uint32_t index)
{
	const struct card_threshold *th = &c->thresholds[index];
	bool swap;

	memset(k, 0, sizeof *k);
	k->gid = c->gid;
	k->sid = c->sid;
	k->index = index;
	k->track = th->track;
	k->distinct = th->distinct;
	switch (th->track) {
	case BY_SRC:
		k->a = e->src;
		break;
	case BY_DST:
		k->a = e->dst;
		break;
	case BY_BOTH: /* both directions between two hosts are one pair */
		swap = addr_cmp(&e->src, &e->dst) > 0;
		k->a = swap ? e->dst : e->src;
		k->b = swap ? e->src : e->dst;
		break;
	case BY_FLOW:
		k->flow = e->flow_id;
		return (e->flags & EVENT_F_FLOW) != 0;
	default:
		break;
	}
	return true;
}

/* unique_on: a port not seen in this window? Without memory for the bitmap every alert counts. */
static bool
port_is_new(struct threshold *t, struct entry *n, const struct event *e, uint8_t distinct)
{
	uint16_t port = distinct == 1 ? e->sport : e->dport;
	uint8_t bit = (uint8_t) (1U << (port & 7));

	if (!n->ports && t->bitmaps < DISTINCT_MAX) {
		n->ports = calloc(1, DISTINCT_BYTES);
		t->bitmaps += n->ports != NULL;
	}
	if (!n->ports) {
		counter_inc(t->cnt, C_THRESHOLD_REFUSED);
		return true;
	}
	if (n->ports[port >> 3] & bit)
		return false;
	n->ports[port >> 3] |= bit;
	return true;
}

static int64_t
window(const struct card_threshold *th)
{
	return (int64_t) th->seconds * NS_PER_S;
}

static void
window_begin(struct threshold *t, struct entry *n, const struct event *e, const struct card_threshold *th)
{
	n->begin = e->ts;
	n->count = 1;
	n->told = false;
	if (n->ports)
		memset(n->ports, 0, DISTINCT_BYTES);
	if (th->distinct)
		port_is_new(t, n, e, th->distinct);
}

static void
touch(struct entry *n, const struct event *e, const struct card_threshold *th)
{
	int64_t end = n->begin + window(th);

	if (th->track == BY_FLOW && end < e->ts + IDLE_FLOW)
		end = e->ts + IDLE_FLOW;
	if (end < n->rate_until)
		end = n->rate_until;
	n->expires = end;
}

/* The verdict on the first alert of a new entry (n NULL: the table is full, same verdict, nothing kept). */
static bool
first(struct threshold *t, struct entry *n, const struct event *e, const struct card_threshold *th)
{
	if (n) {
		window_begin(t, n, e, th);
		n->backoff_next = th->count == 1 ? th->multiplier : th->count;
	}
	switch (th->type) {
	case TYPE_LIMIT:
	case TYPE_RATE:
		return true;
	case TYPE_DETECTION:
		return false;
	default: /* threshold, both, backoff */
		return th->count == 1;
	}
}

static bool
again_backoff(struct entry *n, const struct card_threshold *th)
{
	if (n->count < UINT32_MAX)
		n->count++;
	if (n->count != n->backoff_next)
		return false;
	n->backoff_next *= th->multiplier ? th->multiplier : 1;
	return true;
}

/* Within the window: one alert more. */
static bool
again(struct threshold *t, struct entry *n, const struct event *e, const struct card_threshold *th)
{
	if (n->count < UINT32_MAX && (!th->distinct || port_is_new(t, n, e, th->distinct)))
		n->count++;
	switch (th->type) {
	case TYPE_LIMIT:
		return n->count <= th->count;
	case TYPE_THRESHOLD:
		if (n->count < th->count)
			return false;
		n->count = 0;
		return true;
	case TYPE_BOTH:
		return n->count == th->count;
	default: /* detection_filter */
		return n->count > th->count;
	}
}

/* The window was over: this alert begins the next one. */
static bool
anew(struct threshold *t, struct entry *n, const struct event *e, const struct card_threshold *th)
{
	window_begin(t, n, e, th);
	return th->type == TYPE_LIMIT || ((th->type == TYPE_BOTH || th->type == TYPE_THRESHOLD) && th->count == 1);
}

/* rate_filter never holds an alert back by counting; it changes its action for `timeout` seconds. */
static bool
rate(struct entry *n, const struct event *e, const struct card_threshold *th, uint8_t *action)
{
	bool changed = false;

	if (n->rate_until && e->ts > n->rate_until) {
		n->rate_until = 0;
		return true;
	}
	if (n->rate_until) {
		changed = true;
	} else if (e->ts < n->begin + window(th)) {
		changed = ++n->count > th->count;
		if (changed)
			n->rate_until = e->ts + (int64_t) th->timeout * NS_PER_S;
	} else {
		n->begin = e->ts;
		n->count = 1;
	}
	if (!changed)
		return true;
	*action = th->new_action >= ACTION_DROP;
	return th->new_action != ACTION_PASS;
}

/* Why it is not told: the rule waits for more, or has told it already. */
static enum threshold_verdict
untold(const struct entry *n, const struct card_threshold *th)
{
	switch (th->type) {
	case TYPE_DETECTION:
		return THRESHOLD_NOT_YET;
	case TYPE_THRESHOLD:
		return n && n->told ? THRESHOLD_HOLD : THRESHOLD_NOT_YET;
	case TYPE_BOTH:
		return n && n->count > th->count ? THRESHOLD_HOLD : THRESHOLD_NOT_YET;
	case TYPE_BACKOFF:
		return n && n->count > th->count ? THRESHOLD_HOLD : THRESHOLD_NOT_YET;
	default:
		return THRESHOLD_HOLD;
	}
}

static enum threshold_verdict
count_one(struct threshold *t, const struct event *e, const struct card *c, uint32_t index, uint8_t *action)
{
	const struct card_threshold *th = &c->thresholds[index];
	struct entry *n;
	struct key k;
	bool tell;

	if (!key_make(&k, e, c, index))
		return THRESHOLD_HOLD;
	n = entry_find(t, &k);
	if (!n) {
		n = entry_take(t, &k, e->ts);
		tell = first(t, n, e, th);
	} else if (th->type == TYPE_RATE) {
		tell = rate(n, e, th, action);
	} else if (th->type == TYPE_BACKOFF) {
		tell = again_backoff(n, th);
	} else if (e->ts <= n->begin + window(th)) {
		tell = again(t, n, e, th);
	} else {
		tell = anew(t, n, e, th);
	}
	if (n) {
		touch(n, e, th);
		n->told |= tell;
	}
	return tell ? THRESHOLD_TELL : untold(n, th);
}

static bool
suppressed(const struct event *e, const struct card_threshold *th)
{
	if (!th->ip)
		return true;
	switch (th->track) {
	case BY_SRC:
		return addr_set_has(th->ip, &e->src);
	case BY_DST:
		return addr_set_has(th->ip, &e->dst);
	case BY_EITHER:
		return addr_set_has(th->ip, &e->src) || addr_set_has(th->ip, &e->dst);
	default:
		return true;
	}
}

enum threshold_verdict
threshold_alert(struct threshold *t, const struct event *e, const struct card *c, uint8_t *action)
{
	*action = e->action;
	if (!e->ip_version)
		return THRESHOLD_TELL;
	for (uint32_t i = 0; i < c->n_thresholds; i++) {
		if (c->thresholds[i].type == TYPE_SUPPRESS && suppressed(e, &c->thresholds[i]))
			return THRESHOLD_HOLD;
	}
	for (uint32_t i = 0; i < c->n_thresholds; i++) {
		enum threshold_verdict v = c->thresholds[i].type == TYPE_SUPPRESS ? THRESHOLD_TELL : count_one(t, e, c, i, action);
		if (v != THRESHOLD_TELL)
			return v;
	}
	return THRESHOLD_TELL;
}

uint64_t
threshold_tracks(const struct event *e, const struct card *c, int64_t *over)
{
	struct key k;

	for (uint32_t i = 0; i < c->n_thresholds; i++)
		if (c->thresholds[i].type != TYPE_SUPPRESS && c->thresholds[i].count > 1 && key_make(&k, e, c, i)) {
			*over = window(&c->thresholds[i]);
			return hash_bytes(&k, sizeof k, UINT64_C(0x666f726d)) | 1;
		}
	return 0;
}
