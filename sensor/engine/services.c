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
	uint32_t n, buckets, stamp;
	uint64_t seed;
};

struct services *
services_new(uint32_t entries, uint64_t hash_seed)
{
	struct services *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->seed = hash_seed;
	for (s->buckets = 64; s->buckets * WAYS < entries;)
		s->buckets *= 2;
	s->e = calloc((size_t) s->buckets * WAYS, sizeof(*s->e));
	s->table = calloc((size_t) s->buckets * WAYS, sizeof(*s->table));
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

static struct entry *
entry_of(struct services *s, struct emit *em, const struct flow *f, bool a, int64_t now)
{
	struct service_key k;
	uint32_t at = UINT32_MAX;
	struct entry *e, *oldest = NULL;

	memset(&k, 0, sizeof(k));
	k.server = flow_addr_at(f, a);
	k.port = a ? f->path.a_port : f->path.b_port;
	k.proto = f->path.proto;
	k.ip_version = f->path.ip_version;
	uint64_t words[] = { k.server.q[0], k.server.q[1], k.port | (uint64_t) k.proto << 16 | (uint64_t) k.ip_version << 24 };
	uint32_t first = (uint32_t) (hash_bytes(words, sizeof(words), s->seed) & (s->buckets - 1)) * WAYS;
	for (uint32_t i = first; i < first + WAYS; i++) {
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

/* `turn`: the flow took the server for its client. */
static void
facts_add(struct event_facts *to, const struct event_facts *added, int turn)
{
	to->flows += added->flows;
	if (!turn) /* nearly always, and several at a time */
		for (int d = 0; d < 2; d++) {
			to->packets[d] += added->packets[d];
			to->bytes[d] += added->bytes[d];
			to->payload[d] += added->payload[d];
		}
	else
		for (int d = 0; d < 2; d++) {
			to->packets[!d] += added->packets[d];
			to->bytes[!d] += added->bytes[d];
			to->payload[!d] += added->payload[d];
		}
	if (!facts_are_more(added))
		return;
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

void
services_add(struct services *s, struct emit *em, const struct flow *f, struct session *ses, const struct event_facts *added, int64_t now)
{
	int server = ses->answer_first ? TO_SERVER : TO_CLIENT; /* the client's SYN was lost, or is not mirrored */
	bool a = (server == TO_SERVER) == f->client_is_a;
	uint32_t at = ses->service; /* where it was, from 1 */
	struct entry *e = at && at <= s->n && is_at(&s->e[at - 1], f, a) ? &s->e[at - 1] : NULL;

	if (!e) {
		e = entry_of(s, em, f, a, now);
		at = (uint32_t) (e - s->e) + 1;
		ses->service = (uint16_t) (at <= UINT16_MAX ? at : 0);
	}
	facts_add(&e->facts, added, ses->answer_first);
}

void
services_fetch(const struct services *s, const struct session *ses)
{
	fetch(&s->e[ses->service ? ses->service - 1 : 0], sizeof(*s->e));
}

void
services_tell(struct services *s, struct emit *em, int64_t now)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct entry *e = &s->e[i];
		emit_facts(em, &e->key, &e->facts, now);
		s->table[e->at] = 0;
	}
	s->n = 0;
	s->stamp = 0;
}
