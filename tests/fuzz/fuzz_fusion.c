/*
 * fuzz_fusion - what fusion reads from Redis: bytes as an answer with a stream's entries, and as a record; whatever is accepted is joined
 * with itself as another sensor's and assessed, and the bands are in order.
 */
#include <jansson.h>

#include "law_fuzz.h"

#include "../../tools/fusion/cluster.h"
#include "../../tools/fusion/fuse.h"
#include "../../tools/fusion/record.h"

#include "pipeline/output/redis_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct packs packs;

static int
band_of(const json_t *party, const char *key)
{
	const char *t = json_string_value(json_object_get(party, key));

	return packs_band(&packs, t ? t : "");
}

static void
join(const struct record *r, const char *sensor)
{
	struct fuse_member m[2] = { { sensor, r->incident }, { "other", r->incident } };
	struct fuse_in in = { &packs, &effects, m, 2, "A-20260101-00000000", 1, r->n_links * 10.0, r->n_links % 2 };
	char why[256];
	json_t *doc = fuse(&in, why), *p;
	const char *name;

	json_object_foreach(json_object_get(doc, "parties"), name, p)
		if (band_of(p, "lo") < 0 || band_of(p, "lo") > band_of(p, "likely") || band_of(p, "likely") > band_of(p, "hi"))
			abort();
	json_decref(doc);
}

static void
take(struct span json)
{
	struct record r;
	char why[128];

	if (record_read(&r, json, "s", why) == 0)
		join(&r, "s");
	record_clear(&r);
}

static void
take_answer(const uint8_t *data, size_t n)
{
	redisReader *reader = redis_reader_new();
	void *reply = NULL;

	redisReaderFeed(reader, (const char *) data, n);
	while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply) {
		const redisReply *r = reply;
		struct span id, json, type;
		char host[64];
		unsigned slot;
		uint16_t port;
		bool ask;
		if (r->type == REDIS_REPLY_ERROR && cluster_redirection(r->str, &ask, &slot, host, &port) && (slot >= 16384 || !port))
			abort();
		if (record_entry(r, &id, &json, &type))
			take(json);
		freeReplyObject(reply);
	}
	redisReaderFree(reader);
	if (cluster_slot(span_of(data, n)) >= 16384)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct diag d;

	if (!packs.n_parties) {
		read_effects();
		diag_init(&d, 0);
		if (packs_read(&packs, shipped("policy"), &effects, &d) < 0)
			exit(1);
		diag_clear(&d);
	}
	if (n && data[0] == '{')
		take(span_of(data, n));
	else
		take_answer(data, n);
	return 0;
}
