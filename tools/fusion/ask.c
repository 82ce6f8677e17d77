#include <jansson.h>

#include "ask.h"

#include <stdio.h>

struct span
key_of(const struct alliance *a, struct text *t, const char *tag, const char *tail)
{
	int n = snprintf(t->s, sizeof t->s, "%s{%s}:%s", a->prefix, tag, tail);

	return span_of(t->s, (size_t) (n < KEY_LEN ? n : KEY_LEN - 1));
}

struct span
number(struct text *t, int64_t v)
{
	return span_of(t->s, (size_t) snprintf(t->s, sizeof t->s, "%lld", (long long) v));
}

redisReply *
ask(struct cluster *c, struct span key, const struct span *args, unsigned n, char why[static 256])
{
	redisReply *r = cluster_command(c, key, args, n);

	if (r && r->type != REDIS_REPLY_ERROR)
		return r;
	snprintf(why, 256, "%.200s", r ? r->str : cluster_why(c));
	if (r)
		freeReplyObject(r);
	return NULL;
}

bool
ask_int(struct cluster *c, struct span key, const struct span *args, unsigned n, long long *out, char why[static 256])
{
	redisReply *r = ask(c, key, args, n, why);

	if (!r)
		return false;
	*out = r->type == REDIS_REPLY_INTEGER ? r->integer : 0;
	freeReplyObject(r);
	return true;
}

bool
drop(struct alliance *a, struct span key, const char *verb, struct span field, char why[static 256])
{
	struct span args[3] = { span_str(verb), key, field };
	long long v;

	return ask_int(a->to, key, args, field.n ? 3 : 2, &v, why);
}
