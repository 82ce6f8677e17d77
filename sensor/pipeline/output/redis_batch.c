#include "pipeline/output/redis_batch.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crowd.h"
#include "base/err.h"
#include "base/hash.h"
#include "pipeline/output/redis_link.h"

enum redis_command { STREAM, ASIDE };

#define STATS_MAXLEN 8640
#define HOSTS_AT_ONCE 500

int
redis_batch_init(struct redis_batch *b)
{
	memset(b, 0, sizeof *b);
	buf_init(&b->kinds, 1U << 20);
	b->commands = evbuffer_new();
	return b->commands ? 0 : E_NOMEM;
}

void
redis_batch_clear(struct redis_batch *b)
{
	if (b->commands)
		evbuffer_free(b->commands);
	buf_clear(&b->kinds);
	memset(b, 0, sizeof *b);
}

void
redis_batch_reset(struct redis_batch *b)
{
	struct evbuffer *commands = b->commands;
	struct buf kinds = b->kinds;

	evbuffer_drain(commands, evbuffer_get_length(commands));
	buf_reset(&kinds);
	*b = (struct redis_batch) { .commands = commands, .kinds = kinds };
}

int
redis_key(char out[static REDIS_KEY_MAX], const struct redis_names *n, const char *tag, const char *tail)
{
	int len = snprintf(out, REDIS_KEY_MAX, "%s{%s}:%s", n->prefix, tag, tail);

	return len < 0 || len >= REDIS_KEY_MAX ? E_LIMIT : len;
}

static int
command(struct redis_batch *b, enum redis_command kind, const struct span *args, unsigned n)
{
	uint8_t k = (uint8_t) kind;
	int rc = redis_format(b->commands, args, n);

	if (rc < 0)
		return rc;
	if (buf_add(&b->kinds, &k, 1) < 0)
		return E_LIMIT;
	b->replies++;
	return 0;
}

static int
stream_add(struct redis_batch *b, enum redis_command kind, const char *key, uint32_t maxlen, const struct journal_record *r)
{
	char length[12], id[40];
	struct span args[12] = { SPAN_LIT("XADD"), span_str(key), SPAN_LIT("MAXLEN"), SPAN_LIT("~") };

	args[4] = span_of(length, (size_t) snprintf(length, sizeof length, "%u", maxlen));
	args[5] = span_of(id, (size_t) snprintf(id, sizeof id, "%llu-%u", (unsigned long long) r->ms, r->n));
	args[6] = SPAN_LIT("j");
	args[7] = r->json;
	args[8] = SPAN_LIT("t");
	args[9] = r->type;
	args[10] = SPAN_LIT("e");
	args[11] = r->eid;
	return command(b, kind, args, 12);
}

/* A key of the incident that only this sensor writes. */
static int
own_key(char out[static REDIS_KEY_MAX], const struct redis_names *n, const char *incident, const char *what)
{
	char tail[64];

	snprintf(tail, sizeof tail, "%s:%s", what, n->sensor);
	return redis_key(out, n, incident, tail);
}

static int
forget(struct redis_batch *b, const struct redis_names *n, const char *incident)
{
	char timeline[REDIS_KEY_MAX], hosts[REDIS_KEY_MAX], few[REDIS_KEY_MAX];
	struct span args[4] = { SPAN_LIT("DEL"), SPAN_NONE, SPAN_NONE, SPAN_NONE };

	if (redis_key(timeline, n, incident, "timeline") < 0 || own_key(hosts, n, incident, "hosts") < 0 || own_key(few, n, incident, "few") < 0)
		return E_LIMIT;
	args[1] = span_str(timeline);
	args[2] = span_str(hosts);
	args[3] = span_str(few);
	return command(b, ASIDE, args, 4);
}

static int
document(struct redis_batch *b, const struct redis_names *n, const char *incident, const struct journal_record *r)
{
	char key[REDIS_KEY_MAX], revision[12], ms[24];
	struct span args[12] = { SPAN_LIT("HSET"), SPAN_NONE, SPAN_LIT("j"), r->json, SPAN_LIT("revision"), SPAN_NONE,
		SPAN_LIT("ms"), SPAN_NONE, SPAN_LIT("e"), r->eid, SPAN_LIT("sensor"), span_str(n->sensor) };

	if (redis_key(key, n, incident, "incident") < 0)
		return E_LIMIT;
	args[1] = span_str(key);
	args[5] = span_of(revision, (size_t) snprintf(revision, sizeof revision, "%u", r->revision));
	args[7] = span_of(ms, (size_t) snprintf(ms, sizeof ms, "%llu", (unsigned long long) r->ms));
	return command(b, ASIDE, args, 12);
}

