/* A Redis that answers anything: to XINFO, XRANGE and to a batch. */
#include <stdlib.h>

#include "pipeline/output/redis_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct redis_names names = { .prefix = "casus:1:", .sensor = "s", .maxlen = 1000, .fresh = true };

static void
batch_make(struct redis_batch *b)
{
	static const uint8_t hosts[16] = { 1, 2, 3 };
	struct journal_record r = { .seq = 1, .ms = 5, .type = SPAN_LIT("alert"), .eid = SPAN_LIT("e"), .json = SPAN_LIT("{}") };

	if (redis_batch_init(b) < 0 || redis_batch_add(b, &names, &r) < 0)
		abort();
	r.type = SPAN_LIT("incident");
	r.incident = SPAN_LIT("i");
	r.hosts = span_of(hosts, sizeof hosts);
	r.revision = 1;
	if (redis_batch_add(b, &names, &r) < 0 || redis_batch_close(b, &names) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	redisReader *reader = redis_reader_new();
	struct redis_batch b;
	struct redis_id id;
	struct span key, value;
	unsigned aside = 0;
	void *reply = NULL;
	int rc = 0;

	batch_make(&b);
	redisReaderFeed(reader, (const char *) data, size);
	while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply) {
		redis_last_id(reply, &id);
		redis_first_seq(reply, "e");
		for (size_t i = 0; redis_entry(reply, i, "y", &key, &value); i++)
			if (value.n && !memchr(value.p, 0, value.n) && strlen((const char *) value.p) != value.n)
				abort();
		if (rc == 0)
			rc = redis_batch_reply(&b, reply, &aside);
		freeReplyObject(reply);
		reply = NULL;
	}
	redisReaderFree(reader);
	redis_batch_clear(&b);
	return 0;
}
