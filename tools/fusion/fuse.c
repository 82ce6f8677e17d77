/* Documents joined: lists by name, counts by what may have been seen twice, statements by id; then assessed. */
#include <jansson.h>

#include "fuse.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "scales.h"
#include "tree.h"

#define ROOM (8U << 20)
#define LIST_MAX 256

/* A member that its sensor merged into another tells nothing of its own any more. */
static bool
counts(const struct fuse_member *m)
{
	return strcmp(text_of(m->doc, "state"), "merged") != 0;
}

static void
add_number(json_t *o, const char *key, json_int_t more, bool sum)
{
	json_int_t was = json_integer_value(json_object_get(o, key)), now = sum ? was + more : was > more ? was : more;

	json_object_set_new(o, key, json_integer(now));
}

/* Times all have one form, so that their texts are in order. */
static void
add_time(json_t *o, const char *key, const json_t *from, bool earliest)
{
	const char *was = json_string_value(json_object_get(o, key)), *now = json_string_value(json_object_get(from, key));

	if (now && (!was || (strcmp(now, was) < 0) == earliest))
		json_object_set(o, key, json_object_get(from, key));
}

static void
union_words(json_t *o, const char *key, const json_t *from)
{
	json_t *mine = json_object_get(o, key);
	const json_t *theirs = json_object_get(from, key);

	for (size_t i = 0; mine && i < json_array_size(theirs); i++) {
		bool there = false;
		for (size_t k = 0; k < json_array_size(mine); k++)
			there |= json_equal(json_array_get(mine, k), json_array_get(theirs, i)) != 0;
		if (!there)
			json_array_append(mine, json_array_get(theirs, i));
	}
}

/* What names an element of each list. */
static const struct list {
	const char *key, *name[2];
} lists[] = { { "signatures", { "gid", "signature_id" } }, { "victims", { "ip", "asset" } }, { "attackers", { "ip", "asset" } },
	{ "assets", { "owner", "name" } }, { "statements", { "id", "author" } } };

static json_t *
same_element(const json_t *list, const struct list *l, const json_t *e)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);
		bool same = true;
		for (int k = 0; k < 2; k++) {
			const json_t *a = json_object_get(o, l->name[k]), *b = json_object_get(e, l->name[k]);
			same &= (!a && !b) || (a && b && json_equal(a, b));
		}
		if (same)
			return o;
	}
	return NULL;
}

static void
union_list(json_t *m, const struct list *l, const json_t *doc, bool sum)
{
	json_t *mine = json_object_get(m, l->key);
	const json_t *theirs = json_object_get(doc, l->key);

	if (!mine) {
		mine = array_new();
		json_object_set_new(m, l->key, mine);
	}
	for (size_t i = 0; i < json_array_size(theirs); i++) {
		const json_t *e = json_array_get(theirs, i);
		json_t *o = same_element(mine, l, e);
		if (!o && json_array_size(mine) < LIST_MAX) {
			json_array_append_new(mine, json_deep_copy(e));
		} else if (o && json_object_get(e, "alerts")) {
			add_number(o, "alerts", json_integer_value(json_object_get(e, "alerts")), sum);
			if (json_object_get(e, "suppressed"))
				add_number(o, "suppressed", json_integer_value(json_object_get(e, "suppressed")), sum);
			union_words(o, "effects", e);
		}
	}
}

static void
union_effects(json_t *m, const json_t *doc, bool sum)
{
	json_t *mine = json_object_get(m, "effects"), *e;
	const char *name;

	if (!mine) {
		mine = object_new();
		json_object_set_new(m, "effects", mine);
	}
	json_object_foreach(json_object_get(doc, "effects"), name, e)
	{
		json_t *o = json_object_get(mine, name);
		if (!o) {
			json_object_set_new(mine, name, json_deep_copy(e));
			continue;
		}
		add_number(o, "alerts", json_integer_value(json_object_get(e, "alerts")), sum);
		add_time(o, "first", e, true);
		add_time(o, "last", e, false);
	}
}

/* The latest statement that says it wins, as with one sensor; without one what some sensor was told otherwise. */
static void
union_legal(json_t *m, const json_t *doc)
{
	static const struct {
		const char *key, *nothing;
	} words[] = { { "circumstance", "unknown" }, { "attribution", "none" }, { "actor", "" } };
	json_t *mine = json_object_get(m, "legal");
	const json_t *legal = json_object_get(doc, "legal");

	if (!mine) {
		mine = object_new();
		json_object_set_new(m, "legal", mine);
	}
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const char *now = text_of(legal, words[i].key), *was = text_of(mine, words[i].key);
		if (*now && (!*was || strcmp(was, words[i].nothing) == 0))
			json_object_set_new(mine, words[i].key, json_string(now));
	}
	if (json_is_true(json_object_get(legal, "human_confirmation")))
		json_object_set_new(mine, "human_confirmation", json_true());
	add_number(mine, "linked_incidents", json_integer_value(json_object_get(legal, "linked_incidents")), false);
}