/* The hosts' hashes as 16 hex digits each, behind what stands before each of them; SPAN_NONE: nothing does. */
static int
hosts_add(struct redis_batch *b, const char *verb, const char *key, struct span each, struct span hosts)
{
	char text[HOSTS_AT_ONCE][CROWD_TEXT];
	struct span args[2 * HOSTS_AT_ONCE + 2] = { span_str(verb), span_str(key) };
	int rc = 0;

	while (rc == 0 && hosts.n >= 8) {
		unsigned k = 0, n = 2;
		for (; k < HOSTS_AT_ONCE && hosts.n >= 8; k++, hosts = span_skip(hosts, 8)) {
			hash_hex(hosts.p, 8, text[k]);
			if (each.n)
				args[n++] = each;
			args[n++] = span_of(text[k], 16);
		}
		rc = command(b, ASIDE, args, n);
	}
	return rc;
}

/* In a sketch however many they are, and one by one while all of them are told. */
static int
hosts_tell(struct redis_batch *b, const struct redis_names *n, const char *incident, const struct journal_record *r)
{
	char hosts[REDIS_KEY_MAX], few[REDIS_KEY_MAX];
	struct span del[2] = { SPAN_LIT("DEL"), SPAN_NONE };
	int rc;

	if (own_key(hosts, n, incident, "hosts") < 0 || own_key(few, n, incident, "few") < 0)
		return E_LIMIT;
	del[1] = span_str(few);
	rc = hosts_add(b, "PFADD", hosts, SPAN_NONE, r->hosts);
	if (rc == 0 && r->flags & FRAME_ALL_HOSTS)
		rc = hosts_add(b, "ZADD", few, SPAN_LIT("0"), r->hosts);
	else if (rc == 0 && r->hosts.n)
		rc = command(b, ASIDE, del, 2);
	return rc;
}

static int
incident_add(struct redis_batch *b, const struct redis_names *n, const struct journal_record *r)
{
	char incident[64], key[REDIS_KEY_MAX], all[REDIS_KEY_MAX], ms[24];
	struct span rank[4] = { SPAN_LIT("ZADD"), SPAN_NONE, SPAN_NONE, r->incident };
	bool whole = span_eq(r->type, SPAN_LIT("incident"));
	int rc = 0;

	if (r->incident.n >= sizeof incident)
		return E_LIMIT;
	memcpy(incident, r->incident.p, r->incident.n);
	incident[r->incident.n] = 0;
	if (redis_key(key, n, incident, "timeline") < 0)
		return E_LIMIT;
	snprintf(all, sizeof all, "%sincidents", n->prefix);
	rank[1] = span_str(all);
	rank[2] = span_of(ms, (size_t) snprintf(ms, sizeof ms, "%llu", (unsigned long long) r->ms));
	if (whole && n->fresh && r->revision <= 1)
		rc = forget(b, n, incident);
	if (rc == 0 && whole)
		rc = document(b, n, incident, r);
	if (rc == 0)
		rc = stream_add(b, ASIDE, key, n->maxlen, r);
	if (rc == 0 && whole)
		rc = hosts_tell(b, n, incident, r);
	return rc == 0 ? command(b, ASIDE, rank, 4) : rc;
}

int
redis_batch_add(struct redis_batch *b, const struct redis_names *n, const struct journal_record *r)
{
	const struct span multi[1] = { SPAN_LIT("MULTI") };
	bool stats = span_eq(r->type, SPAN_LIT("stats"));
	char key[REDIS_KEY_MAX];
	int rc = 0;

	if (!b->replies) {
		rc = redis_format(b->commands, multi, 1);
		b->replies = 1;
	}
	if (rc == 0 && redis_key(key, n, n->sensor, stats ? "stats" : "alerts") < 0)
		rc = E_LIMIT;
	if (rc == 0)
		rc = stream_add(b, STREAM, key, stats ? STATS_MAXLEN : n->maxlen, r);
	if (rc == 0 && r->incident.n && (span_eq(r->type, SPAN_LIT("incident")) || span_eq(r->type, SPAN_LIT("escalation"))))
		rc = incident_add(b, n, r);
	if (rc < 0)
		return rc;
	b->records++;
	b->last_seq = r->seq;
	b->last_id = (struct redis_id) { r->ms, r->n };
	return 0;
}

