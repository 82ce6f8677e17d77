/*
 * defrag - fragments of IP datagrams -> datagrams (RFC 791 section 3.2, RFC 8200 section 4.5).
 *
 * Thread:    the worker's.
 * Memory:    trackers out of a slab, pieces out of a pool; full = the datagram that waits longest is given up.
 * Owns:      the pieces of incomplete datagrams.
 * Not here:  headers -> layers/ipv4.c, layers/ipv6.c
 *
 * A tracker keeps the pieces in the order in which they came and a map of the 8-byte blocks they cover. When the map is
 * full the datagram is put together: pieces in order of arrival, each block owned by the piece that the receiver's
 * policy prefers (Shankar and Paxson, "Active Mapping", 2003; Novak, "Target-Based Fragmentation Reassembly", 2005).
 */
#include "engine/decode/layer.h"

#include "base/hash.h"
#include "base/pool.h"
#include "base/slab.h"

#include <stdlib.h>

#define DATAGRAM_MAX 65535u
#define BLOCKS 8192u
#define PIECES_MAX 8192u
#define EVICT_TRIES 16

struct piece {
	struct piece *next;
	uint32_t offset, n;  /* bytes of data */
	uint32_t header_n;   /* bytes of header in front of the data, of the piece with offset 0 */
	uint32_t next_at;
	uint8_t next_proto;
	uint8_t bytes[];
};

struct key {
	struct addr src, dst;
	uint32_t id;
	uint16_t vlan[2];
	uint8_t proto, version, depth, pad;
};

struct tracker {
	struct tracker *hash_next, *older, *newer;
	struct key key;
	int64_t last;        /* packet time of the last piece */
	struct piece *first, *tail, *head; /* head: the first that came with offset 0 */
	uint32_t pieces;
	uint32_t total;      /* bytes of data, known from the last fragment; 0 = not yet */
	uint32_t covered;    /* blocks marked in map */
	uint64_t map[BLOCKS / 64];
};

struct defrag {
	struct slab trackers;
	struct pool *pool;
	struct counters *cnt;
	struct tracker **buckets;
	struct tracker *oldest, *newest;
	uint32_t mask;
	uint64_t seed;
	int64_t timeout;
	struct piece *owner[BLOCKS]; /* of the datagram being put together */
	uint8_t filled[BLOCKS];      /* bytes of each block that were written */
};

struct defrag *
defrag_new(const struct decode_conf *conf, uint64_t seed, struct counters *cnt)
{
	struct defrag *g = calloc(1, sizeof(*g));
	uint32_t n = 1, trackers = conf->defrag_trackers ? conf->defrag_trackers : 65535;

	if (!g)
		return NULL;
	while (n < trackers && n < UINT32_C(1) << 24)
		n <<= 1;
	g->mask = n - 1;
	g->seed = seed;
	g->cnt = cnt;
	g->timeout = conf->defrag_timeout > 0 ? conf->defrag_timeout : INT64_C(60000000000);
	g->buckets = calloc(n, sizeof(*g->buckets));
	g->pool = pool_new(conf->defrag_memcap ? conf->defrag_memcap : 32u << 20);
	if (!g->buckets || !g->pool || slab_init(&g->trackers, sizeof(struct tracker), trackers) < 0) {
		defrag_free(g);
		return NULL;
	}
	return g;
}

void
defrag_free(struct defrag *g)
{
	if (!g)
		return;
	slab_clear(&g->trackers);
	if (g->pool)
		pool_free(g->pool);
	free(g->buckets);
	free(g);
}

static size_t
piece_size(uint32_t header_n, uint32_t n)
{
	return sizeof(struct piece) + header_n + n;
}

/* ---- trackers ---- */

