#include "pipeline/output/release_send.h"

#include <stdio.h>

#include "base/err.h"

static const char script[] = "local h = redis.call('HGET', KEYS[2], ARGV[1]) "
			     "if h then local e, s = string.match(h, '^(%S*) (%d+)$') "
			     "if e == ARGV[2] and tonumber(s) >= tonumber(ARGV[3]) then return 0 end end "
			     "redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'j', ARGV[5], 't', ARGV[6], 'e', ARGV[7]) "
			     "redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ' ' .. ARGV[3]) return 1";

int
release_command(struct release_command *c, const struct redis_names *n, const struct release_item *i)
{
	char tag[64];
	int len = snprintf(tag, sizeof tag, "party-%s", i->party);

	if (len < 0 || len >= (int) sizeof tag || redis_key(c->key[0], n, tag, "release") < 0 || redis_key(c->key[1], n, tag, "released") < 0)
		return E_LIMIT;
	c->args[0] = SPAN_LIT("EVAL");
	c->args[1] = SPAN_LIT(script);
	c->args[2] = SPAN_LIT("2");
	c->args[3] = span_str(c->key[0]);
	c->args[4] = span_str(c->key[1]);
	c->args[5] = span_str(i->source);
	c->args[6] = span_str(i->epoch);
	c->args[7] = span_of(c->number, (size_t) snprintf(c->number, sizeof c->number, "%llu", (unsigned long long) i->number));
	c->args[8] = span_of(c->length, (size_t) snprintf(c->length, sizeof c->length, "%u", n->maxlen));
	c->args[9] = i->json;
	c->args[10] = i->type;
	c->args[11] = i->eid;
	return 12;
}
