/*
 * tags - see tags.h. The packet that began a tag counts, and is not logged again: its alert was.
 *
 * Semantics: Suricata 8 user guide, "Tag".
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/detect/marks.h"
#include "engine/detect/tags.h"

#define FLOW_TAGS 8   /* of a flow */
#define HOST_SETS 512
#define WAYS 8

struct tag {
	const void *rule;            /* tells rules apart, and may be gone: never looked into; NULL: free */
	struct tag_spec spec;
	int64_t begin;
	uint64_t n;                  /* packets or bytes so far */
	bool old;                    /* its first packet is past */
};
struct flow_tag {
	struct flow_tag *next;
	struct tag tag;
};
struct host_tag {
	struct addr addr;
	struct tag tag;
};
struct host_tags {
	uint32_t used;
	struct host_tag entry[HOST_SETS * WAYS];
};

struct host_tags *
host_tags_new(void)
{
	return calloc(1, sizeof(struct host_tags));
}

void
host_tags_free(struct host_tags *t)
{
	free(t);
}

/* 1: log this packet, 0: not this one, -1: the tag is over. */
static int
count(struct tag *t, const struct packet *p)
{
	bool old = t->old;

	t->old = true;
	switch (t->spec.metric) {
	case TAG_PACKETS:
		if (++t->n > t->spec.count)
			return -1;
		break;
	case TAG_BYTES:
		if ((t->n += p->wire_len) > t->spec.count)
			return -1;
		break;
	case TAG_SECONDS:
		if ((p->ts - t->begin) / NS_PER_S > (int64_t) t->spec.count)
			return -1;
		break;
	}
	return old;
}

void
tag_flow(struct marks *m, struct pool *pool, const struct tag_spec *s, const struct packet *p)
{
	struct marks_kept *kept = marks_keep(m, pool, 0);
	struct flow_tag **at;
	unsigned n = 0;

	if (!kept)
		return;
	for (at = &kept->tags; *at; at = &(*at)->next, n++)
		if ((*at)->tag.rule == s)
			return;
	if (n == FLOW_TAGS || !(*at = pool_ztake(pool, sizeof(**at))))
		return;
	(*at)->tag = (struct tag) { .rule = s, .spec = *s, .begin = p->ts };
}

static struct host_tag *
set_of(struct host_tags *t, const struct addr *a)
{
	return &t->entry[(hash_bytes(a, sizeof(*a), 0) % HOST_SETS) * WAYS];
}

void
tag_host(struct host_tags *t, const struct tag_spec *s, const struct packet *p)
{
	const struct addr *a = s->by_src ? &p->src : &p->dst;
	struct host_tag *set = set_of(t, a), *place = &set[0];

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].tag.rule == s && addr_eq(&set[i].addr, a))
			return;
		if (place->tag.rule && (!set[i].tag.rule || set[i].tag.begin < place->tag.begin))
			place = &set[i];
	}
	t->used += place->tag.rule == NULL;
	*place = (struct host_tag) { *a, { .rule = s, .spec = *s, .begin = p->ts } };
}

static bool
host_count(struct host_tags *t, const struct addr *a, const struct packet *p)
{
	struct host_tag *set = set_of(t, a);
	bool yes = false;

	for (unsigned i = 0; i < WAYS; i++) {
		if (!set[i].tag.rule || !addr_eq(&set[i].addr, a))
			continue;
		int r = count(&set[i].tag, p);
		yes = yes || r > 0;
		if (r < 0) {
			set[i].tag.rule = NULL;
			t->used--;
		}
	}
	return yes;
}

bool
tags_count(struct marks *m, struct pool *pool, struct host_tags *t, const struct packet *p)
{
	bool yes = false;

	for (struct flow_tag **at = m && m->kept ? &m->kept->tags : NULL; at && *at;) {
		struct flow_tag *k = *at;
		int r = count(&k->tag, p);

		yes = yes || r > 0;
		if (r < 0) {
			*at = k->next;
			pool_give(pool, k, sizeof(*k));
		} else
			at = &k->next;
	}
	if (t && t->used && p->ip_version) {
		yes |= host_count(t, &p->src, p);
		yes |= host_count(t, &p->dst, p);
	}
	return yes;
}

void
tags_clear(struct marks *m, struct pool *pool)
{
	while (m->kept && m->kept->tags) {
		struct flow_tag *gone = m->kept->tags;
		m->kept->tags = gone->next;
		pool_give(pool, gone, sizeof(*gone));
	}
}
