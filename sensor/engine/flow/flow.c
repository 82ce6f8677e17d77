/*
 * flow - which packets belong together.
 *
 * Thread:    the worker that owns the table; never shared, so never locked.
 * Memory:    one slab, sized at start; when full, the quietest flow leaves (counted).
 * Owns:      every struct flow from flow_find() until the on_end callback returns.
 * Not here:  order of TCP bytes -> ../stream/   protocol meaning -> ../app/
 */
#include "engine/flow/flow.h"

#include "base/arena.h"
#include "base/hash.h"
#include "engine/flow/key.h"

#define SECOND INT64_C(1000000000)
#define ID_MASK ((UINT64_C(1) << 51) - 1)
#define ID_SEED UINT64_C(0x666c6f77206964)

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

/* A timeout class: protocol group and state. Within one, the flow quiet for longest comes first. */
enum { GROUP_TCP, GROUP_UDP, GROUP_ICMP, GROUP_OTHER, GROUP_N };
#define CLASS_N (GROUP_N * 3)

struct list {
	struct flow *oldest, *newest;
};

struct flow_table {
	struct arena own;      /* the table itself */
	struct slab slab, bucket_slab, rates;
	struct flow **bucket;
	uint64_t mask, seed;
	struct list list[CLASS_N];
	int64_t timeout[CLASS_N];
	int64_t now, tick;     /* highest packet time told; second of the last expiry */
	struct rate_conf rate; /* bytes 0: no rates */
	bool vlan_use;
	size_t size;
	struct counters *cnt;
	void (*on_end)(void *arg, struct flow *f, enum flow_end why);
	bool (*reuse)(void *arg, const struct flow *f, const struct packet *p);
	void *arg;
};

static uint8_t
class_of(uint8_t proto, uint8_t state)
{
	int group = GROUP_OTHER;

	if (proto == PROTO_TCP)
		group = GROUP_TCP;
	else if (proto == PROTO_UDP)
		group = GROUP_UDP;
	else if (proto == PROTO_ICMP || proto == PROTO_ICMPV6)
		group = GROUP_ICMP;
	return (uint8_t) (group * 3 + state);
}

static void
timeouts_set(struct flow_table *t, const struct flow_conf *c)
{
	const int64_t v[CLASS_N] = { c->tcp_new, c->tcp_established, c->tcp_closed,
		c->udp_new, c->udp_established, c->udp_established,
		c->icmp_new, c->icmp_established, c->icmp_established,
		c->other_new, c->other_established, c->other_established };

	memcpy(t->timeout, v, sizeof v);
}

/* The bound on flows of one worker. */
static uint32_t
flows_of(const struct flow_conf *c, size_t size)
{
	uint64_t n = c->max_flows, workers = c->workers ? c->workers : 1;

	if (c->memcap && c->memcap / size < n)
		n = c->memcap / size;
	n /= workers;
	return n < 16 ? 16 : (uint32_t) n;
}

struct flow_table *
flow_table_new(const struct flow_conf *conf, size_t user_size, uint64_t hash_seed, struct counters *cnt,
    void (*on_end)(void *arg, struct flow *f, enum flow_end why), void *arg)
{
	size_t size = sizeof(struct flow) + user_size;
	uint32_t cap = flows_of(conf, size), buckets = 16;
	struct flow_table *t;
	struct arena own;

	while (buckets < cap && buckets < UINT32_C(1) << 30)
		buckets *= 2;
	arena_init(&own, 0);
	if ((t = arena_zalloc(&own, sizeof *t)) == NULL)
		return NULL;
	t->own = own;
	if (slab_init(&t->slab, size, cap) < 0)
		goto fail;
	if (slab_init(&t->bucket_slab, buckets * sizeof *t->bucket, 1) < 0)
		goto fail_slab;
	if (conf->rate.bytes && slab_init(&t->rates, sizeof(struct flow_rate), cap) < 0)
		goto fail_buckets;
	t->rate = conf->rate;
	t->bucket = slab_take(&t->bucket_slab);
	t->mask = buckets - 1;
	t->seed = hash_seed;
	t->vlan_use = conf->vlan_use;
	t->size = size;
	t->cnt = cnt;
	t->on_end = on_end;
	t->arg = arg;
	t->now = t->tick = INT64_MIN;
	timeouts_set(t, conf);
	return t;
fail_buckets:
	slab_clear(&t->bucket_slab);
fail_slab:
	slab_clear(&t->slab);
fail:
	arena_clear(&own);
	return NULL;
}