int
redis_batch_close(struct redis_batch *b, const struct redis_names *n)
{
	char key[REDIS_KEY_MAX], writer[REDIS_KEY_MAX], text[128];
	struct span bell[3] = { SPAN_LIT("PUBLISH"), SPAN_NONE, SPAN_NONE }, exec[1] = { SPAN_LIT("EXEC") };
	struct span watch[2] = { SPAN_LIT("WATCH"), SPAN_NONE };
	int rc;

	if (redis_key(writer, n, n->sensor, REDIS_WRITER) < 0)
		return E_LIMIT;
	watch[1] = span_str(writer);
	snprintf(key, sizeof key, "%snotify", n->prefix);
	bell[1] = span_str(key);
	bell[2] = span_of(text, (size_t) snprintf(text, sizeof text, "{\"s\":\"%s\",\"id\":\"%llu-%u\"}", n->sensor,
				     (unsigned long long) b->last_id.ms, b->last_id.n));
	rc = redis_format(b->commands, exec, 1);
	if (rc == 0)
		rc = redis_format(b->commands, watch, 2);
	if (rc == 0) /* outside: a user who may not publish still delivers */
		rc = redis_format(b->commands, bell, 3);
	b->replies += 3;
	b->closed = true;
	return rc;
}

static void
why_set(struct redis_batch *b, const redisReply *r)
{
	if (!b->why[0])
		snprintf(b->why, sizeof b->why, "%.*s", (int) (r->len < 120 ? r->len : 120), r->str);
}

/* "The ID specified in XADD is equal or smaller ...": it is there already. */
static bool
is_double(const redisReply *r)
{
	static const char text[] = "ERR The ID specified in XADD is equal or smaller";

	return r->len >= sizeof text - 1 && memcmp(r->str, text, sizeof text - 1) == 0;
}

static int
exec_read(struct redis_batch *b, const redisReply *r, unsigned *aside)
{
	if (r->type == REDIS_REPLY_ERROR) {
		why_set(b, r);
		return E_AGAIN;
	}
	if (r->type == REDIS_REPLY_NIL)
		return E_EXIST;
	if (r->type != REDIS_REPLY_ARRAY || b->refused || r->elements != b->kinds.n)
		return E_BAD;
	for (size_t i = 0; i < r->elements; i++) {
		const redisReply *one = r->element[i];
		if (one->type != REDIS_REPLY_ERROR || is_double(one))
			continue;
		why_set(b, one);
		if (b->kinds.p[i] == STREAM)
			return E_AGAIN;
		++*aside;
	}
	return 1;
}

int
redis_batch_reply(struct redis_batch *b, const redisReply *r, unsigned *aside)
{
	int rc;

	b->answered++;
	if (b->answered > b->replies)
		return E_BAD;
	if (b->answered == b->replies) {
		if (r->type == REDIS_REPLY_ERROR) {
			why_set(b, r);
			++*aside;
		}
		return 1;
	}
	if (b->answered == b->replies - 2) {
		rc = exec_read(b, r, aside);
		return rc < 0 ? rc : 0;
	}
	if (b->answered == b->replies - 1 && r->type == REDIS_REPLY_ERROR) {
		why_set(b, r);
		return E_AGAIN; /* what EXEC did is found again by the ids */
	}
	if (r->type == REDIS_REPLY_ERROR) {
		why_set(b, r);
		b->refused = true;
		return 0; /* EXEC will say EXECABORT */
	}
	return r->type == REDIS_REPLY_STATUS ? 0 : E_BAD;
}

static int
id_parse(const redisReply *r, struct redis_id *out)
{
	uint64_t v[2] = { 0, 0 };
	unsigned part = 0, digits = 0;

	for (size_t i = 0; i < r->len; i++) {
		char c = r->str[i];
		if (c == '-' && part == 0 && digits) {
			part = 1;
			digits = 0;
		} else if (c >= '0' && c <= '9' && digits++ < 20) {
			v[part] = v[part] * 10 + (uint64_t) (c - '0');
		} else {
			return E_BAD;
		}
	}
	if (part != 1 || !digits)
		return E_BAD;
	*out = (struct redis_id) { v[0], v[1] > UINT32_MAX ? UINT32_MAX : (uint32_t) v[1] };
	return 0;
}