static struct key
key_of(const struct packet *p, const struct fragment *f)
{
	struct key k;

	memset(&k, 0, sizeof(k));
	k.src = p->src;
	k.dst = p->dst;
	k.id = f->id;
	k.vlan[0] = p->vlan_n > 0 ? p->vlan[0] : 0;
	k.vlan[1] = p->vlan_n > 1 ? p->vlan[1] : 0;
	k.proto = p->ip_version == 4 ? p->proto : 0;
	k.version = p->ip_version;
	k.depth = p->depth;
	return k;
}

static struct tracker **
bucket_of(struct defrag *g, const struct key *k)
{
	return &g->buckets[hash_bytes(k, sizeof(*k), g->seed) & g->mask];
}

static void
list_remove(struct defrag *g, struct tracker *t)
{
	*(t->older ? &t->older->newer : &g->oldest) = t->newer;
	*(t->newer ? &t->newer->older : &g->newest) = t->older;
	t->older = t->newer = NULL;
}

static void
list_append(struct defrag *g, struct tracker *t)
{
	t->older = g->newest;
	*(g->newest ? &g->newest->newer : &g->oldest) = t;
	g->newest = t;
}

static void
drop(struct defrag *g, struct tracker *t)
{
	struct tracker **b = bucket_of(g, &t->key);

	while (*b != t)
		b = &(*b)->hash_next;
	*b = t->hash_next;
	list_remove(g, t);
	for (struct piece *q = t->first, *next; q; q = next) {
		next = q->next;
		pool_give(g->pool, q, piece_size(q->header_n, q->n));
	}
	slab_give(&g->trackers, t);
}

static void
expire(struct defrag *g, int64_t now)
{
	while (g->oldest && now - g->oldest->last > g->timeout) {
		counter_inc(g->cnt, C_DEFRAG_TIMEOUTS);
		drop(g, g->oldest);
	}
}

static struct tracker *
tracker_of(struct defrag *g, const struct packet *p, const struct fragment *f)
{
	struct key k = key_of(p, f);
	struct tracker **b = bucket_of(g, &k), *t;

	for (t = *b; t; t = t->hash_next)
		if (!memcmp(&t->key, &k, sizeof(k))) {
			list_remove(g, t);
			break;
		}
	if (!t) {
		if (g->trackers.used == g->trackers.cap && g->oldest) {
			counter_inc(g->cnt, C_DEFRAG_EVICTED);
			drop(g, g->oldest);
			b = bucket_of(g, &k);
		}
		if (!(t = slab_take(&g->trackers)))
			return NULL;
		t->key = k;
		t->hash_next = *b;
		*b = t;
	}
	t->last = p->ts;
	list_append(g, t);
	return t;
}

/* ---- pieces ---- */

/* Marks the blocks of [offset, offset + n); true when one of them was marked already. */
static bool
cover(struct tracker *t, uint32_t offset, uint32_t n)
{
	bool overlap = false;

	for (uint32_t at = offset; at < offset + n; at += 8) {
		uint64_t bit = UINT64_C(1) << (at / 8 % 64), *word = &t->map[at / 512];

		if (*word & bit) {
			overlap = true;
			continue;
		}
		*word |= bit;
		t->covered++;
	}
	return overlap;
}

static bool
complete(const struct tracker *t)
{
	uint32_t blocks = (t->total + 7) / 8;

	if (t->total == 0 || !t->head || t->covered < blocks)
		return false;
	/* covered may count blocks behind the end: every one before it must be there. */
	for (uint32_t w = 0; w < blocks / 64; w++)
		if (t->map[w] != UINT64_MAX)
			return false;
	uint64_t rest = (UINT64_C(1) << (blocks % 64)) - 1;
	return blocks % 64 == 0 || (t->map[blocks / 64] & rest) == rest;
}

