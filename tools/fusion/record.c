#include "record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/err.h"

#define DEPTH 16
#define MEMBERS 4096 /* of one object or list */

static bool
text_reply(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS;
}

bool
record_entry(const redisReply *r, struct span *id, struct span *json, struct span *type)
{
	const redisReply *fields;

	*id = *json = *type = SPAN_NONE;
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 || !text_reply(r->element[0]))
		return false;
	*id = span_of(r->element[0]->str, r->element[0]->len);
	fields = r->element[1];
	if (fields->type != REDIS_REPLY_ARRAY)
		return false; /* deleted meanwhile */
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		const redisReply *k = fields->element[i], *v = fields->element[i + 1];
		if (!text_reply(k) || !text_reply(v) || k->len != 1)
			continue;
		if (k->str[0] == 'j')
			*json = span_of(v->str, v->len);
		else if (k->str[0] == 't')
			*type = span_of(v->str, v->len);
	}
	return json->n > 0;
}

/* Nothing deeper, longer or less finite than a sensor writes. */
static bool
sane(const json_t *v, int depth)
{
	const char *name;
	json_t *m;

	if (depth > DEPTH || json_array_size(v) > MEMBERS || json_object_size(v) > MEMBERS)
		return false;
	if (json_is_real(v))
		return isfinite(json_real_value(v));
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!sane(json_array_get(v, i), depth + 1))
			return false;
	json_object_foreach((json_t *) (uintptr_t) v, name, m)
		if (!sane(m, depth + 1))
			return false;
	return true;
}

static bool
good_id(const char *id)
{
	return id && strlen(id) == 19 && strncmp(id, "I-", 2) == 0 && id[10] == '-' && strspn(id + 2, "0123456789") == 8 &&
	    strspn(id + 11, "0123456789abcdef") == 8;
}

static bool
time_ms(const json_t *o, const char *key, int64_t *ms)
{
	const char *t = json_string_value(json_object_get(o, key));
	int64_t ns;

	if (!t || strlen(t) != 31 || clock_parse(&ns, t) < 0 || ns < 0)
		return false;
	*ms = ns / NS_PER_MS;
	return true;
}

/* Addresses that mean the same host everywhere; private ones are many hosts, one at each site. */
static bool
is_global(const char *text)
{
	static const char *const local[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
		"0.0.0.0/8", "224.0.0.0/3", "fc00::/7", "fe80::/10", "ff00::/8", "::/127" };
	struct prefix p;
	struct addr a;

	if (!text || addr_parse(&a, text) < 0)
		return false;
	for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
		if (prefix_parse(&p, local[i]) == 0 && prefix_has(&p, &a))
			return false;
	return true;
}

static void
add_link(struct record *r, const char *kind, const char *a, const char *b, const char *c)
{
	char *to = r->link[r->n_links];

	if (r->n_links < RECORD_LINKS && snprintf(to, LINK_LEN, "%s%s/%s/%s/%s", r->exercise ? "x" : "", kind, a, b, c) < LINK_LEN)
		r->n_links++;
}

/* A host that an inventory names is the same one at whatever sensor, and whether it was attacked there or attacks. */
static void
links_of(struct record *r, const char *list, const char *kind)
{
	const json_t *l = json_object_get(r->incident, list);

	for (size_t i = 0; i < json_array_size(l) && i < RECORD_LINKS / 2; i++) {
		const json_t *h = json_array_get(l, i);
		const char *ip = json_string_value(json_object_get(h, "ip")), *asset = json_string_value(json_object_get(h, "asset"));
		if (ip && asset)
			add_link(r, "v", asset, ip, "");
		else if (!asset && is_global(ip))
			add_link(r, kind, ip, "", "");
	}
}

static bool
shape(const struct record *r, char why[static 128])
{
	static const char *const list[] = { "victims", "attackers", "assets", "signatures", "statements" }, *const map[] = { "effects", "scale", "legal" },
		*const asset[] = { "name", "owner", "territory", "sector", "class", "criticality", "zone" };
	const json_t *l;

	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		l = json_object_get(r->incident, list[i]);
		bool good = json_is_array(l) && json_array_size(l) <= 1024;
		for (size_t k = 0; good && k < json_array_size(l); k++)
			good = json_is_object(json_array_get(l, k));
		if (!good) {
			snprintf(why, 128, "incident.%s: a list of at most 1024 objects was expected", list[i]);
			return false;
		}
	}
	l = json_object_get(r->incident, "assets");
	for (size_t i = 0; i < json_array_size(l); i++)
		for (size_t k = 0; k < sizeof asset / sizeof asset[0]; k++)
			if (!json_is_string(json_object_get(json_array_get(l, i), asset[k]))) {
				snprintf(why, 128, "incident.assets.%s: a text was expected", asset[k]);
				return false;
			}
	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		if (!json_is_object(json_object_get(r->incident, map[i]))) {
			snprintf(why, 128, "incident.%s: an object was expected", map[i]);
			return false;
		}
	return true;
}

int
record_read(struct record *r, struct span json, const char *sensor, char why[static 128])
{
	const json_t *casus;
	const char *id, *told, *into;
	json_error_t error;

	memset(r, 0, sizeof *r);
	snprintf(why, 128, "more than %u bytes", RECORD_MAX);
	if (json.n > RECORD_MAX)
		return E_BAD;
	r->all = json_loadb((const char *) json.p, json.n, JSON_REJECT_DUPLICATES, &error);
	snprintf(why, 128, "JSON, an object, no deeper than %d, was expected", DEPTH);
	if (!json_is_object(r->all) || !sane(r->all, 0))
		return E_BAD;
	casus = json_object_get(r->all, "casus");
	r->incident = json_object_get(casus, "incident");
	told = json_string_value(json_object_get(casus, "sensor"));
	id = json_string_value(json_object_get(r->incident, "id"));
	snprintf(why, 128, "the sensor whose stream it is, and an incident's id were expected");
	if (!told || strcmp(told, sensor) != 0 || !good_id(id))
		return E_BAD;
	memcpy(r->id, id, strlen(id) + 1);
	snprintf(why, 128, "first and last were expected, and revision");
	if (!time_ms(r->incident, "first", &r->first) || !time_ms(r->incident, "last", &r->last) || r->last < r->first ||
	    json_integer_value(json_object_get(r->incident, "revision")) < 1)
		return E_BAD;
	if (!shape(r, why))
		return E_BAD;
	r->exercise = json_is_true(json_object_get(r->incident, "exercise"));
	add_link(r, "m", sensor, r->id, "");
	into = json_string_value(json_object_get(r->incident, "merged_into"));
	if (good_id(into))
		add_link(r, "m", sensor, into, "");
	links_of(r, "attackers", "a");
	links_of(r, "victims", "v");
	return 0;
}

void
record_clear(struct record *r)
{
	json_decref(r->all);
	memset(r, 0, sizeof *r);
}