static void
latest_statements(json_t *m)
{
	static const char *const keys[] = { "circumstance", "attribution", "actor" };
	const json_t *list = json_object_get(m, "statements");

	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
		const char *when = "";
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *s = json_array_get(list, i);
			if (json_object_get(s, keys[k]) && strcmp(text_of(s, "time"), when) >= 0) {
				when = text_of(s, "time");
				json_object_set(json_object_get(m, "legal"), keys[k], json_object_get(s, keys[k]));
			}
		}
	}
}

static void
union_state(json_t *m, const json_t *doc)
{
	static const char *const order[] = { "closed", "quiet", "reopened", "open" };
	const char *was = text_of(m, "state"), *now = text_of(doc, "state");
	int a = -1, b = -1;

	for (int i = 0; i < 4; i++) {
		a = strcmp(order[i], was) == 0 ? i : a;
		b = strcmp(order[i], now) == 0 ? i : b;
	}
	if (b > a)
		json_object_set_new(m, "state", json_string(now));
}

/* Only whether an asset is unknown matters for what follows; the rest comes out anew. */
static void
union_unknowns(json_t *m, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "unknowns");
	json_t *mine;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *t = json_string_value(json_array_get(list, i));
		if (!t || strcmp(t, "asset") != 0 || json_object_get(m, "unknowns"))
			continue;
		mine = array_new();
		json_array_append_new(mine, json_string("asset"));
		json_object_set_new(m, "unknowns", mine);
	}
}

static void
add_sensor(json_t *m, const struct fuse_member *x)
{
	json_t *list = json_object_get(m, "sensors"), *o = object_new();

	if (!list) {
		list = array_new();
		json_object_set_new(m, "sensors", list);
	}
	json_object_set_new(o, "sensor", json_string(x->sensor));
	json_object_set_new(o, "incident", json_string(text_of(x->doc, "id")));
	json_object_set(o, "revision", json_object_get(x->doc, "revision"));
	json_object_set(o, "state", json_object_get(x->doc, "state"));
	json_array_append_new(list, o);
}

static json_t *
merge(const struct fuse_in *in)
{
	static const char *const numbers[] = { "alerts", "suppressed", "others", "folded_alerts" };
	json_t *m = object_new();
	bool sum = scales_disjoint(in);

	json_object_set_new(m, "id", json_string(in->id));
	json_object_set_new(m, "revision", json_integer((json_int_t) in->revision));
	json_object_set_new(m, "state", json_string("closed"));
	for (unsigned i = 0; i < in->n; i++) {
		const json_t *doc = in->member[i].doc;
		add_sensor(m, &in->member[i]);
		if (!counts(&in->member[i]))
			continue;
		union_state(m, doc);
		if (json_is_true(json_object_get(doc, "exercise")))
			json_object_set_new(m, "exercise", json_true());
		add_time(m, "first", doc, true);
		add_time(m, "last", doc, false);
		for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
			if (json_object_get(doc, numbers[k]))
				add_number(m, numbers[k], json_integer_value(json_object_get(doc, numbers[k])), sum);
		union_effects(m, doc, sum);
		for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
			union_list(m, &lists[k], doc, sum);
		union_unknowns(m, doc);
		union_legal(m, doc);
	}
	latest_statements(m);
	scales_join(in, m, sum);
	return m;
}

/* The assessment's document, with the lists that were joined in place of those it does not know. */
static json_t *
assessed(const struct fuse_in *in, json_t *m, char why[static 256])
{
	static const char *const ours[] = { "state", "alerts", "suppressed", "others", "signatures", "folded_alerts", "victims", "attackers", "assets",
		"sensors", "hosts" };
	char *text = json_dumps(m, JSON_COMPACT), *room = malloc(ROOM);
	struct recall r;
	json_t *whole = NULL, *doc = NULL;
	struct json j;

	if (text && room && recall_read(&r, span_str(text), in->packs, in->effects, why) == 0) {
		struct document_in d = { in->packs, in->effects, &r.context, &r.inv, r.exercise, NULL };
		struct span s;
		json_init(&j, room, ROOM);
		casus_json_object(&j, NULL);
		document_incident(&d, &r.scene.a, &j);
		json_end(&j);
		s = json_text(&j);
		whole = json_loadb((const char *) s.p, s.n, 0, NULL);
	}
	if (text && room)
		recall_clear(&r);
	free(text);
	free(room);
	doc = json_incref(json_object_get(whole, "incident"));
	json_decref(whole);
	if (!doc)
		return NULL;
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (json_object_get(m, ours[i]))
			json_object_set(doc, ours[i], json_object_get(m, ours[i]));
	scales_rows(m, doc);
	return doc;
}

json_t *
fuse(const struct fuse_in *in, char why[static 256])
{
	bool any = false;
	json_t *m, *doc;

	snprintf(why, 256, "no member tells anything");
	for (unsigned i = 0; i < in->n; i++)
		any |= counts(&in->member[i]);
	if (!any)
		return NULL;
	m = merge(in);
	doc = assessed(in, m, why);
	json_decref(m);
	return doc;
}