void
flow_table_free(struct flow_table *t)
{
	struct arena own;

	if (t == NULL)
		return;
	slab_clear(&t->bucket_slab);
	slab_clear(&t->slab);
	if (t->rate.bytes)
		slab_clear(&t->rates);
	own = t->own;
	arena_clear(&own);
}

void
flow_on_syn(struct flow_table *t, bool (*reuse)(void *arg, const struct flow *f, const struct packet *p))
{
	t->reuse = reuse;
}

static void
list_remove(struct flow_table *t, struct flow *f)
{
	struct list *l = &t->list[f->timeout_class];

	if (f->older)
		f->older->newer = f->newer;
	else
		l->oldest = f->newer;
	if (f->newer)
		f->newer->older = f->older;
	else
		l->newest = f->older;
}

static void
list_append(struct flow_table *t, struct flow *f)
{
	struct list *l = &t->list[f->timeout_class];

	f->older = l->newest;
	f->newer = NULL;
	if (l->newest)
		l->newest->newer = f;
	else
		l->oldest = f;
	l->newest = f;
}

/* Into the list at its place by time: from the end, for a flow that changes class late. */
static void
list_insert(struct flow_table *t, struct flow *f)
{
	struct list *l = &t->list[f->timeout_class];
	struct flow *at = l->newest;

	while (at && at->touched > f->touched)
		at = at->older;
	if (at == l->newest) {
		list_append(t, f);
		return;
	}
	f->older = at;
	f->newer = at ? at->newer : l->oldest;
	f->newer->older = f;
	if (at)
		at->newer = f;
	else
		l->oldest = f;
}

static void
bucket_remove(struct flow_table *t, struct flow *f)
{
	struct flow **at = &t->bucket[f->hash & t->mask];

	while (*at != f)
		at = &(*at)->hash_next;
	*at = f->hash_next;
}

static void
unlink_flow(struct flow_table *t, struct flow *f)
{
	bucket_remove(t, f);
	list_remove(t, f);
}

static void
finish(struct flow_table *t, struct flow *f, enum flow_end why)
{
	if (t->on_end)
		t->on_end(t->arg, f, why);
	if (f->rate)
		slab_give(&t->rates, f->rate);
	slab_give(&t->slab, f);
}

static enum counter
end_counter(enum flow_end why)
{
	switch (why) {
	case FLOW_END_TIMEOUT:
		return C_FLOW_END_TIMEOUT;
	case FLOW_END_CLOSED:
		return C_FLOW_END_CLOSED;
	case FLOW_END_EVICTED:
		return C_FLOW_END_EVICTED;
	case FLOW_END_SHUTDOWN:
		break;
	}
	return C_FLOW_END_SHUTDOWN;
}

void
flow_end(struct flow_table *t, struct flow *f, enum flow_end why)
{
	unlink_flow(t, f);
	counter_inc(t->cnt, end_counter(why));
	finish(t, f, why);
}

static int64_t
deadline(const struct flow_table *t, const struct flow *f)
{
	return f->touched + t->timeout[f->timeout_class];
}

/* The second at whose start a flow ends. */
static int64_t
deadline_tick(const struct flow_table *t, const struct flow *f)
{
	return (deadline(t, f) + SECOND - 1) / SECOND;
}

/* The order in which flows that end at one time are told: a function of their packets, whatever other flows there are.
 * emit_flow_phase() puts the same order into events, so that the events of several workers can be merged. */
static bool
ends_before(const struct flow *x, const struct flow *y)
{
	if (x->last != y->last)
		return x->last < y->last;
	if (x->first_num != y->first_num)
		return x->first_num < y->first_num;
	return x->id < y->id;
}

static struct flow *
merge(struct flow *x, struct flow *y)
{
	struct flow *head = NULL, **at = &head;

	while (x && y) {
		struct flow **least = ends_before(y, x) ? &y : &x;
		*at = *least;
		at = &(*least)->hash_next;
		*least = *at;
	}
	*at = x ? x : y;
	return head;
}

/* Merge sort of a list chained by hash_next; lists of 2^i in pending[i]. */
static struct flow *
sorted(struct flow *list)
{
	struct flow *pending[33] = { NULL }, *f;
	int i;

	while ((f = list) != NULL) {
		list = f->hash_next;
		f->hash_next = NULL;
		for (i = 0; pending[i]; i++) {
			f = merge(pending[i], f);
			pending[i] = NULL;
		}
		pending[i] = f;
	}
	for (i = 0, f = NULL; i < 33; i++)
		f = pending[i] ? merge(pending[i], f) : f;
	return f;
}

