/* casusctl stix: an incident as a STIX 2.1 bundle. Ids are UUIDv5: a second export updates instead of doubling. */
#include <jansson.h>

#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/hash.h"

#define INCIDENT_CORE "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
#define TLP_2 "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
#define SCO_SPACE "00abedb4-aa42-466c-9c01-fed23315a9b7" /* of the specification, section 2.9 */
#define OBJECTS_MAX 490
#define ID_LEN 80

struct bundle {
	struct export *e;
	json_t *objects, *all, *marks; /* all: ids that the grouping ties together */
	char producer[ID_LEN], incident[ID_LEN], created[32], modified[32];
	unsigned left_out;
};

static void
id_of(char out[static ID_LEN], const char *type, const char *name)
{
	char u[UUID_LEN], text[1024];

	snprintf(text, sizeof text, "%s %s", type, name);
	uuid5(export_space, text, u);
	snprintf(out, ID_LEN, "%s--%s", type, u);
}

static bool
is_there(const struct bundle *b, const char *id)
{
	for (size_t k = 0; k < json_array_size(b->objects); k++)
		if (strcmp(export_text(json_array_get(b->objects, k), "id"), id) == 0)
			return true;
	return false;
}

/* A new SDO or SRO with what all of them carry; NULL: it is there already, or there is no room (counted). Owned by the bundle. */
static json_t *
sdo(struct bundle *b, const char *type, const char *name, char id[static ID_LEN])
{
	json_t *o;

	id_of(id, type, name);
	if (is_there(b, id))
		return NULL;
	if (json_array_size(b->objects) >= OBJECTS_MAX) {
		b->left_out++;
		return NULL;
	}
	o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:O}", "type", type, "spec_version", "2.1", "id", id, "created", b->created, "modified", b->modified,
	    "object_marking_refs", b->marks);
	if (b->producer[0])
		json_object_set_new(o, "created_by_ref", json_string(b->producer));
	json_array_append_new(b->objects, o);
	json_array_append_new(b->all, json_string(id));
	return o;
}

static void
set(json_t *o, const char *key, const char *value)
{
	if (o && *value)
		json_object_set_new(o, key, json_string(value));
}

/* ---- markings, identities ---- */

static const struct release_marking *
marking_of(const struct export *e)
{
	const struct release *x = e->shelf.packs.release;

	for (uint32_t i = 0; i < x->n_markings; i++)
		if (strcmp(x->marking[i].id, e->marking) == 0)
			return &x->marking[i];
	return &x->marking[x->n_markings - 1];
}

static void
markings(struct bundle *b)
{
	const struct release_marking *m = marking_of(b->e);
	const json_t *to = json_object_get(json_object_get(json_object_get(b->e->record, "casus"), "release"), "releasable_to");
	char id[ID_LEN], lower[32] = "";
	struct buf text;

	buf_init(&text, 4096);
	buf_printf(&text, "%s: %s.", m->id, m->say ? m->say : "");
	if (b->e->party)
		buf_printf(&text, " Released to %s.", b->e->party);
	for (size_t i = 0; i < json_array_size(to); i++)
		buf_printf(&text, "%s%s", i ? ", " : " Releasable to ", json_string_value(json_array_get(to, i)));
	if (json_is_true(json_object_get(b->e->incident, "exercise")))
		buf_str(&text, " EXERCISE: a drill, not an incident.");
	id_of(id, "marking-definition", text.p);
	json_array_append_new(b->objects, json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:s}}", "type", "marking-definition", "spec_version", "2.1", "id", id, "created",
						   b->created, "definition_type", "statement", "definition", "statement", text.p));
	json_array_append_new(b->marks, json_string(id));
	buf_clear(&text);
	if (!b->e->extensions)
		return;
	for (size_t i = 0; m->id[i] && i < sizeof lower - 1; i++)
		lower[i] = (char) (m->id[i] >= 'A' && m->id[i] <= 'Z' ? m->id[i] + 32 : m->id[i]);
	json_array_append_new(b->objects, json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:{s:s,s:s}}}", "type", "marking-definition", "spec_version", "2.1", "id", m->stix,
						   "created", "2022-10-01T00:00:00.000Z", "name", m->id, "extensions", TLP_2, "extension_type", "property-extension", "tlp_2_0",
						   strchr(lower, ':') ? strchr(lower, ':') + 1 : lower));
	json_array_append_new(b->marks, json_string(m->stix));
}

