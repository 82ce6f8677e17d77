#include <jansson.h>

#include "hosts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crowd.h"

#define DIGITS (CROWD_TEXT - 1)

/* ---- of one sensor ---- */

static bool
sketch_good(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING && r->len >= 16 && r->len <= 12304 && memcmp(r->str, "HYLL", 4) == 0 &&
	    ((r->str[4] == 0 && r->len == 12304) || r->str[4] == 1);
}

static bool
list_good(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING && r->len && r->len % DIGITS == 0 && r->len <= CROWD_WHOLE * DIGITS;
}

static struct span
field_key(const struct alliance *a, struct text *t, const char *id, const char *what, const char *field)
{
	char tail[128];

	snprintf(tail, sizeof tail, "%s:%.100s", what, field);
	return key_of(a, t, id, tail);
}

/* The value, or none where it is empty. */
static bool
keep(struct alliance *a, const char *id, const char *what, const char *field, struct span value, char why[static 256])
{
	struct text t;
	struct span set[3] = { SPAN_LIT("SET"), field_key(a, &t, id, what, field), value };
	redisReply *r;

	if (!value.n)
		return drop(a, set[1], "DEL", SPAN_NONE, why);
	r = ask(a->to, set[1], set, 3, why);
	if (r)
		freeReplyObject(r);
	return r != NULL;
}

static redisReply *
get(struct cluster *c, struct span key, char why[static 256])
{
	struct span args[2] = { SPAN_LIT("GET"), key };

	return ask(c, key, args, 2, why);
}

static bool
copy_sketch(struct alliance *a, const char *id, const char *sensor, const char *incident, const char *field, char why[static 256])
{
	struct text t;
	redisReply *r = get(a->from, field_key(a, &t, incident, "hosts", sensor), why);
	bool good = r && (!sketch_good(r) || keep(a, id, "hosts", field, span_of(r->str, r->len), why));

	if (r)
		freeReplyObject(r);
	return good;
}

/* The hosts' hashes one behind the other; none where there is no such key, or another thing than a sensor writes. */
static struct span
packed(const redisReply *r, char room[static CROWD_WHOLE * DIGITS])
{
	size_t n = r->type == REDIS_REPLY_ARRAY && r->elements <= CROWD_WHOLE ? r->elements : 0;

	for (size_t i = 0; i < n; i++) {
		if (r->element[i]->type != REDIS_REPLY_STRING || r->element[i]->len != DIGITS)
			return SPAN_NONE;
		memcpy(&room[i * DIGITS], r->element[i]->str, DIGITS);
	}
	return n ? span_of(room, n * DIGITS) : SPAN_NONE;
}

static bool
copy_few(struct alliance *a, const char *id, const char *sensor, const char *incident, const char *field, char why[static 256])
{
	char room[CROWD_WHOLE * DIGITS];
	struct text t;
	struct span args[4] = { SPAN_LIT("ZRANGE"), field_key(a, &t, incident, "few", sensor), SPAN_LIT("0"), SPAN_LIT("-1") };
	redisReply *r = ask(a->from, args[1], args, 4, why);
	bool good = r && keep(a, id, "few", field, packed(r, room), why);

	if (r)
		freeReplyObject(r);
	return good;
}

bool
hosts_copy(struct alliance *a, const char *id, const char *sensor, const char *incident, const char *field, char why[static 256])
{
	return copy_sketch(a, id, sensor, incident, field, why) && copy_few(a, id, sensor, incident, field, why);
}

bool
hosts_move(struct alliance *a, const char *from, const char *id, const char *field, char why[static 256])
{
	struct text t;
	redisReply *sketch = get(a->to, field_key(a, &t, from, "hosts", field), why);
	redisReply *few = get(a->to, field_key(a, &t, from, "few", field), why);
	bool good = sketch && few;

	if (good && sketch_good(sketch))
		good = keep(a, id, "hosts", field, span_of(sketch->str, sketch->len), why);
	if (good && list_good(few))
		good = keep(a, id, "few", field, span_of(few->str, few->len), why);
	if (sketch)
		freeReplyObject(sketch);
	if (few)
		freeReplyObject(few);
	return good;
}

bool
hosts_drop(struct alliance *a, const char *id, const char *field, char why[static 256])
{
	struct text t;

	return drop(a, field_key(a, &t, id, "hosts", field), "DEL", SPAN_NONE, why) && drop(a, field_key(a, &t, id, "few", field), "DEL", SPAN_NONE, why);
}

/* ---- of all ---- */

static int
by_digits(const void *a, const void *b)
{
	return memcmp(a, b, DIGITS);
}

/* Different ones among the lists; negative: one of the members has none. */
static double
different(const redisReply *r)
{
	size_t n = 0, at = 0, count = 0;
	char *all;

	for (size_t i = 0; i < r->elements; i++) {
		if (!list_good(r->element[i]))
			return -1;
		n += r->element[i]->len;
	}
	all = n ? malloc(n) : NULL;
	if (!all)
		return -1;
	for (size_t i = 0; i < r->elements; at += r->element[i++]->len)
		memcpy(&all[at], r->element[i]->str, r->element[i]->len);
	qsort(all, n / DIGITS, DIGITS, by_digits);
	for (size_t i = 0; i < n; i += DIGITS)
		count += i == 0 || memcmp(&all[i], &all[i - DIGITS], DIGITS) != 0;
	free(all);
	return (double) count;
}

/* All keys of an incident lie in one slot. */
static redisReply *
of_all(struct alliance *a, const char *id, const char *const *field, unsigned n, const char *verb, const char *what, struct span into, char why[static 256])
{
	struct text *t = calloc(n + 1, sizeof *t);
	struct span *args = calloc(n + 2, sizeof *args);
	redisReply *r = NULL;
	unsigned k = 0;

	if (t && args) {
		args[k++] = span_str(verb);
		if (into.n)
			args[k++] = into;
		for (unsigned i = 0; i < n; i++)
			args[k++] = field_key(a, &t[i], id, what, field[i]);
		r = ask(a->to, args[1], args, k, why);
	}
	free(t);
	free(args);
	return r;
}

/* PFMERGE of the members' sketches, and its count. */
static bool
count_sketch(struct alliance *a, const char *id, const char *const *field, unsigned n, struct hosts *out, char why[static 256])
{
	struct text t;
	struct span count[2] = { SPAN_LIT("PFCOUNT"), key_of(a, &t, id, "hosts") };
	redisReply *r = of_all(a, id, field, n, "PFMERGE", "hosts", count[1], why);
	long long v = 0;
	bool good = r && ask_int(a->to, count[1], count, 2, &v, why);

	out->n = v > 0 ? (double) v : -1;
	out->exact = false;
	if (r)
		freeReplyObject(r);
	return good;
}

bool
hosts_count(struct alliance *a, const char *id, const char *const *field, unsigned n, struct hosts *out, char why[static 256])
{
	redisReply *r;
	double exact;

	*out = (struct hosts) { -1, false };
	if (!n)
		return true;
	if (!count_sketch(a, id, field, n, out, why))
		return false;
	r = of_all(a, id, field, n, "MGET", "few", SPAN_NONE, why);
	if (!r)
		return false;
	exact = r->type == REDIS_REPLY_ARRAY && r->elements == n ? different(r) : -1;
	if (exact >= 0)
		*out = (struct hosts) { exact, true };
	freeReplyObject(r);
	return true;
}
