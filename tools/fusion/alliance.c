#include <jansson.h>

#include "alliance.h"
#include "hosts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "pipeline/legal/release.h"
#include "pipeline/output/release_send.h"

#define RACES 64

/* Whose incident it is by its links; others found are merged into the one with the smallest id. */
static const char join_script[] =
    "local function root(a) local t=redis.call('HGET',KEYS[1],a) while t do a=t t=redis.call('HGET',KEYS[1],a) end return a end "
    "local first,last,best,found,fits=tonumber(ARGV[1]),tonumber(ARGV[2]),root(ARGV[3]),{},{} "
    "for i=3,#KEYS do local v=redis.call('GET',KEYS[i]) local w=tonumber(ARGV[i+2]) if v then "
    "local a,f,l=string.match(v,'^(%S+) (%d+) (%d+)$') f=tonumber(f) l=tonumber(l) "
    "if a and (w<0 or (first-w<=l and last+w>=f)) then a=root(a) found[a]=true fits[i]={f,l} if a<best then best=a end end end end "
    "for a in pairs(found) do if a~=best then redis.call('HSET',KEYS[1],a,best) redis.call('HSET',KEYS[2],a,best) end end "
    "for i=3,#KEYS do local f,l=first,last if fits[i] then f=math.min(f,fits[i][1]) l=math.max(l,fits[i][2]) end "
    "redis.call('SET',KEYS[i],string.format('%s %.0f %.0f',best,f,l),'EX',ARGV[4]) end "
    "local out={best} local m=redis.call('HGETALL',KEYS[2]) for j=1,#m,2 do if root(m[j])==best then out[#out+1]=m[j] end end return out";

/* A document, unless a later one is there. */
static const char put_script[] =
    "local v=redis.call('HGET',KEYS[1],ARGV[1]) if v then local a,b=string.match(v,'^(%d+)-(%d+) ') a=tonumber(a) b=tonumber(b) "
    "local c,d=tonumber(ARGV[2]),tonumber(ARGV[3]) if a>c or (a==c and b>=d) then return 0 end end "
    "redis.call('HINCRBY',KEYS[2],'ver',1) redis.call('HSET',KEYS[1],ARGV[1],ARGV[2]..'-'..ARGV[3]..' '..ARGV[4]) return 1";

/* The result, if nothing came meanwhile; 2: the same is there; 3: it was joined into another. */
static const char publish_script[] =
    "local h=redis.call('HMGET',KEYS[1],'ver','revision','digest','state') if h[4]=='merged' then return 3 end "
    "if (h[1] or '0')~=ARGV[1] or (h[2] or '0')~=ARGV[2] then return 0 end if h[3]==ARGV[3] then return 2 end "
    "redis.call('HSET',KEYS[1],'j',ARGV[5],'revision',ARGV[4],'digest',ARGV[3],'ms',ARGV[6],'e',ARGV[7],'sensor',ARGV[8]) "
    "redis.call('XADD',KEYS[2],'MAXLEN','~',ARGV[9],'*','j',ARGV[5],'t','incident','e',ARGV[7]) return 1";

/* An answer that did not come in time may still be carried out later: what is off the list stays off. */
static const char list_script[] =
    "if redis.call('GET',KEYS[2]) then return 0 end return redis.call('ZADD',KEYS[1],ARGV[1],ARGV[2])";
static const char unlist_script[] =
    "redis.call('SET',KEYS[2],'1','EX',ARGV[1]) return redis.call('ZREM',KEYS[1],ARGV[2])";

/* ---- joining ---- */

/* By its day and its first teller: the same whoever comes first. */
static void
candidate(const char *sensor, const struct record *r, char out[static 40])
{
	uint64_t h = hash_bytes(r->id, strlen(r->id), hash_bytes(sensor, strlen(sensor), 7));

	snprintf(out, 40, "A-%.8s-%08x", r->id + 2, (unsigned) (h >> 32));
}

static int64_t
window_of(const struct alliance *a, const char *link)
{
	const char *kind = link[0] == 'x' ? link + 1 : link;

	return kind[0] == 'm' ? -1 : (kind[0] == 'a' ? a->campaign_window : a->join_window) / NS_PER_MS;
}