/* Memory for a piece; the datagrams that wait longest make room, t itself never. */
static struct piece *
piece_take(struct defrag *g, struct tracker *t, uint32_t header_n, uint32_t n)
{
	struct piece *q = pool_take(g->pool, piece_size(header_n, n));

	for (unsigned i = 0; !q && i < EVICT_TRIES && g->oldest != t; i++) {
		counter_inc(g->cnt, C_DEFRAG_EVICTED);
		drop(g, g->oldest);
		q = pool_take(g->pool, piece_size(header_n, n));
	}
	return q;
}

static bool
keep(struct defrag *g, struct tracker *t, const struct fragment *f)
{
	uint32_t header_n = f->offset == 0 && !t->head ? f->header.n : 0;
	struct piece *q = t->pieces < PIECES_MAX ? piece_take(g, t, header_n, f->data.n) : NULL;

	if (!q)
		return false;
	*q = (struct piece) { .offset = f->offset, .n = f->data.n, .header_n = header_n, .next_at = f->next_at,
		.next_proto = f->next_proto };
	if (header_n)
		memcpy(q->bytes, f->header.p, header_n);
	if (f->data.n)
		memcpy(q->bytes + header_n, f->data.p, f->data.n);
	*(t->tail ? &t->tail->next : &t->first) = q;
	t->tail = q;
	t->pieces++;
	if (header_n)
		t->head = q;
	return true;
}

/* ---- putting together ---- */

/* Whether the piece that came later takes a block that the earlier one holds. */
static bool
newer_wins(enum defrag_policy policy, const struct piece *old, const struct piece *new)
{
	switch (policy) {
	case DEFRAG_BSD:
		return new->offset < old->offset;
	case DEFRAG_BSD_RIGHT:
		return new->offset >= old->offset;
	case DEFRAG_LINUX:
		return new->offset <= old->offset;
	case DEFRAG_WINDOWS:
		return new->offset < old->offset && new->offset + new->n > old->offset + old->n;
	case DEFRAG_SOLARIS:
		return new->offset < old->offset && new->offset + new->n >= old->offset + old->n;
	case DEFRAG_FIRST:
		return false;
	case DEFRAG_LAST:
		return true;
	}
	return false;
}

static void
place(struct defrag *g, struct piece *q, enum defrag_policy policy, uint8_t *out, uint32_t total)
{
	const uint8_t *data = q->bytes + q->header_n;

	for (uint32_t at = 0; at < q->n && q->offset + at < total; at += 8) {
		uint32_t block = (q->offset + at) / 8, n = q->n - at < 8 ? q->n - at : 8, from = 0;

		if (q->offset + at + n > total)
			n = total - q->offset - at;
		if (g->owner[block] && !newer_wins(policy, g->owner[block], q))
			from = g->filled[block]; /* only what the owner does not reach */
		else
			g->owner[block] = q;
		if (from < n)
			memcpy(out + q->offset + at + from, data + at + from, n - from);
		if (n > g->filled[block])
			g->filled[block] = (uint8_t) n;
	}
}

/* Every byte below total was written: blocks may be marked and yet be short. */
static bool
filled(const struct defrag *g, uint32_t total)
{
	for (uint32_t b = 0; b < (total + 7) / 8; b++)
		if (g->filled[b] < (total - b * 8 < 8 ? total - b * 8 : 8))
			return false;
	return true;
}

static void
patch_ipv4(uint8_t *h, uint32_t header_n, uint32_t total)
{
	uint32_t len = header_n + total;
	uint16_t sum;

	h[2] = (uint8_t) (len >> 8);
	h[3] = (uint8_t) len;
	h[6] &= 0x40; /* DF stays as it was; no more fragments, no offset */
	h[7] = 0;
	h[10] = h[11] = 0;
	sum = checksum_fold(span_of(h, header_n), 0);
	h[10] = (uint8_t) (sum >> 8);
	h[11] = (uint8_t) sum;
}

static void
patch_ipv6(uint8_t *h, const struct piece *head, uint32_t total)
{
	uint32_t len = head->header_n - 40 + total;

	h[4] = (uint8_t) (len >> 8);
	h[5] = (uint8_t) len;
	h[head->next_at] = head->next_proto;
}