static void
identities(struct bundle *b)
{
	const char *sensor = export_text(json_object_get(b->e->record, "casus"), "sensor");
	const json_t *assets = json_object_get(b->e->incident, "assets");
	char id[ID_LEN], name[512];
	json_t *o = sdo(b, "identity", *sensor ? sensor : "casus", id);
	const char *party;
	json_t *p;

	set(o, "name", *sensor ? sensor : "a casus sensor");
	set(o, "identity_class", "system");
	snprintf(b->producer, sizeof b->producer, "%s", id);
	json_object_foreach(json_object_get(b->e->incident, "parties"), party, p)
	{
		snprintf(name, sizeof name, "party %s", party);
		o = sdo(b, "identity", name, id);
		set(o, "name", *export_text(p, "name") ? export_text(p, "name") : party);
		set(o, "identity_class", "organization");
	}
	for (size_t i = 0; i < json_array_size(assets); i++) {
		const json_t *a = json_array_get(assets, i);
		snprintf(name, sizeof name, "asset %s %s %s %s", export_text(a, "owner"), export_text(a, "name"), export_text(a, "sector"), export_text(a, "territory"));
		o = sdo(b, "identity", name, id);
		snprintf(name, sizeof name, "an asset, sector %s, territory %s", export_text(a, "sector"), export_text(a, "territory"));
		set(o, "name", *export_text(a, "name") ? export_text(a, "name") : name);
		set(o, "identity_class", "organization");
		if (o && *export_text(a, "sector"))
			json_object_set_new(o, "sectors", json_pack("[s]", export_text(a, "sector")));
		set(o, "description", name);
	}
}

/* ---- the incident ---- */

static void
core(struct bundle *b, json_t *o)
{
	json_t *x = json_pack("{s:s,s:s,s:s,s:[s]}", "extension_type", "property-extension", "determination", "suspected", "investigation_status",
	    strcmp(export_text(b->e->incident, "state"), "closed") == 0 ? "closed" : "open", "detection_methods", "automated-tool");
	json_t *scores = (json_array)(), *p;
	const char *party;

	json_object_foreach(json_object_get(b->e->incident, "parties"), party, p)
	{
		char text[128];
		const char *hi = export_text(p, "hi");
		snprintf(text, sizeof text, "indicative band: %s to %s, likely %s", export_text(p, "lo"), hi, export_text(p, "likely"));
		if (*hi)
			json_array_append_new(scores, json_pack("{s:s,s:i,s:s}", "name", party, "value", packs_band(&b->e->shelf.packs, hi), "description", text));
	}
	if (json_array_size(scores))
		json_object_set(x, "scores", scores);
	json_decref(scores);
	json_object_set_new(o, "extensions", json_pack("{s:o}", INCIDENT_CORE, x));
}

static void
incident(struct bundle *b)
{
	const json_t *i = b->e->incident;
	bool drill = json_is_true(json_object_get(i, "exercise"));
	struct buf text;
	const char *name;
	json_t *v, *o = sdo(b, "incident", export_text(i, "id"), b->incident);

	buf_init(&text, 8192);
	buf_printf(&text, "%sIncident %s, revision %lld, %s", drill ? "EXERCISE. " : "", export_text(i, "id"),
	    (long long) json_integer_value(json_object_get(i, "revision")), export_text(i, "state"));
	if (json_object_get(i, "first"))
		buf_printf(&text, ", %s to %s", export_text(i, "first"), export_text(i, "last"));
	buf_str(&text, ". Effects:");
	json_object_foreach(json_object_get(i, "effects"), name, v)
		buf_printf(&text, " %s %lld;", name, (long long) json_integer_value(json_object_get(v, "alerts")));
	set(o, "description", text.p);
	buf_reset(&text);
	buf_printf(&text, "%s%s", drill ? "EXERCISE " : "", export_text(i, "id"));
	set(o, "name", text.p);
	buf_clear(&text);
	if (o && b->e->extensions)
		core(b, o);
}

/* ---- hosts, signatures ---- */

static bool
address(struct bundle *b, const char *ip, char id[static ID_LEN])
{
	char text[96], u[UUID_LEN];
	struct addr a;
	const char *type;

	if (addr_parse(&a, ip) < 0)
		return false;
	type = addr_is_v4(&a) ? "ipv4-addr" : "ipv6-addr";
	snprintf(text, sizeof text, "{\"value\":\"%s\"}", ip); /* canonical JSON of the contributing properties */
	uuid5(SCO_SPACE, text, u);
	snprintf(id, ID_LEN, "%s--%s", type, u);
	if (is_there(b, id))
		return true;
	if (json_array_size(b->objects) >= OBJECTS_MAX) {
		b->left_out++;
		return false;
	}
	json_array_append_new(b->objects, json_pack("{s:s,s:s,s:s,s:s,s:O}", "type", type, "spec_version", "2.1", "id", id, "value", ip, "object_marking_refs", b->marks));
	json_array_append_new(b->all, json_string(id));
	return true;
}