static void
finish_list(struct flow_table *t, struct flow *list, enum flow_end why)
{
	struct flow *next;

	for (list = sorted(list); list; list = next) {
		next = list->hash_next;
		counter_inc(t->cnt, end_counter(why));
		finish(t, list, why);
	}
}

void
flow_expire(struct flow_table *t, int64_t now)
{
	struct flow *gone = NULL, *f;

	if (now > t->now)
		t->now = now;
	if (t->now / SECOND <= t->tick)
		return;
	t->tick = t->now / SECOND;
	for (int c = 0; c < CLASS_N; c++)
		while ((f = t->list[c].oldest) != NULL && deadline_tick(t, f) <= t->tick) {
			unlink_flow(t, f);
			f->hash_next = gone;
			gone = f;
		}
	finish_list(t, gone, FLOW_END_TIMEOUT);
}

void
flow_end_all(struct flow_table *t)
{
	struct flow *gone = NULL, *f;

	for (int c = 0; c < CLASS_N; c++)
		while ((f = t->list[c].oldest) != NULL) {
			unlink_flow(t, f);
			f->hash_next = gone;
			gone = f;
		}
	finish_list(t, gone, FLOW_END_SHUTDOWN);
}

/* Room for one more: the flow that was quiet for longest leaves. */
static void
evict(struct flow_table *t)
{
	struct flow *quietest = NULL, *f;

	for (int c = 0; c < CLASS_N; c++) {
		if ((f = t->list[c].oldest) == NULL)
			continue;
		if (quietest == NULL || f->touched < quietest->touched ||
		    (f->touched == quietest->touched && f->first_num < quietest->first_num))
			quietest = f;
	}
	if (quietest)
		flow_end(t, quietest, FLOW_END_EVICTED);
}

static uint64_t
id_of(const struct flow *f)
{
	struct {
		struct flow_key key;
		int64_t start;
		uint64_t num;
	} in;

	_Static_assert(sizeof in == sizeof f->key + 16, "no padding to hash");
	in.key = f->key;
	in.start = f->start;
	in.num = f->first_num;
	return hash_bytes(&in, sizeof in, ID_SEED) & ID_MASK;
}

static struct flow *
begin(struct flow_table *t, const struct packet *p, const struct flow_key *key, uint32_t hash, bool src_is_a)
{
	struct flow *f = slab_take(&t->slab);

	if (f == NULL) {
		evict(t);
		if ((f = slab_take(&t->slab)) == NULL)
			return NULL;
	}
	f->key = *key;
	f->hash = hash;
	f->first_num = p->num;
	f->start = f->last = p->ts;
	f->touched = t->now;
	f->client_is_a = src_is_a;
	f->iface = p->iface;
	f->id = id_of(f);
	f->timeout_class = class_of(key->proto, FLOW_NEW);
	if (t->rate.bytes)
		f->rate = slab_take(&t->rates);
	f->hash_next = t->bucket[hash & t->mask];
	t->bucket[hash & t->mask] = f;
	list_append(t, f);
	counter_inc(t->cnt, C_FLOW_NEW);
	return f;
}

static struct flow *
lookup(const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	struct flow *f = t->bucket[hash & t->mask];

	while (f && (f->hash != hash || memcmp(&f->key, key, sizeof *key) != 0))
		f = f->hash_next;
	return f;
}

static void
touch(struct flow_table *t, struct flow *f, const struct packet *p)
{
	if (p->ts > f->last)
		f->last = p->ts;
	f->touched = t->now;
	if (t->list[f->timeout_class].newest == f)
		return;
	list_remove(t, f);
	list_append(t, f);
}

static void
count(const struct flow_table *t, struct flow *f, const struct packet *p)
{
	uint32_t bytes = p->frame.n ? p->frame.n : p->l3.n;
	int d = p->dir;

	if (p->ttl < f->ttl_min[d] || f->packets[d] == 0)
		f->ttl_min[d] = p->ttl;
	if (p->ttl > f->ttl_max[d])
		f->ttl_max[d] = p->ttl;
	f->packets[d]++;
	f->bytes[d] += bytes;
	f->payload[d] += p->payload.n;
	f->seen |= (uint8_t) (1 << d);
	if (p->proto == PROTO_TCP)
		f->tcp_flags[d] |= p->tcp.flags;
	if (f->rate && rate_add(f->rate, &t->rate, d, bytes, p->ts))
		f->elephant |= (uint8_t) (1 << d);
}

