#include "engine/services.h"

#include <stdlib.h>

#include "base/hash.h"

#define WAYS 4

struct entry {
	struct service_key key;
	uint32_t stamp, at; /* at: its place in the table */
	struct event_facts facts;
};

/* Entries lie in the order of their first packet this second, so that few lines of memory are in use, the same every second. */
struct services {
	struct entry *e;
	uint32_t *table; /* of entries, from 1; 0: none */
	uint32_t n, buckets, most, stamp; /* most: buckets there is room for; a few are in use, as they stay in the cache */
	uint64_t seed;
};

#define BUCKETS_MIN 64u

struct services *
services_new(uint32_t entries, uint64_t hash_seed)
{
	struct services *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->seed = hash_seed;
	s->buckets = BUCKETS_MIN;
	for (s->most = BUCKETS_MIN; s->most * WAYS < entries;)
		s->most *= 2;
	s->e = calloc((size_t) s->most * WAYS, sizeof(*s->e));
	s->table = calloc((size_t) s->most * WAYS, sizeof(*s->table));
	if (!s->e || !s->table) {
		services_free(s);
		return NULL;
	}
	return s;
}

void
services_free(struct services *s)
{
	if (!s)
		return;
	free(s->e);
	free(s->table);
	free(s);
}

/* The server, or whom the flow takes for its client, is at that end of it. */
static inline bool
is_at(const struct entry *e, const struct flow *f, bool a)
{
	if (e->key.port != (a ? f->path.a_port : f->path.b_port) || e->key.proto != f->path.proto || e->key.ip_version != f->path.ip_version)
		return false;
	return f->path.ip_version == 4 ? e->key.server.w[3] == f->at.v4[!a] : addr_eq(&e->key.server, &f->at.v6[!a]);
}

static uint32_t
bucket_of(const struct services *s, const struct service_key *k)
{
	uint64_t words[] = { k->server.q[0], k->server.q[1], k->port | (uint64_t) k->proto << 16 | (uint64_t) k->ip_version << 24 };

	return (uint32_t) (hash_bytes(words, sizeof(words), s->seed) & (s->buckets - 1)) * WAYS;
}

/* All entries into the table again, in twice the buckets or more, until each holds its own; in the largest some are left out, and are
 * told like the others. */
static void
rehash(struct services *s)
{
	uint32_t i;

	do {
		s->buckets *= 2;
		memset(s->table, 0, (size_t) s->buckets * WAYS * sizeof(*s->table));
		for (i = 0; i < s->n; i++) {
			uint32_t at = bucket_of(s, &s->e[i].key), end = at + WAYS;
			while (at < end && s->table[at])
				at++;
			if (at == end && s->buckets < s->most)
				break;
			if (at == end)
				continue;
			s->table[at] = i + 1;
			s->e[i].at = at;
		}
	} while (i < s->n);
}

void
services_tell(struct services *s, struct emit *em, int64_t now)
{
	for (uint32_t i = 0; i < s->n; i++)
		emit_facts(em, &s->e[i].key, &s->e[i].facts, now);
	memset(s->table, 0, (size_t) s->buckets * WAYS * sizeof(*s->table));
	for (s->buckets = BUCKETS_MIN; s->buckets < s->most && s->buckets < 4 * s->n;) /* the next second will be much the same */
		s->buckets *= 2;
	s->n = 0;
	s->stamp = 0;
}

static __attribute__((noinline)) struct entry *
entry_of(struct services *s, struct emit *em, const struct flow *f, bool a, int64_t now)
{
	struct service_key k;
	uint32_t at;
	struct entry *e, *oldest;

	if (s->n == s->most * WAYS)
		services_tell(s, em, now);
	memset(&k, 0, sizeof(k));
	k.server = flow_addr_at(f, a);
	k.port = a ? f->path.a_port : f->path.b_port;
	k.proto = f->path.proto;
	k.ip_version = f->path.ip_version;
again:
	at = UINT32_MAX;
	oldest = NULL;
	for (uint32_t first = bucket_of(s, &k), i = first; i < first + WAYS; i++) {
		if (!s->table[i]) {
			if (at == UINT32_MAX)
				at = i;
			continue;
		}
		e = &s->e[s->table[i] - 1];
		if (is_at(e, f, a))
			return e;
		if (!oldest || e->stamp < oldest->stamp)
			oldest = e;
	}
	if (at == UINT32_MAX && s->buckets < s->most) {
		rehash(s);
		goto again;
	}
	if (at == UINT32_MAX) { /* told early; the new one takes its place */
		emit_facts(em, &oldest->key, &oldest->facts, now);
		e = oldest;
		at = e->at;
	} else {
		e = &s->e[s->n++];
		s->table[at] = s->n;
	}
	*e = (struct entry) { .key = k, .stamp = s->stamp++, .at = at };
	return e;
}

/* Its bytes, by who sent them. `turn`: the flow took the server for its client. */
static void
sizes_add(struct event_facts *to, const struct packet *p, int turn)
{
	int d = p->dir ^ turn;

	to->packets[d]++;
	to->bytes[d] += p->l3.n;
	to->payload[d] += p->payload.n;
}

static __attribute__((noinline)) void
facts_add(struct event_facts *to, const struct event_facts *added)
{
	to->syn += added->syn;
	to->synack += added->synack;
	to->rst += added->rst;
	to->fin += added->fin;
	to->requests += added->requests;
	to->responses += added->responses;
	to->failures += added->failures;
	for (int k = 0; k < OT_KINDS; k++)
		to->ot[k] += added->ot[k];
	to->lost += added->lost;
}

static inline void
add(struct entry *e, const struct session *ses, const struct packet *p, const struct event_facts *added, bool more)
{
	if (p)
		sizes_add(&e->facts, p, ses->answer_first);
	e->facts.flows += added->flows;
	if (more)
		facts_add(&e->facts, added);
}

/* The end of the flow at which its service is: a or b. */
static inline bool
service_at(const struct flow *f, const struct session *ses)
{
	return f->client_is_a == ses->answer_first; /* the client's SYN was lost, or is not mirrored */
}

static __attribute__((noinline)) void
add_elsewhere(struct services *s, struct emit *em, const struct flow *f, struct session *ses, const struct packet *p, const struct event_facts *added,
    bool more)
{
	struct entry *e = entry_of(s, em, f, service_at(f, ses), p ? p->ts : f->last);
	uint32_t at = (uint32_t) (e - s->e) + 1;

	ses->service = (uint16_t) (at <= UINT16_MAX ? at : 0);
	add(e, ses, p, added, more);
}

void
services_add(struct services *s, struct emit *em, const struct flow *f, struct session *ses, const struct packet *p, const struct event_facts *added,
    bool more)
{
	uint32_t at = ses->service; /* where it was, from 1 */

	if (at && at <= s->n && is_at(&s->e[at - 1], f, service_at(f, ses)))
		add(&s->e[at - 1], ses, p, added, more);
	else
		add_elsewhere(s, em, f, ses, p, added, more);
}

void
services_fetch(const struct services *s, const struct session *ses)
{
	fetch(&s->e[ses->service ? ses->service - 1 : 0], sizeof(*s->e));
}
