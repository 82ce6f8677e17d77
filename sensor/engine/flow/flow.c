/*
 * flow - which packets belong together.
 *
 * Thread:    the worker that owns the table; never shared, so never locked.
 * Memory:    slabs, sized at start; when full, the quietest flow leaves (counted).
 * Owns:      every struct flow from flow_find() until the on_end callback returns.
 * Not here:  order of TCP bytes -> ../stream/   protocol meaning -> ../app/
 */
#include "engine/flow/flow.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/huge.h"
#include "engine/flow/key.h"

#define SECOND INT64_C(1000000000)
#define ID_MASK ((UINT64_C(1) << 51) - 1)
#define ID_SEED UINT64_C(0x666c6f77206964)

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

/* A timeout class: protocol group and state. Within one, the flow that ends first comes first. */
enum { GROUP_TCP, GROUP_UDP, GROUP_ICMP, GROUP_OTHER, GROUP_N };
#define CLASS_N (GROUP_N * 3)
#define BUCKETS_FIRST 65536u /* till there are more flows: a table that stays in the cache, on few pages */
#define REHASH_AHEAD 16u
#define END_AHEAD 3 /* flows that end between one step of fetching and the next */
#define TAKE_AT_ONCE 32
#define FLOW_FETCH 192u   /* a flow with its session */

struct list {
	uint32_t oldest, newest;
	int64_t edge;          /* flows touched after it end in the same second as one that is touched now */
};

struct flow_table {
	struct arena own;      /* the table itself */
	struct slab slab, v6, bucket_slab, rate_slab;
	uint32_t *bucket;
	struct flow_rate *rates; /* by number of the flow; NULL: nobody counts */
	uint64_t mask;
	struct flow_secret secret;
	uint32_t buckets;      /* at most; mask tells how many are in use */
	struct list list[CLASS_N];
	int64_t timeout[CLASS_N];
	uint32_t crowded;      /* with more flows than that the lists are kept in order packet by packet */
	int64_t now, tick;     /* highest packet time told; second of the last expiry */
	struct rate_conf rate;
	bool vlan_use;
	size_t size;
	struct counters *cnt;
	void (*on_end)(void *arg, struct flow *f, enum flow_end why);
	bool (*reuse)(void *arg, const struct flow *f, const struct packet *p);
	void (*on_near)(void *arg, const struct flow *f, unsigned left);
	void *arg;
};

static struct flow *
flow_at(const struct flow_table *t, uint32_t number)
{
	return slab_at(&t->slab, number);
}

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

	size += sizeof(uint32_t) + 2 * sizeof(struct addr); /* its bucket; addresses of IPv6 */
	if (c->memcap && c->memcap / size < n)
		n = c->memcap / size;
	n /= workers;
	return n < 16 ? 16 : (uint32_t) n;
}

static int
make_slabs(struct flow_table *t, uint32_t cap, bool rates)
{
	uint32_t buckets = 16;

	while (buckets < cap && buckets < UINT32_C(1) << 30)
		buckets *= 2;
	t->buckets = buckets;
	if (slab_init(&t->slab, t->size, cap) < 0 || slab_init(&t->v6, 2 * sizeof(struct addr), cap) < 0 ||
	    slab_init(&t->bucket_slab, buckets * sizeof *t->bucket, 1) < 0 ||
	    (rates && slab_init(&t->rate_slab, cap * sizeof *t->rates, 1) < 0))
		return E_NOMEM;
	t->bucket = slab_take(&t->bucket_slab);
	t->rates = rates ? slab_take(&t->rate_slab) : NULL;
	t->mask = (buckets < BUCKETS_FIRST ? buckets : BUCKETS_FIRST) - 1;
	return 0;
}

/* All buckets there may be. The flows of one go to those whose numbers end like its own, which are not in use yet, or stay. */
static void
use_all_buckets(struct flow_table *t)
{
	uint32_t before = (uint32_t) t->mask + 1;

	huge_want(t->bucket, t->buckets * sizeof *t->bucket);
	t->mask = t->buckets - 1;
	for (uint32_t i = 0; i < before; i++) {
		uint32_t list = t->bucket[i], next;
		if (i + REHASH_AHEAD < before && t->bucket[i + REHASH_AHEAD])
			fetch(flow_at(t, t->bucket[i + REHASH_AHEAD]), 1);
		t->bucket[i] = 0;
		for (; list; list = next) {
			struct flow *f = flow_at(t, list);
			next = f->hash_next;
			f->hash_next = t->bucket[f->hash & t->mask];
			t->bucket[f->hash & t->mask] = list;
		}
	}
}

