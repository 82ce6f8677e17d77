#include "pipeline/record.h"

#include <endian.h>

#include "base/hash.h"

#define SEED_HIGH UINT64_C(0x6361737573000001)
#define SEED_LOW UINT64_C(0x6361737573000002)

struct text {
	uint8_t b[512];
	size_t n;
};

static inline void
add(struct text *t, const void *p, size_t n)
{
	if (t->n + n > sizeof t->b)
		n = sizeof t->b - t->n;
	memcpy(t->b + t->n, p, n);
	t->n += n;
}

static void
add_str(struct text *t, const char *s)
{
	add(t, s, strlen(s) + 1);
}

static inline void
add_u64(struct text *t, uint64_t v)
{
	v = htole64(v);
	add(t, &v, sizeof v);
}

static void
finish(const struct text *t, char out[static RECORD_EID_LEN])
{
	uint64_t h[2] = { hash_bytes(t->b, t->n, SEED_HIGH), hash_bytes(t->b, t->n, SEED_LOW) };
	uint64_t b[2] = { htole64(h[0]), htole64(h[1]) };

	hash_hex((const uint8_t *) b, sizeof b, out);
}

void
record_eid_event(struct record_name *n, const struct event *e, const struct card *card)
{
	struct text t = { .n = 0 };

	add_str(&t, n->sensor);
	add_str(&t, e->kind);
	add_u64(&t, e->type);
	add_u64(&t, (uint64_t) e->ts);
	add_u64(&t, e->pcap_cnt);
	add_u64(&t, e->order);
	add_u64(&t, e->order2);
	add_u64(&t, e->flow_id);
	add_u64(&t, e->flags & EVENT_F_TX ? e->tx_id + 1 : 0);
	add(&t, e->src.b, 16);
	add(&t, e->dst.b, 16);
	add_u64(&t, (uint64_t) e->sport << 24 | (uint64_t) e->dport << 8 | e->proto);
	if (card)
		add_u64(&t, (uint64_t) card->gid << 32 | card->sid);
	finish(&t, n->eid);
}

void
record_eid_plain(struct record_name *n, const char *type)
{
	struct text t = { .n = 0 };

	add_str(&t, n->sensor);
	add_str(&t, n->epoch);
	add_str(&t, type);
	add_u64(&t, n->seq);
	finish(&t, n->eid);
}

struct span
record_head(char room[static RECORD_HEAD_MAX], const char *sensor, const char *epoch)
{
	struct json j;

	json_init(&j, room, RECORD_HEAD_MAX);
	json_object(&j, NULL);
	json_u64(&j, "v", RECORD_VERSION);
	json_str(&j, "sensor", sensor);
	json_str(&j, "epoch", epoch);
	return span_of(room + 1, j.n - 1);
}

void
record_begin(struct json *j, const struct record_name *n)
{
	json_object(j, "casus");
	json_raw(j, NULL, n->head);
	json_u64(j, "seq", n->seq);
	json_span(j, "eid", span_of(n->eid, RECORD_EID_LEN - 1));
}