static redisReply *
join(struct alliance *a, const char *sensor, const struct record *r, char why[static 256])
{
	struct text *t = calloc(2 * RECORD_LINKS + 8, sizeof *t);
	struct span *args = calloc(2 * RECORD_LINKS + 12, sizeof *args);
	char own[40];
	unsigned n = 0, at = 0;
	redisReply *reply = NULL;

	if (t && args) {
		candidate(sensor, r, own);
		args[n++] = SPAN_LIT("EVAL");
		args[n++] = SPAN_LIT(join_script);
		args[n++] = number(&t[at++], 2 + r->n_links);
		args[n++] = key_of(a, &t[at++], "alliance", "became");
		args[n++] = key_of(a, &t[at++], "alliance", "merging");
		for (unsigned i = 0; i < r->n_links; i++) {
			char tail[LINK_LEN + 8];
			snprintf(tail, sizeof tail, "link:%s", r->link[i]);
			args[n++] = key_of(a, &t[at++], "alliance", tail);
		}
		args[n++] = number(&t[at++], r->first);
		args[n++] = number(&t[at++], r->last);
		args[n++] = span_str(own);
		args[n++] = number(&t[at++], a->keep / NS_PER_S);
		for (unsigned i = 0; i < r->n_links; i++)
			args[n++] = number(&t[at++], window_of(a, r->link[i]));
		reply = ask(a->to, args[3], args, n, why);
	}
	free(t);
	free(args);
	if (reply && (reply->type != REDIS_REPLY_ARRAY || !reply->elements || reply->element[0]->type != REDIS_REPLY_STRING || reply->element[0]->len >= 40)) {
		snprintf(why, 256, "joining: an answer that is none");
		freeReplyObject(reply);
		reply = NULL;
	}
	return reply;
}

/* ---- documents ---- */

static bool
put(struct alliance *a, const char *id, struct span field, struct span ms, struct span n, struct span doc, char why[static 256])
{
	struct text t[2];
	struct span args[9] = { SPAN_LIT("EVAL"), SPAN_LIT(put_script), SPAN_LIT("2"), key_of(a, &t[0], id, "members"), key_of(a, &t[1], id, "incident"), field,
		ms, n, doc };
	long long v;

	return ask_int(a->to, args[3], args, 9, &v, why);
}

static redisReply *
hash_all(struct alliance *a, const char *id, const char *tail, char why[static 256])
{
	struct text t;
	struct span args[2] = { SPAN_LIT("HGETALL"), key_of(a, &t, id, tail) };
	redisReply *r = ask(a->to, args[1], args, 2, why);

	if (r && r->type != REDIS_REPLY_ARRAY) {
		freeReplyObject(r);
		return NULL;
	}
	return r;
}

/* "1700000000000-0 {...}" in its three parts. */
static bool
split(const redisReply *v, struct span *ms, struct span *n, struct span *doc)
{
	const char *dash, *blank;

	if (v->type != REDIS_REPLY_STRING || !(dash = memchr(v->str, '-', v->len)) || !(blank = memchr(dash, ' ', v->len - (size_t) (dash - v->str))))
		return false;
	*ms = span_of(v->str, (size_t) (dash - v->str));
	*n = span_of(dash + 1, (size_t) (blank - dash - 1));
	*doc = span_of(blank + 1, v->len - (size_t) (blank + 1 - v->str));
	return true;
}

/* Documents and sketches of another id that was joined with this one. */
static bool
move(struct alliance *a, const char *from, const char *id, char why[static 256])
{
	redisReply *r = hash_all(a, from, "members", why);
	bool good = r != NULL;
	struct text t;

	for (size_t i = 0; good && i + 1 < r->elements; i += 2) {
		struct span ms, n, doc, field = span_of(r->element[i]->str, r->element[i]->len);
		char name[128];
		if (!split(r->element[i + 1], &ms, &n, &doc))
			continue;
		snprintf(name, sizeof name, "%.*s", (int) field.n, (const char *) field.p);
		good = hosts_move(a, from, id, name, why);
		good = good && put(a, id, field, ms, n, doc, why) && hosts_drop(a, from, name, why) && drop(a, key_of(a, &t, from, "members"), "HDEL", field, why);
	}
	if (r)
		freeReplyObject(r);
	return good;
}