struct flow_table *
flow_table_new(const struct flow_conf *conf, size_t user_size, uint64_t hash_seed, struct counters *cnt,
    void (*on_end)(void *arg, struct flow *f, enum flow_end why), void *arg)
{
	struct flow_table *t;
	struct arena own;

	arena_init(&own, 0);
	if ((t = arena_zalloc(&own, sizeof *t)) == NULL)
		return NULL;
	t->own = own;
	t->size = sizeof(struct flow) + user_size;
	if (make_slabs(t, flows_of(conf, t->size), conf->rate.bytes != 0) < 0) {
		flow_table_free(t);
		return NULL;
	}
	t->rate = conf->rate;
	flow_secret_make(&t->secret, hash_seed);
	t->vlan_use = conf->vlan_use;
	t->cnt = cnt;
	t->on_end = on_end;
	t->arg = arg;
	t->now = t->tick = INT64_MIN;
	t->crowded = t->slab.cap - t->slab.cap / 16;
	for (int c = 0; c < CLASS_N; c++)
		t->list[c].edge = INT64_MIN / 2;
	timeouts_set(t, conf);
	return t;
}

void
flow_table_free(struct flow_table *t)
{
	struct arena own;

	if (t == NULL)
		return;
	slab_clear(&t->rate_slab);
	slab_clear(&t->bucket_slab);
	slab_clear(&t->v6);
	slab_clear(&t->slab);
	own = t->own;
	arena_clear(&own);
}

void
flow_on_syn(struct flow_table *t, bool (*reuse)(void *arg, const struct flow *f, const struct packet *p))
{
	t->reuse = reuse;
}

void
flow_on_near(struct flow_table *t, void (*near)(void *arg, const struct flow *f, unsigned left))
{
	t->on_near = near;
}

static void
list_remove(struct flow_table *t, struct flow *f)
{
	struct list *l = &t->list[f->timeout_class];

	if (f->older)
		flow_at(t, f->older)->newer = f->newer;
	else
		l->oldest = f->newer;
	if (f->newer)
		flow_at(t, f->newer)->older = f->older;
	else
		l->newest = f->older;
}

/* Behind that one; 0: in front of all. */
static void
list_put(struct flow_table *t, struct flow *f, uint32_t older)
{
	struct list *l = &t->list[f->timeout_class];
	uint32_t number = slab_number(&t->slab, f);

	f->older = older;
	f->newer = older ? flow_at(t, older)->newer : l->oldest;
	*(older ? &flow_at(t, older)->newer : &l->oldest) = number;
	*(f->newer ? &flow_at(t, f->newer)->older : &l->newest) = number;
}