/* Attackers, and victims, as one observation each. */
static void
hosts(struct bundle *b, const char *list, char id[static ID_LEN])
{
	const json_t *l = json_object_get(b->e->incident, list);
	json_t *refs = (json_array)(), *o;
	json_int_t alerts = 0;
	char sco[ID_LEN], name[128], first[32], last[32];

	id[0] = '\0';
	for (size_t i = 0; i < json_array_size(l); i++) {
		const json_t *h = json_array_get(l, i);
		alerts += json_integer_value(json_object_get(h, "alerts"));
		if (address(b, export_text(h, "ip"), sco))
			json_array_append_new(refs, json_string(sco));
	}
	snprintf(name, sizeof name, "%s %s", export_text(b->e->incident, "id"), list);
	export_time(export_text(b->e->incident, "first"), first);
	export_time(export_text(b->e->incident, "last"), last);
	o = json_array_size(refs) ? sdo(b, "observed-data", name, id) : NULL;
	if (o) {
		set(o, "first_observed", *first ? first : b->created);
		set(o, "last_observed", *last ? last : b->modified);
		json_object_set_new(o, "number_observed", json_integer(alerts > 0 ? alerts < 999999999 ? alerts : 999999999 : 1));
		json_object_set(o, "object_refs", refs);
		json_object_set_new(o, "labels", json_pack("[s]", list));
	}
	json_decref(refs);
}

/* The rule's text is not in the record: the pattern is its number, in a pattern type that says so. */
static void
signatures(struct bundle *b, const char *observed)
{
	const json_t *l = json_object_get(b->e->incident, "signatures");

	for (size_t i = 0; i < json_array_size(l); i++) {
		const json_t *s = json_array_get(l, i);
		char name[128], indicator[ID_LEN], id[ID_LEN];
		json_int_t count = json_integer_value(json_object_get(s, "alerts")) + json_integer_value(json_object_get(s, "suppressed"));
		json_t *o;
		snprintf(name, sizeof name, "%lld:%lld", (long long) json_integer_value(json_object_get(s, "gid")),
		    (long long) json_integer_value(json_object_get(s, "signature_id")));
		o = sdo(b, "indicator", name, indicator);
		set(o, "name", export_text(s, "signature"));
		set(o, "pattern", name);
		set(o, "pattern_type", "suricata-sid");
		set(o, "valid_from", b->created);
		if (o && *export_text(s, "effect"))
			json_object_set_new(o, "labels", json_pack("[s]", export_text(s, "effect")));
		snprintf(name, sizeof name, "%s %lld", export_text(b->e->incident, "id"), (long long) json_integer_value(json_object_get(s, "signature_id")));
		o = o ? sdo(b, "sighting", name, id) : NULL;
		set(o, "sighting_of_ref", indicator);
		if (o)
			json_object_set_new(o, "count", json_integer(count > 999999999 ? 999999999 : count));
		if (o && *observed)
			json_object_set_new(o, "observed_data_refs", json_pack("[s]", observed));
	}
}

/* ---- the assessment ---- */

static void
say_bands(struct bundle *b, struct buf *text)
{
	const json_t *i = b->e->incident, *legal = json_object_get(i, "legal"), *l = json_object_get(i, "consult_candidates");
	const char *party;
	json_t *p;

	buf_str(text, "Indicative bands by each party's own policy pack; prompts for officials, no finding of law, no attribution.\n");
	json_object_foreach(json_object_get(i, "parties"), party, p)
		buf_printf(text, "%s: %s to %s, likely %s%s\n", party, export_text(p, "lo"), export_text(p, "hi"), export_text(p, "likely"),
		    json_is_true(json_object_get(p, "if_attributed")) ? ", if the acts are attributed to a State" : "");
	buf_printf(text, "Circumstance: %s. Attribution: %s.\n", export_text(legal, "circumstance"), export_text(legal, "attribution"));
	for (size_t k = 0; k < json_array_size(l); k++)
		buf_printf(text, "For consideration: %s (%s)\n", export_text(json_array_get(l, k), "id"), export_text(json_array_get(l, k), "title"));
	l = json_object_get(i, "unknowns");
	for (size_t k = 0; k < json_array_size(l); k++)
		buf_printf(text, "%s%s", k ? ", " : "Unknown: ", json_string_value(json_array_get(l, k)) ? json_string_value(json_array_get(l, k)) : "");
	buf_printf(text, "\nPacks %s.\n", export_text(legal, "pack_hash"));
}