static bool
has_text(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS;
}

int
redis_last_id(const redisReply *r, struct redis_id *out)
{
	static const char none[] = "ERR no such key", field[] = "last-generated-id";

	*out = (struct redis_id) { 0, 0 };
	if (r->type == REDIS_REPLY_ERROR)
		return r->len >= sizeof none - 1 && memcmp(r->str, none, sizeof none - 1) == 0 ? 0 : E_BAD;
	if (r->type != REDIS_REPLY_ARRAY)
		return E_BAD;
	for (size_t i = 0; i + 1 < r->elements; i += 2) {
		const redisReply *key = r->element[i], *value = r->element[i + 1];
		if (has_text(key) && key->len == sizeof field - 1 && memcmp(key->str, field, key->len) == 0)
			return has_text(value) ? id_parse(value, out) : E_BAD;
	}
	return E_BAD;
}

int
redis_id_cmp(struct redis_id a, struct redis_id b)
{
	if (a.ms != b.ms)
		return a.ms > b.ms ? 1 : -1;
	return (a.n > b.n) - (a.n < b.n);
}

uint64_t
redis_first_seq(const redisReply *r, const char *epoch)
{
	char mark[64];
	const redisReply *fields;
	const char *at;
	int n = snprintf(mark, sizeof mark, "\"epoch\":\"%s\",\"seq\":", epoch);

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 1 || r->element[0]->type != REDIS_REPLY_ARRAY ||
	    r->element[0]->elements < 2)
		return 0;
	fields = r->element[0]->element[1];
	if (fields->type != REDIS_REPLY_ARRAY || fields->elements < 2 || fields->element[1]->type != REDIS_REPLY_STRING)
		return 0;
	at = memmem(fields->element[1]->str, fields->element[1]->len, mark, (size_t) n);
	return at ? strtoull(at + n, NULL, 10) : 0; /* hiredis ends its strings with NUL */
}

static bool
is_array(const redisReply *r, size_t least)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements >= least;
}

bool
redis_entry(const redisReply *r, size_t i, const char *field, struct span *id, struct span *value)
{
	const redisReply *entry, *fields;

	/* [ [ stream, [ [ id, [ field, value, ... ] ], ... ] ] ] */
	if (!is_array(r, 1) || !is_array(r->element[0], 2) || !is_array(r->element[0]->element[1], i + 1))
		return false;
	entry = r->element[0]->element[1]->element[i];
	if (!is_array(entry, 2) || entry->element[0]->type != REDIS_REPLY_STRING)
		return false;
	*id = span_of(entry->element[0]->str, entry->element[0]->len);
	*value = SPAN_NONE;
	fields = entry->element[1];
	for (size_t k = 0; is_array(fields, k + 2); k += 2) {
		const redisReply *name = fields->element[k], *v = fields->element[k + 1];
		if (name->type == REDIS_REPLY_STRING && v->type == REDIS_REPLY_STRING && span_eq(span_of(name->str, name->len), span_str(field)))
			*value = span_of(v->str, v->len);
	}
	return true;
}

/* ---- replies ---- */

#define REPLY_ELEMENTS (1 << 20)

static redisReplyObjectFunctions bounded; /* the library's, with array_bounded() */
static void *(*array_of_library)(const redisReadTask *task, int elements);
static int64_t elements_taken;            /* by the arrays of the reply being read */

/* The library takes memory for as many elements as the wire says, before any has come. */
static void *
array_bounded(const redisReadTask *task, int elements)
{
	if (!task->parent)
		elements_taken = 0;
	elements_taken += elements;
	return elements_taken > REPLY_ELEMENTS ? NULL : array_of_library(task, elements);
}

redisReader *
redis_reader_new(void)
{
	redisReader *r = redisReaderCreate();

	if (!r)
		return NULL;
	if (!array_of_library) {
		bounded = *r->fn;
		array_of_library = bounded.createArray;
		bounded.createArray = array_bounded;
	}
	r->fn = &bounded;
	return r;
}
