#include "engine/services.h"

#include <stdlib.h>

#include "base/hash.h"

#define WAYS 4

struct entry {
	struct service_key key;
	bool used;
	uint32_t stamp;
	struct event_facts facts;
};

struct services {
	struct entry *e;
	uint32_t *live; /* indexes in the order of their first packet this second */
	uint32_t n_live, buckets, stamp;
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
	s->live = calloc((size_t) s->buckets * WAYS, sizeof(*s->live));
	if (!s->e || !s->live) {
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
	free(s->live);
	free(s);
}

/* `hint`: where it was, from 1; 0: not known. */
static struct entry *
entry_of(struct services *s, struct emit *em, const struct service_key *k, int64_t now, uint32_t *hint)
{
	if (*hint && s->e[*hint - 1].used && memcmp(&s->e[*hint - 1].key, k, sizeof(*k)) == 0)
		return &s->e[*hint - 1];

	uint64_t h = hash_bytes(k, sizeof(*k), s->seed);
	struct entry *set = &s->e[(h & (s->buckets - 1)) * WAYS], *empty = NULL, *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (!set[i].used) {
			if (!empty)
				empty = &set[i];
			continue;
		}
		if (memcmp(&set[i].key, k, sizeof(*k)) == 0) {
			*hint = (uint32_t) (&set[i] - s->e) + 1;
			return &set[i];
		}
		if (set[i].stamp < oldest->stamp)
			oldest = &set[i];
	}
	if (!empty) { /* told early; its place in `live` serves the new one */
		emit_facts(em, &oldest->key, &oldest->facts, now);
		empty = oldest;
	} else {
		s->live[s->n_live++] = (uint32_t) (empty - s->e);
	}
	*empty = (struct entry) { .key = *k, .used = true, .stamp = s->stamp++ };
	*hint = (uint32_t) (empty - s->e) + 1;
	return empty;
}

/* `turn`: the flow took the server for its client. */
static void
facts_add(struct event_facts *to, const struct event_facts *added, int turn)
{
	to->flows += added->flows;
	for (int d = 0; d < 2; d++) {
		to->packets[d ^ turn] += added->packets[d];
		to->bytes[d ^ turn] += added->bytes[d];
		to->payload[d ^ turn] += added->payload[d];
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
	struct service_key k;
	uint32_t hint = ses->service;

	memset(&k, 0, sizeof(k));
	int server = ses->answer_first ? TO_SERVER : TO_CLIENT; /* the client's SYN was lost, or is not mirrored */
	k.server = flow_addr(f, server);
	k.port = flow_port(f, server);
	k.proto = f->path.proto;
	k.ip_version = f->path.ip_version;
	facts_add(&entry_of(s, em, &k, now, &hint)->facts, added, ses->answer_first);
	ses->service = (uint16_t) (hint <= UINT16_MAX ? hint : 0);
}

void
services_tell(struct services *s, struct emit *em, int64_t now)
{
	for (uint32_t i = 0; i < s->n_live; i++) {
		struct entry *e = &s->e[s->live[i]];
		emit_facts(em, &e->key, &e->facts, now);
		e->used = false;
	}
	s->n_live = 0;
	s->stamp = 0;
}