static void
list_append(struct flow_table *t, struct flow *f)
{
	list_put(t, f, t->list[f->timeout_class].newest);
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

/* Into the list at its place by time: from the end, for a flow that changes class late. */
static void
list_insert(struct flow_table *t, struct flow *f)
{
	uint32_t at = t->list[f->timeout_class].newest;
	int64_t tick = deadline_tick(t, f);

	while (at && deadline_tick(t, flow_at(t, at)) > tick)
		at = flow_at(t, at)->older;
	list_put(t, f, at);
}

static void
bucket_remove(struct flow_table *t, struct flow *f)
{
	uint32_t *at = &t->bucket[f->hash & t->mask];

	while (flow_at(t, *at) != f)
		at = &flow_at(t, *at)->hash_next;
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
	if (f->path.ip_version != 4)
		slab_give(&t->v6, f->at.v6);
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

/* The order in which flows that end at one time are told: a function of their packets, whatever other flows there are.
 * emit_flow_phase() puts the same order into events, so that the events of several workers can be merged. */
static bool
ends_before(const struct flow *x, const struct flow *y)
{
	if (x->last != y->last)
		return x->last < y->last;
	if (x->first_num != y->first_num)
		return x->first_num < y->first_num;
	return flow_id(x) < flow_id(y);
}

/* Lists of flows that end, by their numbers, chained by hash_next. */
static uint32_t
merge(const struct flow_table *t, uint32_t x, uint32_t y)
{
	uint32_t head = 0, *at = &head;

	while (x && y) {
		uint32_t *least = ends_before(flow_at(t, y), flow_at(t, x)) ? &y : &x;
		struct flow *f = flow_at(t, *least), *next = flow_at(t, f->hash_next);
		if (next && next->hash_next)
			fetch(flow_at(t, next->hash_next), 128);
		*at = *least;
		at = &f->hash_next;
		*least = *at;
	}
	*at = x ? x : y;
	return head;
}

/* Cuts off what is in order at the beginning of the list, which is nearly all of it when nothing went on in these flows but
 * their last second; returns the rest. */
static uint32_t
cut_run(const struct flow_table *t, uint32_t list)
{
	struct flow *f = flow_at(t, list), *next;
	uint32_t rest;

	while ((next = flow_at(t, f->hash_next)) != NULL && !ends_before(next, f))
		f = next;
	rest = f->hash_next;
	f->hash_next = 0;
	return rest;
}

/* Merge sort of the runs; lists of 2^i of them in pending[i]. */
static uint32_t
sorted(const struct flow_table *t, uint32_t list)
{
	uint32_t pending[33] = { 0 }, f;
	int i;

	while ((f = list) != 0) {
		list = cut_run(t, f);
		for (i = 0; pending[i]; i++) {
			f = merge(t, pending[i], f);
			pending[i] = 0;
		}
		pending[i] = f;
	}
	for (i = 0, f = 0; i < 33; i++)
		f = pending[i] ? merge(t, pending[i], f) : f;
	return f;
}

/* The flow n places behind f in the list of those that end; NULL: none. */
static struct flow *
behind(const struct flow_table *t, struct flow *f, unsigned n)
{
	for (; f && n > 0; n--)
		f = flow_at(t, f->hash_next);
	return f;
}

/* While one ends, those behind it are on their way, each with more of what hangs on it: nobody looked at them for long. */
static void
finish_list(struct flow_table *t, uint32_t list, enum flow_end why)
{
	struct flow *f = flow_at(t, sorted(t, list)), *at[] = { behind(t, f, END_AHEAD), behind(t, f, 2 * END_AHEAD), behind(t, f, 3 * END_AHEAD) };

	while (f) {
		struct flow *next = flow_at(t, f->hash_next);
		for (unsigned i = 0; i < 3; i++)
			at[i] = behind(t, at[i], 1);
		if (at[2]) /* where the next one is shows when this one is there */
			fetch(at[2], t->size);
		for (unsigned left = 0; t->on_near && left < 2; left++)
			if (at[left])
				t->on_near(t->arg, at[left], left);
		counter_inc(t->cnt, end_counter(why));
		finish(t, f, why);
		f = next;
	}
}

/* Flows that end, in the order in which they are taken. */
struct ended {
	uint32_t first, last;
};

/* Those of a class whose time is over by `until`: off the beginning of the list, and out of their buckets, which are on their way
 * meanwhile. */
static void
take_oldest(struct flow_table *t, int class, int64_t until, struct ended *gone)
{
	struct list *l = &t->list[class];
	uint32_t taken[TAKE_AT_ONCE], at = l->oldest, n;
	struct flow *f;

	do {
		for (n = 0; n < TAKE_AT_ONCE && (f = flow_at(t, at)) != NULL && deadline(t, f) <= until; n++) {
			fetch(&t->bucket[f->hash & t->mask], 1);
			fetch(&f->last, 1);
			taken[n] = at;
			at = f->newer;
		}
		for (uint32_t i = 0; i < n; i++) {
			f = flow_at(t, taken[i]);
			bucket_remove(t, f);
			f->hash_next = 0;
			*(gone->last ? &flow_at(t, gone->last)->hash_next : &gone->first) = taken[i];
			gone->last = taken[i];
		}
	} while (n == TAKE_AT_ONCE);
	l->oldest = at;
	*(at ? &flow_at(t, at)->older : &l->newest) = 0;
}

void
flow_expire(struct flow_table *t, int64_t now)
{
	struct ended gone = { 0, 0 };

	if (now > t->now)
		t->now = now;
	if (t->now / SECOND <= t->tick)
		return;
	t->tick = t->now / SECOND;
	for (int c = 0; c < CLASS_N; c++)
		take_oldest(t, c, t->tick * SECOND, &gone);
	finish_list(t, gone.first, FLOW_END_TIMEOUT);
}

void
flow_end_all(struct flow_table *t)
{
	struct ended gone = { 0, 0 };

	for (int c = 0; c < CLASS_N; c++)
		take_oldest(t, c, INT64_MAX, &gone);
	finish_list(t, gone.first, FLOW_END_SHUTDOWN);
}

/* Room for one more: the flow that was quiet for longest leaves. */
static void
evict(struct flow_table *t)
{
	struct flow *quietest = NULL, *f;

	for (int c = 0; c < CLASS_N; c++) {
		if ((f = flow_at(t, t->list[c].oldest)) == NULL)
			continue;
		if (quietest == NULL || f->touched < quietest->touched ||
		    (f->touched == quietest->touched && f->first_num < quietest->first_num))
			quietest = f;
	}
	if (quietest)
		flow_end(t, quietest, FLOW_END_EVICTED);
}

uint64_t
flow_id(const struct flow *f)
{
	struct {
		struct flow_key key;
		int64_t start;
		uint64_t num;
	} in;

	_Static_assert(sizeof in == sizeof in.key + 16, "no padding to hash");
	flow_key_read(f, &in.key);
	in.start = f->start;
	in.num = f->first_num;
	return hash_bytes(&in, sizeof in, ID_SEED) & ID_MASK;
}

static struct flow_rate *
rate_of(const struct flow_table *t, const struct flow *f)
{
	return &t->rates[slab_number(&t->slab, f) - 1];
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
	if (t->slab.used > t->mask / 2 && t->mask + 1 < t->buckets)
		use_all_buckets(t);
	flow_key_write(f, key, key->path.ip_version == 4 ? NULL : slab_take(&t->v6));
	f->hash = hash;
	f->first_num = p->num;
	f->start = f->last = p->ts;
	f->touched = t->now;
	f->client_is_a = src_is_a;
	f->iface = p->iface;
	f->timeout_class = class_of(key->path.proto, FLOW_NEW);
	if (t->rates)
		memset(rate_of(t, f), 0, sizeof *t->rates);
	f->hash_next = t->bucket[hash & t->mask];
	t->bucket[hash & t->mask] = slab_number(&t->slab, f);
	list_append(t, f);
	counter_inc(t->cnt, C_FLOW_NEW);
	return f;
}

static struct flow *
lookup(const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	struct flow *f = flow_at(t, t->bucket[hash & t->mask]);

	if (f) /* nearly always the one: the lines of its counts and of its session come along with the first */
		fetch((const uint8_t *) f + 64, 128);
	while (f && (f->hash != hash || !flow_has_key(f, key)))
		f = flow_at(t, f->hash_next);
	return f;
}

/* Is what the list knows of the flow's time still right? Not when soon the quietest flow has to leave: then the order is exact. */
static inline bool
stays(const struct flow_table *t, const struct flow *f)
{
	int64_t edge = t->list[f->timeout_class].edge;

	return f->touched > edge && t->now <= edge + SECOND && t->slab.used <= t->crowded;
}

/* The flow moves in its list where it will end a second later than it would have: its neighbours there are seldom in the cache. */
static void
move(struct flow_table *t, struct flow *f)
{
	struct list *l = &t->list[f->timeout_class];
	int64_t timeout = t->timeout[f->timeout_class];

	if (t->now > l->edge + SECOND && timeout >= SECOND)
		l->edge = ((t->now + timeout + SECOND - 1) / SECOND - 1) * SECOND - timeout;
	if (f->newer == 0 || stays(t, f))
		return;
	list_remove(t, f);
	list_append(t, f);
}

static inline void
touch(const struct flow_table *t, struct flow *f, const struct packet *p)
{
	if (p->ts > f->last)
		f->last = p->ts;
	f->touched = t->now;
}

static inline void
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
	if (!(f->seen >> d & 1))
		f->seen |= 1 << d;
	if (p->proto == PROTO_TCP)
		f->tcp_flags[d] |= p->tcp.flags;
	if (t->rates && rate_add(rate_of(t, f), &t->rate, d, bytes, p->ts))
		f->elephant |= 1 << d;
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
	if ((f = lookup(t, &key, (uint32_t) flow_key_hash(&key, &t->secret))) == NULL)
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

/* The packet's flow, where it is not simply the one that goes on. */
static __attribute__((noinline)) struct flow *
find_other(struct flow_table *t, struct flow *f, struct packet *p, const struct flow_want *want, bool *fresh)
{
	f = still_same(t, f, p, want->src_is_a);
	if (f == NULL) {
		if ((f = begin(t, p, &want->key, want->hash, want->src_is_a)) == NULL)
			return NULL;
		*fresh = true;
	}
	p->dir = dir_of(f, want->src_is_a);
	move(t, f);
	return f;
}

struct flow *
flow_find_wanted(struct flow_table *t, struct packet *p, const struct flow_want *want, bool *fresh)
{
	struct flow *f = NULL;

	*fresh = false;
	p->dir = TO_SERVER;
	if (!want->any)
		return NULL;
	if (p->ts > t->now)
		t->now = p->ts;
	if (p->proto == PROTO_ICMP && (f = find_quoted(t, p)) != NULL)
		move(t, f);
	else {
		f = lookup(t, &want->key, want->hash);
		/* nearly always; where the list is right about its time, that is not over */
		if (f && stays(t, f) && !(p->tcp.flags & TCP_SYN))
			p->dir = dir_of(f, want->src_is_a);
		else if ((f = find_other(t, f, p, want, fresh)) == NULL)
			return NULL;
	}
	touch(t, f, p);
	count(t, f, p);
	return f;
}

void
flow_ahead(const struct flow_table *t, const struct packet *p, struct flow_want *out)
{
	out->any = flow_key_of(&out->key, p, t->vlan_use, &out->src_is_a);
	if (!out->any)
		return;
	out->hash = (uint32_t) flow_key_hash(&out->key, &t->secret);
	fetch(&t->bucket[out->hash & t->mask], 1);
}

struct flow *
flow_find(struct flow_table *t, struct packet *p, bool *fresh)
{
	struct flow_want want;

	flow_ahead(t, p, &want);
	return flow_find_wanted(t, p, &want, fresh);
}

void
flow_ahead_fetch(const struct flow_table *t, uint32_t hash)
{
	const struct flow *f = flow_at(t, t->bucket[hash & t->mask]);

	if (!f)
		return;
	fetch(f, FLOW_FETCH);
	if (t->size > FLOW_FETCH)
		fetch((const uint8_t *) f + FLOW_FETCH, t->size - FLOW_FETCH);
}

struct flow *
flow_ahead_look(const struct flow_table *t, uint32_t hash)
{
	struct flow *f = flow_at(t, t->bucket[hash & t->mask]);

	while (f && f->hash != hash)
		f = flow_at(t, f->hash_next);
	return f;
}

void
flow_change_state(struct flow_table *t, struct flow *f, enum flow_state s)
{
	uint8_t class;

	f->state = s;
	class = class_of(f->path.proto, f->state);
	if (class == f->timeout_class)
		return;
	list_remove(t, f);
	f->timeout_class = class;
	list_insert(t, f);
}

static uint8_t
bits_turned(uint8_t of_directions)
{
	return (uint8_t) ((of_directions & 1) << 1 | of_directions >> 1);
}

void
flow_swap(struct flow_table *t, struct flow *f, struct packet *p)
{
	f->client_is_a = !f->client_is_a;
	f->swapped = !f->swapped;
	f->seen = bits_turned(f->seen);
	f->elephant = bits_turned(f->elephant);
	SWAP_PAIR(f->tcp_flags);
	SWAP_PAIR(f->ttl_min);
	SWAP_PAIR(f->ttl_max);
	SWAP_PAIR(f->packets);
	SWAP_PAIR(f->bytes);
	SWAP_PAIR(f->payload);
	if (t->rates)
		SWAP_PAIR(rate_of(t, f)->of);
	if (p)
		p->dir = p->dir == TO_SERVER ? TO_CLIENT : TO_SERVER;
}

uint32_t
flow_count(const struct flow_table *t)
{
	return t->slab.used;
}

uint32_t
flow_cap(const struct flow_table *t)
{
	return t->slab.cap;
}

size_t
flow_memory(const struct flow_table *t)
{
	return (size_t) t->slab.peak * t->slab.size + (size_t) t->v6.peak * t->v6.size + (size_t) (t->mask + 1) * sizeof *t->bucket +
	    (t->rates ? t->slab.peak * sizeof *t->rates : 0);
}

void
flow_grows(struct flow_table *t, struct grow *out[static FLOW_GROWS])
{
	out[0] = &t->slab.grow;
	out[1] = &t->v6.grow;
}