static void
notes(struct bundle *b)
{
	const json_t *l = json_object_get(b->e->incident, "statements");
	struct buf text;
	char id[ID_LEN];
	json_t *o = sdo(b, "note", export_text(b->e->incident, "id"), id);

	buf_init(&text, 256 << 10);
	say_bands(b, &text);
	set(o, "abstract", "indicative assessment");
	set(o, "content", text.p);
	if (o)
		json_object_set_new(o, "object_refs", json_pack("[s]", b->incident));
	buf_clear(&text);
	for (size_t k = 0; k < json_array_size(l); k++) {
		const json_t *s = json_array_get(l, k);
		char name[256], *dump = json_dumps(s, JSON_COMPACT);
		snprintf(name, sizeof name, "%s %s", export_text(b->e->incident, "id"), export_text(s, "id"));
		o = dump ? sdo(b, "note", name, id) : NULL;
		set(o, "abstract", "statement of a person");
		set(o, "content", dump ? dump : "");
		if (o) {
			json_object_set_new(o, "authors", json_pack("[s]", export_text(s, "author")));
			json_object_set_new(o, "object_refs", json_pack("[s]", b->incident));
		}
		free(dump);
	}
}

/* The record itself, byte for byte: whoever reads the bundle back has lost nothing. */
static void
whole(struct bundle *b)
{
	char *text = json_dumps(b->e->record, JSON_COMPACT), *base64 = text ? export_base64(text) : NULL, u[UUID_LEN], id[ID_LEN], hex[65];
	struct buf name;
	uint8_t sum[32];

	buf_init(&name, 16 << 20);
	if (base64) {
		hash_sha256(span_str(text), sum);
		hash_hex(sum, 32, hex);
		buf_printf(&name, "{\"hashes\":{\"SHA-256\":\"%s\"},\"payload_bin\":\"%s\"}", hex, base64);
		uuid5(SCO_SPACE, name.p, u);
		snprintf(id, sizeof id, "artifact--%s", u);
		json_array_append_new(b->objects, json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:s},s:O}", "type", "artifact", "spec_version", "2.1", "id", id, "mime_type",
							   "application/json", "payload_bin", base64, "hashes", "SHA-256", hex, "object_marking_refs", b->marks));
		json_array_append_new(b->all, json_string(id));
	}
	buf_clear(&name);
	free(text);
	free(base64);
}

static void
tie(struct bundle *b)
{
	char id[ID_LEN], text[160];
	json_t *o;

	id_of(id, "grouping", export_text(b->e->incident, "id"));
	o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:O,s:O}", "type", "grouping", "spec_version", "2.1", "id", id, "created", b->created, "modified", b->modified,
	    "created_by_ref", b->producer, "context", "suspicious-activity", "object_refs", b->all, "object_marking_refs", b->marks);
	snprintf(text, sizeof text, "%s%s", json_is_true(json_object_get(b->e->incident, "exercise")) ? "EXERCISE " : "", export_text(b->e->incident, "id"));
	set(o, "name", text);
	if (b->left_out) {
		snprintf(text, sizeof text, "%u objects are only in the attached record", b->left_out);
		set(o, "description", text);
	}
	json_array_append_new(b->objects, o);
}

static int
write_bundle(struct export *e)
{
	struct bundle b = { .e = e, .objects = (json_array)(), .all = (json_array)(), .marks = (json_array)() };
	char id[ID_LEN], victims[ID_LEN], attackers[ID_LEN], *text;
	json_t *o;

	export_time(export_text(e->record, "timestamp"), b.modified);
	export_time(export_text(e->incident, "first"), b.created);
	if (!b.modified[0])
		snprintf(b.modified, sizeof b.modified, "1970-01-01T00:00:00.000Z");
	if (!b.created[0] || strcmp(b.created, b.modified) > 0)
		memcpy(b.created, b.modified, sizeof b.created);
	markings(&b);
	identities(&b);
	incident(&b);
	whole(&b);
	notes(&b);
	hosts(&b, "victims", victims);
	hosts(&b, "attackers", attackers);
	signatures(&b, *attackers ? attackers : victims);
	tie(&b);
	id_of(id, "bundle", export_text(e->incident, "id"));
	o = json_pack("{s:s,s:s,s:O}", "type", "bundle", "id", id, "objects", b.objects);
	text = json_dumps(o, JSON_INDENT(1));
	if (text)
		puts(text);
	free(text);
	json_decref(o);
	json_decref(b.objects);
	json_decref(b.all);
	json_decref(b.marks);
	return text ? CTL_OK : CTL_FAILURE;
}

static int
run(const struct options *o, int argc, char **argv)
{
	struct export e;
	int rc = export_begin(&e, &subcommand_stix, argc, argv);

	if (rc == CTL_OK)
		rc = write_bundle(&e);
	export_clear(&e);
	return rc;
}

const struct subcommand subcommand_stix = { "stix", "INCIDENT[@REVISION] --dir JOURNAL [--party ID] [--no-extensions]",
	"a STIX 2.1 bundle of an incident, as a party is let have it", run };