/* The list, or who was taken off it for good, which lies in the list's slot. */
static bool
list_change(struct alliance *a, const char *script, int64_t number_of, const char *id, char why[static 256])
{
	char key[128], gone[256];
	struct text t;
	struct span args[7] = { SPAN_LIT("EVAL"), span_str(script), SPAN_LIT("2"), SPAN_NONE, SPAN_NONE, number(&t, number_of), span_str(id) };
	long long v;

	snprintf(key, sizeof key, "%salliance", a->prefix);
	snprintf(gone, sizeof gone, "%sgone:{%s}:%s", a->prefix, key, id);
	args[3] = span_str(key);
	args[4] = span_str(gone);
	return ask_int(a->to, args[3], args, 7, &v, why);
}

static bool
list_add(struct alliance *a, int64_t ms, const char *id, char why[static 256])
{
	return list_change(a, list_script, ms, id, why);
}

static bool
list_drop(struct alliance *a, const char *id, char why[static 256])
{
	return list_change(a, unlist_script, a->keep / NS_PER_S, id, why);
}

/* The id that is no more tells into which it went. */
static bool
merged_away(struct alliance *a, const char *from, const char *id, char why[static 256])
{
	struct text t, u;
	char doc[160];
	struct span set[8] = { SPAN_LIT("HSET"), key_of(a, &t, from, "incident"), SPAN_LIT("state"), SPAN_LIT("merged"), SPAN_LIT("into"), span_str(id),
		SPAN_LIT("j"), SPAN_NONE };
	long long v;

	set[7] = span_of(doc, (size_t) snprintf(doc, sizeof doc,
				  "{\"event_type\":\"incident\",\"casus\":{\"incident\":{\"id\":\"%s\",\"state\":\"merged\",\"merged_into\":\"%s\"}}}", from, id));
	if (!move(a, from, id, why) || !ask_int(a->to, set[1], set, 8, &v, why) || !list_drop(a, from, why) ||
	    !drop(a, key_of(a, &u, "alliance", "merging"), "HDEL", span_str(from), why))
		return false;
	a->merged++;
	return true;
}

/* ---- the result ---- */

struct state {
	long long ver, revision;
};

static bool
state_ask(struct alliance *a, const char *id, struct state *s, char why[static 256])
{
	struct text t;
	struct span args[4] = { SPAN_LIT("HMGET"), key_of(a, &t, id, "incident"), SPAN_LIT("ver"), SPAN_LIT("revision") };
	redisReply *r = ask(a->to, args[1], args, 4, why);
	bool good = r && r->type == REDIS_REPLY_ARRAY && r->elements == 2;

	*s = (struct state) { 0, 0 };
	for (int i = 0; good && i < 2; i++)
		if (r->element[i]->type == REDIS_REPLY_STRING)
			*(i ? &s->revision : &s->ver) = strtoll(r->element[i]->str, NULL, 10);
	if (r)
		freeReplyObject(r);
	return good;
}

static int
by_field(const void *a, const void *b)
{
	const redisReply *const *x = a, *const *y = b;

	return strcmp((*x)->str, (*y)->str);
}

struct members {
	redisReply *all;
	const redisReply *pair[FUSE_MEMBERS][2];
	struct fuse_member member[FUSE_MEMBERS];
	char sensor[FUSE_MEMBERS][40];
	json_t *doc[FUSE_MEMBERS];
	unsigned n;
	uint64_t digest;
};

static bool
members_read(struct alliance *a, const char *id, struct members *m, char why[static 256])
{
	memset(m, 0, sizeof *m);
	m->all = hash_all(a, id, "members", why);
	if (!m->all)
		return false;
	for (size_t i = 0; i + 1 < m->all->elements && m->n < FUSE_MEMBERS; i += 2) {
		if (m->all->element[i]->type != REDIS_REPLY_STRING)
			continue;
		m->pair[m->n][0] = m->all->element[i];
		m->pair[m->n++][1] = m->all->element[i + 1];
	}
	qsort(m->pair, m->n, sizeof m->pair[0], by_field);
	for (unsigned i = 0; i < m->n; i++) {
		struct span ms, n, doc;
		const char *bar = strchr(m->pair[i][0]->str, '|');
		if (!split(m->pair[i][1], &ms, &n, &doc) || !bar)
			continue;
		snprintf(m->sensor[i], sizeof m->sensor[i], "%.*s", (int) (bar - m->pair[i][0]->str), m->pair[i][0]->str);
		m->doc[i] = json_loadb((const char *) doc.p, doc.n, 0, NULL);
		m->member[i] = (struct fuse_member) { m->sensor[i], m->doc[i] };
		m->digest = hash_bytes(m->pair[i][0]->str, m->pair[i][0]->len, hash_span(doc, m->digest));
	}
	return true;
}

