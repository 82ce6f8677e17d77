/* casusctl misp: an incident as a MISP event. UUIDs are version 5: a second import updates. */
#include <jansson.h>

#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct misp_event {
	struct export *e;
	json_t *attributes, *tags;
	char uuid[UUID_LEN];
};

static void
tag(struct misp_event *v, const char *format, const char *a, const char *b)
{
	char name[256];

	snprintf(name, sizeof name, format, a, b);
	json_array_append_new(v->tags, json_pack("{s:s}", "name", name));
}

static json_t *
attribute(struct misp_event *v, const char *type, const char *category, const char *value, const char *comment, bool ids)
{
	char name[1024], uuid[UUID_LEN];
	json_t *o;

	snprintf(name, sizeof name, "misp %s %s %s %.700s", export_text(v->e->incident, "id"), type, comment, value);
	uuid5(export_space, name, uuid);
	o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:s}", "uuid", uuid, "type", type, "category", category, "value", value, "comment", comment, "to_ids", ids,
	    "distribution", "5"); /* as the event's */
	json_array_append_new(v->attributes, o);
	return o;
}

static void
hosts(struct misp_event *v, const char *list, const char *type)
{
	const json_t *l = json_object_get(v->e->incident, list);

	for (size_t i = 0; i < json_array_size(l); i++) {
		const json_t *h = json_array_get(l, i);
		char comment[256];
		snprintf(comment, sizeof comment, "%s, %lld alerts%s%s", list, (long long) json_integer_value(json_object_get(h, "alerts")),
		    *export_text(h, "asset") ? ", " : "", export_text(h, "asset"));
		attribute(v, type, "Network activity", export_text(h, "ip"), comment, strcmp(list, "attackers") == 0 && !*export_text(h, "asset"));
	}
}

static void
signatures(struct misp_event *v)
{
	const json_t *l = json_object_get(v->e->incident, "signatures");

	for (size_t i = 0; i < json_array_size(l); i++) {
		const json_t *s = json_array_get(l, i);
		char text[400];
		snprintf(text, sizeof text, "%lld:%lld %s", (long long) json_integer_value(json_object_get(s, "gid")),
		    (long long) json_integer_value(json_object_get(s, "signature_id")), export_text(s, "signature"));
		attribute(v, "text", "Internal reference", text, export_text(s, "effect"), false);
	}
}

static void
bands(struct misp_event *v)
{
	const char *party;
	json_t *p;

	json_object_foreach(json_object_get(v->e->incident, "parties"), party, p)
	{
		char text[96];
		if (!*export_text(p, "hi"))
			continue;
		snprintf(text, sizeof text, "%s-%s", export_text(p, "lo"), export_text(p, "hi"));
		tag(v, "casus:band-%s=\"%s\"", party, text);
	}
}

static void
tags(struct misp_event *v)
{
	char marking[64];

	for (size_t i = 0; i < sizeof marking; i++) {
		char c = v->e->marking[i];
		marking[i] = (char) (c >= 'A' && c <= 'Z' ? c + 32 : c);
		if (!c)
			break;
	}
	marking[sizeof marking - 1] = '\0';
	tag(v, "%s%s", marking, "");
	tag(v, "casus:status=\"%s\"%s", "indicative", "");
	if (json_is_true(json_object_get(v->e->incident, "exercise"))) /* a drill that has no name of its own in the taxonomy */
		tag(v, "exercise:%s%s", "generic", "");
	bands(v);
}

/* Seconds since 1970 of an EVE time. */
static void
epoch_of(const char *eve, char out[static 24])
{
	int64_t ns = 0;

	if (clock_parse(&ns, eve) < 0)
		ns = 0;
	snprintf(out, 24, "%lld", (long long) (ns / NS_PER_S));
}

static int
write_event(struct export *e)
{
	struct misp_event v = { .e = e, .attributes = (json_array)(), .tags = (json_array)() };
	const json_t *i = e->incident;
	char *whole = json_dumps(e->record, JSON_COMPACT), *base64 = whole ? export_base64(whole) : NULL, *text;
	char info[256], name[96], seconds[24];
	const char *at = *export_text(i, "first") ? export_text(i, "first") : export_text(e->record, "timestamp");
	json_t *o;

	snprintf(name, sizeof name, "misp %s", export_text(i, "id"));
	uuid5(export_space, name, v.uuid);
	tags(&v);
	hosts(&v, "attackers", "ip-src");
	hosts(&v, "victims", "ip-dst");
	signatures(&v);
	snprintf(name, sizeof name, "%s.json", export_text(i, "id"));
	o = attribute(&v, "attachment", "External analysis", name, "the record as it was released", false);
	if (base64)
		json_object_set_new(o, "data", json_string(base64));
	snprintf(info, sizeof info, "%scasus %s, revision %lld", json_is_true(json_object_get(i, "exercise")) ? "EXERCISE " : "", export_text(i, "id"),
	    (long long) json_integer_value(json_object_get(i, "revision")));
	epoch_of(export_text(e->record, "timestamp"), seconds);
	/* distribution 0: the receiving organisation only; who may have more is told by the marking. Threat level 4: not said. */
	o = json_pack("{s:{s:s,s:s,s:s%,s:s,s:s,s:s,s:b,s:s,s:O,s:O}}", "Event", "uuid", v.uuid, "info", info, "date", at, (int) (strlen(at) < 10 ? strlen(at) : 10),
	    "threat_level_id", "4", "analysis", "1", "distribution", "0", "published", 0, "timestamp", seconds, "Tag", v.tags, "Attribute", v.attributes);
	text = json_dumps(o, JSON_INDENT(1));
	if (text)
		puts(text);
	free(text);
	free(whole);
	free(base64);
	json_decref(o);
	json_decref(v.attributes);
	json_decref(v.tags);
	return text ? CTL_OK : CTL_FAILURE;
}

static int
run(const struct options *o, int argc, char **argv)
{
	struct export e;
	int rc = export_begin(&e, &subcommand_misp, argc, argv);

	if (rc == CTL_OK)
		rc = write_event(&e);
	export_clear(&e);
	return rc;
}

const struct subcommand subcommand_misp = { "misp", "INCIDENT[@REVISION] --dir JOURNAL [--party ID]", "a MISP event of an incident, as a party is let have it", run };
