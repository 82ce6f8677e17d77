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
facts_add(struct event_facts *to, const struct event_facts *all, const struct event_facts *before, int turn)
{
	to->flows += all->flows - before->flows;
	for (int d = 0; d < 2; d++) {
		to->packets[d ^ turn] += all->packets[d] - before->packets[d];
		to->bytes[d ^ turn] += all->bytes[d] - before->bytes[d];
		to->payload[d ^ turn] += all->payload[d] - before->payload[d];
	}
	/* seldom with a packet */
	if (memcmp(&all->syn, &before->syn, sizeof(*all) - offsetof(struct event_facts, syn)) == 0)
		return;
	to->syn += all->syn - before->syn;
	to->synack += all->synack - before->synack;
	to->rst += all->rst - before->rst;
	to->fin += all->fin - before->fin;
	to->requests += all->requests - before->requests;
	to->responses += all->responses - before->responses;
	to->failures += all->failures - before->failures;
	for (int k = 0; k < OT_KINDS; k++)
		to->ot[k] += all->ot[k] - before->ot[k];
	to->lost += all->lost - before->lost;
}

void
services_add(struct services *s, struct emit *em, const struct flow *f, struct session *ses, const struct event_facts *before, int64_t now)
{
	struct service_key k;

	memset(&k, 0, sizeof(k));
	int server = ses->answer_first ? TO_SERVER : TO_CLIENT; /* the client's SYN was lost, or is not mirrored */
	k.server = *flow_addr(f, server);
	k.port = flow_port(f, server);
	k.proto = f->key.proto;
	k.ip_version = f->key.ip_version;
	facts_add(&entry_of(s, em, &k, now, &ses->service)->facts, &ses->facts, before, ses->answer_first);
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