static void
members_clear(struct members *m)
{
	for (unsigned i = 0; i < m->n; i++)
		json_decref(m->doc[i]);
	if (m->all)
		freeReplyObject(m->all);
}

static json_t *
record_of(const struct alliance *a, const char *id, uint32_t revision, json_t *incident, char eid[static 33])
{
	uint8_t b[16];
	uint64_t h[2] = { hash_bytes(id, strlen(id), revision), hash_bytes(id, strlen(id), ~(uint64_t) revision) };

	memcpy(b, h, sizeof b);
	hash_hex(b, sizeof b, eid);
	return json_pack("{s:O,s:s,s:{s:i,s:s,s:s,s:i,s:s,s:O}}", "timestamp", json_object_get(incident, "last"), "event_type", "incident", "casus", "v", 1,
	    "sensor", a->name, "epoch", "fusion", "seq", (int) revision, "eid", eid, "incident", incident);
}

static bool
release(struct alliance *a, const char *id, uint32_t revision, const json_t *record, const char *eid, char why[static 256])
{
	struct redis_names names = { .prefix = a->prefix, .maxlen = a->maxlen };
	struct release_view *view = a->release ? release_view_new(a->packs, record, NULL) : NULL;
	bool good = true;

	for (uint32_t i = 0; view && good && i < a->packs->n_parties; i++) {
		struct release_command c;
		struct release_item item = { .party = a->packs->party[i].id, .source = id, .epoch = "fusion", .number = revision, .type = SPAN_LIT("incident"),
			.eid = span_str(eid) };
		char *text = release_view_text(view, &a->packs->party[i]);
		long long v = 0;
		item.json = span_str(text);
		if (text && release_command(&c, &names, &item) > 0)
			good = ask_int(a->to, c.args[3], c.args, RELEASE_ARGS, &v, why);
		free(text);
		a->released += v == 1;
	}
	release_view_free(view);
	return good;
}

/* The document of an id that is no more tells into which it went. Redis may have lost that from the table of those (another server
 * holds it, and came back older). Into a smaller id only: no circles. */
static bool
became_again(struct alliance *a, const char *id, char why[static 256])
{
	struct text t, u;
	struct span get[3] = { SPAN_LIT("HGET"), key_of(a, &t, id, "incident"), SPAN_LIT("into") };
	struct span set[4] = { SPAN_LIT("HSETNX"), key_of(a, &u, "alliance", "became"), span_str(id), SPAN_NONE };
	redisReply *r = ask(a->to, get[1], get, 3, why);
	bool good = r != NULL;
	long long v;

	if (r && r->type == REDIS_REPLY_STRING && strcmp(r->str, id) < 0) {
		set[3] = span_of(r->str, r->len);
		good = ask_int(a->to, set[1], set, 4, &v, why);
	}
	if (r)
		freeReplyObject(r);
	return good;
}

static bool
has_member(const char *const *field, unsigned n, const char *own)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(field[i], own) == 0)
			return true;
	return n == FUSE_MEMBERS;
}