/* A SYN that cannot belong to what went on between these ports. */
static bool
begins_anew(const struct flow_table *t, const struct flow *f, const struct packet *p)
{
	if (p->proto != PROTO_TCP || !(p->tcp.flags & TCP_SYN))
		return false;
	if (t->reuse)
		return t->reuse(t->arg, f, p);
	return f->state == FLOW_CLOSED && !(p->tcp.flags & TCP_ACK);
}

static struct flow *
find_quoted(struct flow_table *t, struct packet *p)
{
	struct flow_key key;
	struct flow *f;
	bool src_is_a;

	if (!flow_key_quoted(&key, p, t->vlan_use, &src_is_a))
		return NULL;
	if ((f = lookup(t, &key, (uint32_t) flow_key_hash(&key, t->seed))) == NULL)
		return NULL;
	/* the error goes against the direction of the packet that caused it */
	p->dir = f->client_is_a == src_is_a ? TO_CLIENT : TO_SERVER;
	return f;
}

static uint8_t
dir_of(const struct flow *f, bool src_is_a)
{
	return f->client_is_a == src_is_a ? TO_SERVER : TO_CLIENT;
}

/* f, unless its time is over or the packet begins a new flow between the same ports: then it ends here. */
static struct flow *
still_same(struct flow_table *t, struct flow *f, struct packet *p, bool src_is_a)
{
	enum flow_end why = FLOW_END_TIMEOUT;

	if (f == NULL)
		return NULL;
	p->dir = dir_of(f, src_is_a);
	if (deadline(t, f) > t->now) {
		if (!begins_anew(t, f, p))
			return f;
		why = FLOW_END_CLOSED;
		counter_inc(t->cnt, C_FLOW_REUSED);
	}
	flow_end(t, f, why);
	return NULL;
}

struct flow *
flow_find(struct flow_table *t, struct packet *p, bool *fresh)
{
	struct flow_key key;
	struct flow *f;
	bool src_is_a;
	uint32_t hash;

	*fresh = false;
	p->dir = TO_SERVER;
	if (!flow_key_of(&key, p, t->vlan_use, &src_is_a))
		return NULL;
	if (p->ts > t->now)
		t->now = p->ts;
	if ((f = find_quoted(t, p)) == NULL) {
		hash = (uint32_t) flow_key_hash(&key, t->seed);
		f = still_same(t, lookup(t, &key, hash), p, src_is_a);
		if (f == NULL) {
			if ((f = begin(t, p, &key, hash, src_is_a)) == NULL)
				return NULL;
			*fresh = true;
		}
		p->dir = dir_of(f, src_is_a);
	}
	touch(t, f, p);
	count(t, f, p);
	return f;
}

uint64_t
flow_hash_of(const struct flow_table *t, const struct packet *p)
{
	struct flow_key key;
	bool src_is_a;

	return flow_key_of(&key, p, t->vlan_use, &src_is_a) ? flow_key_hash(&key, t->seed) : 0;
}

void
flow_prefetch(const struct flow_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->bucket[hash & t->mask]);
}

void
flow_set_state(struct flow_table *t, struct flow *f, enum flow_state s)
{
	uint8_t class = class_of(f->key.proto, (uint8_t) s);

	f->state = (uint8_t) s;
	if (class == f->timeout_class)
		return;
	list_remove(t, f);
	f->timeout_class = class;
	list_insert(t, f);
}

void
flow_swap(struct flow *f, struct packet *p)
{
	f->client_is_a = !f->client_is_a;
	f->swapped = !f->swapped;
	f->seen = (uint8_t) ((f->seen & 1) << 1 | (f->seen & 2) >> 1);
	SWAP_PAIR(f->tcp_flags);
	SWAP_PAIR(f->ttl_min);
	SWAP_PAIR(f->ttl_max);
	SWAP_PAIR(f->packets);
	SWAP_PAIR(f->bytes);
	SWAP_PAIR(f->payload);
	f->elephant = (uint8_t) ((f->elephant & 1) << 1 | (f->elephant & 2) >> 1);
	if (f->rate)
		SWAP_PAIR(f->rate->of);
	if (p)
		p->dir = p->dir == TO_SERVER ? TO_CLIENT : TO_SERVER;
}

uint32_t
flow_count(const struct flow_table *t)
{
	return t->slab.used;
}

size_t
flow_memory(const struct flow_table *t)
{
	return (size_t) t->slab.peak * t->slab.size + (size_t) (t->mask + 1) * sizeof *t->bucket;
}