/* The datagram of a complete tracker, in one of d's buffers; SPAN_NONE when it cannot be. */
static struct span
assemble(struct decode *d, const struct packet *p, struct tracker *t)
{
	struct defrag *g = d->defrag;
	enum defrag_policy policy = d->policy_of ? d->policy_of(d->policy_arg, &t->key.dst) : DEFRAG_BSD;
	uint32_t header_n = t->head->header_n, blocks = (t->total + 7) / 8;
	uint32_t link_n = (uint32_t) (p->l3.p - p->frame.p);
	uint8_t *out;

	if (d->assembled == DECODE_ASSEMBLED || header_n + t->total > DATAGRAM_MAX + (t->key.version == 6 ? 40 : 0))
		return SPAN_NONE;
	out = d->buffers[d->assembled] + DECODE_LINK_MAX;
	if (link_n <= DECODE_LINK_MAX)
		memcpy(out - link_n, p->frame.p, link_n);
	memset(g->owner, 0, blocks * sizeof(g->owner[0]));
	memset(g->filled, 0, blocks);
	memcpy(out, t->head->bytes, header_n);
	for (struct piece *q = t->first; q; q = q->next)
		place(g, q, policy, out + header_n, t->total);
	if (!filled(g, t->total))
		return SPAN_NONE;
	if (t->key.version == 4)
		patch_ipv4(out, header_n, t->total);
	else
		patch_ipv6(out, t->head, t->total);
	d->assembled++;
	return span_of(out, header_n + t->total);
}

static void
deliver(struct decode *d, struct packet *p, struct tracker *t)
{
	bool v4 = t->key.version == 4;
	struct span whole = assemble(d, p, t);

	drop(d->defrag, t);
	if (whole.n == 0) {
		packet_event_set(p, v4 ? EV_IPV4_FRAG_IGNORED : EV_IPV6_FRAG_IGNORED);
		counter_inc(d->cnt, C_DEFRAG_IGNORED);
		return;
	}
	counter_inc(d->cnt, v4 ? C_DEFRAG_REASSEMBLED4 : C_DEFRAG_REASSEMBLED6);
	decode_tunnel(d, p, whole, PKT_SRC_DEFRAG, v4 ? layer_ipv4_decode : layer_ipv6_decode);
}

static void
ignore(struct decode *d, struct packet *p, enum packet_event e)
{
	packet_event_set(p, e);
	counter_inc(d->cnt, C_DEFRAG_IGNORED);
}

void
defrag_add(struct decode *d, struct packet *p, const struct fragment *given)
{
	struct fragment cut = *given, *f = &cut;
	struct defrag *g = d->defrag;
	bool v4 = p->ip_version == 4;
	struct tracker *t;
	uint32_t end;

	if (f->more)
		f->data.n &= ~7u; /* only the last piece may end inside a block: receivers cut the rest off */
	end = f->offset + f->data.n;
	expire(g, p->ts);
	if (end + (v4 ? f->header.n : f->header.n - 40) > DATAGRAM_MAX) {
		ignore(d, p, v4 ? EV_IPV4_FRAG_PKT_TOO_LARGE : EV_IPV6_FRAG_PKT_TOO_LARGE);
		return;
	}
	if (f->data.n == 0)
		return;
	t = tracker_of(g, p, f);
	if (!t || !keep(g, t, f)) {
		ignore(d, p, v4 ? EV_IPV4_FRAG_IGNORED : EV_IPV6_FRAG_IGNORED);
		return;
	}
	if (!f->more && t->total == 0)
		t->total = end;
	if (cover(t, f->offset, f->data.n))
		packet_event_set(p, v4 ? EV_IPV4_FRAG_OVERLAP : EV_IPV6_FRAG_OVERLAP);
	if (complete(t))
		deliver(d, p, t);
}