/* 1: stored; 2: the same is there, 3: the id is no more, or the member is not there any more; 0: something came meanwhile; E_AGAIN, E_BAD. */
static int
publish_once(struct alliance *a, const char *id, const char *own, const struct record *r, char why[static 256])
{
	struct text t[8];
	struct members m;
	struct state s;
	struct hosts hosts;
	const char *field[FUSE_MEMBERS];
	char eid[33], *text;
	json_t *incident, *record;
	long long v = 0;
	int rc = E_AGAIN;

	if (!state_ask(a, id, &s, why))
		return E_AGAIN;
	bool good = members_read(a, id, &m, why);
	for (unsigned i = 0; i < m.n; i++)
		field[i] = m.pair[i][0]->str;
	bool there = good && has_member(field, m.n, own);
	if (!there || !hosts_count(a, id, field, m.n, &hosts, why)) {
		members_clear(&m);
		return good && !there ? 3 : E_AGAIN;
	}
	struct fuse_in in = { a->packs, a->effects, m.member, m.n, id, (uint32_t) s.revision + 1, hosts.n, hosts.exact };
	uint64_t digest = hash_bytes(&hosts.n, sizeof hosts.n, m.digest ^ hash_bytes(a->packs->hash, 64, 0));
	incident = fuse(&in, why);
	members_clear(&m);
	if (!incident)
		return E_BAD;
	record = record_of(a, id, in.revision, incident, eid);
	text = json_dumps(record, JSON_COMPACT);
	if (text && list_add(a, r->last, id, why)) {
		struct span args[14] = { SPAN_LIT("EVAL"), SPAN_LIT(publish_script), SPAN_LIT("2"), key_of(a, &t[0], id, "incident"),
			key_of(a, &t[1], id, "timeline"), number(&t[2], s.ver), number(&t[3], s.revision), SPAN_NONE, number(&t[5], s.revision + 1), span_str(text),
			number(&t[6], r->last), span_str(eid), span_str(a->name), number(&t[7], a->maxlen) };
		args[7] = span_of(t[4].s, (size_t) snprintf(t[4].s, KEY_LEN, "%016llx", (unsigned long long) digest));
		if (ask_int(a->to, args[3], args, 14, &v, why))
			rc = (int) v;
	}
	free(text);
	if (rc == 2 && a->release) { /* whoever stored it may have died before it was released */
		json_object_set_new(incident, "revision", json_integer(s.revision));
		json_decref(record);
		record = record_of(a, id, (uint32_t) s.revision, incident, eid);
	}
	if ((rc == 1 || rc == 2) && !release(a, id, rc == 1 ? in.revision : (uint32_t) s.revision, record, eid, why))
		rc = E_AGAIN;
	if (rc == 3 && (!list_drop(a, id, why) || !became_again(a, id, why)))
		rc = E_AGAIN;
	json_decref(record);
	json_decref(incident);
	return rc;
}

static int
publish(struct alliance *a, const char *id, const char *own, const struct record *r, char why[static 256])
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < RACES; i++) {
		rc = publish_once(a, id, own, r, why);
		a->raced += rc == 0;
	}
	if (rc == 0) {
		snprintf(why, 256, "others are always first");
		return E_AGAIN;
	}
	a->published += rc == 1;
	a->unchanged += rc == 2;
	return rc < 0 ? rc : rc == 3;
}

/* Was the id joined into another since? Then everything once more, there. */
static bool
still_there(struct alliance *a, const char *id, bool *there, char why[static 256])
{
	struct text t;
	struct span args[3] = { SPAN_LIT("HGET"), key_of(a, &t, "alliance", "became"), span_str(id) };
	redisReply *r = ask(a->to, args[1], args, 3, why);

	if (!r)
		return false;
	*there = r->type == REDIS_REPLY_NIL;
	freeReplyObject(r);
	return true;
}

static int
take_into(struct alliance *a, const char *sensor, uint64_t ms, uint64_t n, const struct record *r, const redisReply *joined, char why[static 256])
{
	const char *id = joined->element[0]->str;
	struct text t[2];
	char field[96];
	char *doc = json_dumps(r->incident, JSON_COMPACT);
	bool good = doc != NULL, there = true;

	snprintf(field, sizeof field, "%s|%s", sensor, r->id);
	good = good && put(a, id, span_str(field), number(&t[0], (int64_t) ms), number(&t[1], (int64_t) n), span_str(doc), why) &&
	    hosts_copy(a, id, sensor, r->id, field, why);
	free(doc);
	for (size_t i = 1; good && i < joined->elements; i++)
		good = joined->element[i]->type == REDIS_REPLY_STRING && merged_away(a, joined->element[i]->str, id, why);
	if (!good || !still_there(a, id, &there, why))
		return E_AGAIN;
	if (!there) { /* joined into another meanwhile: once more, there */
		good = drop(a, key_of(a, &t[0], id, "members"), "HDEL", span_str(field), why) && hosts_drop(a, id, field, why);
		return good ? 1 : E_AGAIN;
	}
	return publish(a, id, field, r, why);
}

int
alliance_take(struct alliance *a, const char *sensor, uint64_t ms, uint64_t n, const struct record *r, char why[static 256])
{
	int rc = 1;

	for (int i = 0; rc == 1 && i < RACES; i++) {
		redisReply *joined = join(a, sensor, r, why);
		if (!joined)
			return E_AGAIN;
		cluster_hold(a->to, true);
		rc = take_into(a, sensor, ms, n, r, joined, why);
		cluster_hold(a->to, false);
		freeReplyObject(joined);
	}
	a->joined += rc == 0;
	if (rc == 1)
		snprintf(why, 256, "joined into another again and again");
	return rc == 1 ? E_AGAIN : rc;
}
