/*
 * Tests of release: rules of its own, made for the test, beside the shipped packs of parties.
 */
#include <jansson.h>

#include "law.h"

#include <dirent.h>
#include <unistd.h>

#include "../tmpdir.h"
#include "pipeline/legal/release.h"

static char folder[TMPDIR_LEN];

#define SOURCES "sources: [ { text: \"a test\", verified: false } ]"
static const char rules[] = "kind: release\nid: test-release\nversion: 1\n" SOURCES "\nmarkings:\n"
			    "  - { id: \"open\", stix: \"m--1\", audience: everybody, clients: true, say: \"s\", " SOURCES " }\n"
			    "  - { id: \"club\", stix: \"m--2\", audience: community, clients: true, say: \"s\", " SOURCES " }\n"
			    "  - { id: \"some\", stix: \"m--3\", audience: named, clients: true, say: \"s\", " SOURCES " }\n"
			    "  - { id: \"strict\", stix: \"m--4\", audience: named, say: \"s\", " SOURCES " }\n"
			    "  - { id: \"mouth\", stix: \"m--5\", audience: nobody, say: \"s\", " SOURCES " }\n"
			    "community: [JP, US, FR, NATO]\nclients: { NATO: [FR] }\nstreams: [JP, US, FR, NATO, KR]\n"
			    "records:\n"
			    "  - { type: incident, marking: \"open\" }\n"
			    "  - { type: incident, when: { class: [military] }, marking: \"some\", to: [owner, US] }\n"
			    "  - { type: escalation, when: { zone: [safety] }, marking: \"some\", to: [owner, NATO] }\n"
			    "fields:\n"
			    "  - { path: timestamp, marking: \"open\" }\n"
			    "  - { path: event_type, marking: \"open\" }\n"
			    "  - { path: casus.incident.id, marking: \"open\" }\n"
			    "  - { path: casus.incident.alerts, marking: \"club\" }\n"
			    "  - { path: casus.incident.secret, marking: \"mouth\" }\n"
			    "  - { path: casus.incident.for-nato, marking: \"some\", to: [NATO] }\n"
			    "  - { path: casus.incident.for-nato-strictly, marking: \"strict\", to: [NATO] }\n"
			    "  - { path: casus.incident.victims, marking: \"strict\", to: [its-owner] }\n"
			    "  - { path: casus.incident.attackers, marking: \"club\", to: [its-owner, unowned] }\n"
			    "  - { path: casus.incident.attackers.note, marking: \"mouth\" }\n"
			    "  - { path: \"casus.incident.parties.*\", marking: \"some\", to: [US] }\n"
			    "  - { path: \"casus.incident.parties.{party}\", marking: \"club\" }\n"
			    "  - { path: casus.escalation, marking: \"open\" }\n";

static int
setup(void **state)
{
	char from[1200], to[1200];
	struct dirent *e;
	DIR *dir = opendir(source_path("rules/policy"));
	FILE *f;

	tmpdir_make(folder);
	while (dir && (e = readdir(dir)) != NULL) {
		char *real;
		if (!strstr(e->d_name, ".yaml") || strcmp(e->d_name, "release.yaml") == 0)
			continue;
		snprintf(from, sizeof from, "%s/%s", source_path("rules/policy"), e->d_name);
		snprintf(to, sizeof to, "%s/%s", folder, e->d_name);
		real = realpath(from, NULL);
		if (!real || symlink(real, to) < 0)
			return -1;
		free(real);
	}
	if (dir)
		closedir(dir);
	snprintf(to, sizeof to, "%s/release.yaml", folder);
	f = fopen(to, "w");
	if (!f || fputs(rules, f) < 0 || fclose(f))
		return -1;
	diag_init(&d, 0);
	if (effects_read(&effects, source_path("rules/effects.yaml"), &d) == 0 && packs_read(&packs, folder, &effects, &d) == 0)
		return 0;
	diag_print(&d, stderr);
	return -1;
}

static int
teardown(void **state)
{
	tmpdir_clear(folder);
	return law_teardown(state);
}

#define ASSETS "\"assets\":[{\"name\":\"a\",\"owner\":\"JP\",\"class\":\"civil\"},{\"name\":\"b\",\"owner\":\"FR\",\"class\":\"civil\"}]"
#define INCIDENT(assets, more)                                                                                                                    \
	"{\"timestamp\":\"T\",\"event_type\":\"incident\",\"hidden\":1,\"casus\":{\"v\":1,\"incident\":{\"id\":\"I\",\"alerts\":3," assets more "}}}"

/* What the party gets; NULL: nothing. */
static json_t *
told(const char *record, const char *party)
{
	json_t *r = json_loads(record, 0, NULL), *out = NULL;
	char *text;

	assert_non_null(r);
	text = release_text(&packs, packs_party(&packs, party), r, NULL);
	if (text) {
		out = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(out);
	}
	free(text);
	json_decref(r);
	return out;
}

/* What stands at casus.incident or casus.release of it; the whole is forgotten. */
static void
assert_told(const char *record, const char *party, const char *member, const char *expected)
{
	json_t *out = told(record, party), *e = expected ? json_loads(expected, 0, NULL) : NULL;
	json_t *got = json_object_get(json_object_get(out, "casus"), member);

	if (expected ? !json_equal(got, e) : got != NULL) {
		char *text = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT);
		fail_msg("%s gets %s: %s, expected %s", party, member, text ? text : "nothing", expected ? expected : "nothing");
	}
	json_decref(e);
	json_decref(out);
}

static void
audiences(void **state)
{
	static const char record[] = INCIDENT(ASSETS, ",\"secret\":1,\"for-nato\":2,\"for-nato-strictly\":3");
	json_t *out;

	assert_told(record, "KR", "incident", "{\"id\":\"I\"}"); /* not of the community */
	assert_told(record, "US", "incident", "{\"id\":\"I\",\"alerts\":3}");
	assert_told(record, "NATO", "incident", "{\"id\":\"I\",\"alerts\":3,\"for-nato\":2,\"for-nato-strictly\":3}");
	assert_told(record, "FR", "incident", "{\"id\":\"I\",\"alerts\":3,\"for-nato\":2}"); /* a client, where the marking lets it bring them */
	assert_null(told(record, "AU")); /* no stream */
	out = told(record, "US");
	assert_int_equal(json_object_size(out), 3); /* `hidden` has no rule */
	json_decref(out);
}

static void
marked(void **state)
{
	static const char record[] = INCIDENT(ASSETS, ",\"for-nato\":2");
	char expected[300];

	snprintf(expected, sizeof expected, "{\"party\":\"NATO\",\"marking\":\"some\",\"releasable_to\":[],\"partial\":true,\"pack_hash\":\"%s\"}", packs.hash);
	assert_told(record, "NATO", "release", expected);
	snprintf(expected, sizeof expected, "{\"party\":\"KR\",\"marking\":\"open\",\"releasable_to\":[],\"partial\":true,\"pack_hash\":\"%s\"}", packs.hash);
	assert_told(record, "KR", "release", expected);
	snprintf(expected, sizeof expected, "{\"party\":\"US\",\"marking\":\"some\",\"releasable_to\":[\"US\"],\"partial\":false,\"pack_hash\":\"%s\"}", packs.hash);
	assert_told("{\"timestamp\":\"T\",\"casus\":{\"incident\":{\"id\":\"I\",\"alerts\":1}},\"event_type\":\"incident\"}", "US", "release", expected);
}

/* Elements of a list by whose asset they are about. */
static void
elements(void **state)
{
	static const char record[] = INCIDENT(ASSETS,
	    ",\"victims\":[{\"ip\":\"1\",\"asset\":\"a\"},{\"ip\":\"2\",\"asset\":\"b\"},{\"ip\":\"3\"}],"
	    "\"attackers\":[{\"ip\":\"4\",\"note\":\"n\"},{\"ip\":\"5\",\"asset\":\"b\"}]");

	assert_told(record, "JP", "incident", "{\"id\":\"I\",\"alerts\":3,\"victims\":[{\"ip\":\"1\",\"asset\":\"a\"}],\"attackers\":[{\"ip\":\"4\"}]}");
	assert_told(record, "FR", "incident",
	    "{\"id\":\"I\",\"alerts\":3,\"victims\":[{\"ip\":\"2\",\"asset\":\"b\"}],\"attackers\":[{\"ip\":\"4\"},{\"ip\":\"5\",\"asset\":\"b\"}]}");
	assert_told(record, "US", "incident", "{\"id\":\"I\",\"alerts\":3,\"attackers\":[{\"ip\":\"4\"}]}");
	assert_told(record, "KR", "incident", "{\"id\":\"I\"}");
}

static void
own_part(void **state)
{
	static const char record[] = INCIDENT(ASSETS, ",\"parties\":{\"JP\":{\"lo\":\"B1\"},\"US\":{\"lo\":\"B2\"},\"KR\":{\"lo\":\"B3\"}}");

	assert_told(record, "JP", "incident", "{\"id\":\"I\",\"alerts\":3,\"parties\":{\"JP\":{\"lo\":\"B1\"}}}");
	assert_told(record, "US", "incident", "{\"id\":\"I\",\"alerts\":3,\"parties\":{\"JP\":{\"lo\":\"B1\"},\"US\":{\"lo\":\"B2\"},\"KR\":{\"lo\":\"B3\"}}}");
	assert_told(record, "KR", "incident", "{\"id\":\"I\"}"); /* its own part is the club's */
}

/* A rule about the record closes all of it; what it cannot decide counts as met. */
static void
conditions(void **state)
{
	static const char military[] = INCIDENT("\"assets\":[{\"name\":\"a\",\"owner\":\"JP\",\"class\":\"military\"}]", ""),
			  perhaps[] = INCIDENT("\"assets\":[{\"name\":\"a\",\"owner\":\"JP\",\"class\":\"civil\"}],\"unknowns\":[\"asset\"]", ""),
			  nothing_known[] = INCIDENT("\"assets\":[]", ""),
			  change[] = "{\"timestamp\":\"T\",\"event_type\":\"escalation\",\"casus\":{\"escalation\":{\"incident\":\"I\"}}}";

	assert_told(military, "JP", "incident", "{\"id\":\"I\",\"alerts\":3}");
	assert_told(military, "US", "incident", "{\"id\":\"I\",\"alerts\":3}");
	assert_null(told(military, "FR"));
	assert_null(told(perhaps, "FR"));
	assert_null(told(nothing_known, "JP"));
	assert_told(nothing_known, "US", "incident", "{\"id\":\"I\",\"alerts\":3}");
	assert_null(told(change, "US"));
	assert_told(change, "NATO", "escalation", "{\"incident\":\"I\"}"); /* whose assets is not known: no owner */
	assert_null(told(change, "JP"));
	assert_null(told("{\"timestamp\":\"T\",\"event_type\":\"alert\",\"casus\":{}}", "JP")); /* no rule speaks of alerts */
	assert_true(release_is_about(&packs, SPAN_LIT("incident")));
	assert_false(release_is_about(&packs, SPAN_LIT("alert")));
}

/* However little is told: a drill is told to be one. And what has no place for its marking is not told. */
static void
drills(void **state)
{
	assert_told(INCIDENT(ASSETS, ",\"exercise\":true"), "KR", "incident", "{\"id\":\"I\",\"exercise\":true}");
	assert_told(INCIDENT(ASSETS, ",\"exercise\":false"), "KR", "incident", "{\"id\":\"I\"}");
	assert_null(told("{\"timestamp\":\"T\",\"event_type\":\"incident\"}", "FR"));
	assert_null(told("[1]", "JP"));
}

/* One view, all parties: the same as each alone. */
static void
many_at_once(void **state)
{
	static const char record[] = INCIDENT(ASSETS, ",\"for-nato\":\"\\u00e4\\n\",\"victims\":[{\"ip\":\"1\",\"asset\":\"a\",\"n\":1.5}]");
	json_t *r = json_loads(record, 0, NULL);
	struct release_view *v = release_view_new(&packs, r, NULL);
	unsigned some = 0;

	assert_non_null(v);
	for (uint32_t i = 0; i < packs.n_parties; i++) {
		char *a = release_view_text(v, &packs.party[i]), *b = release_text(&packs, &packs.party[i], r, NULL);
		assert_true(a && b ? strcmp(a, b) == 0 : !a && !b);
		some += a != NULL;
		free(a);
		free(b);
	}
	assert_int_equal(some, 5);
	release_view_free(v);
	json_decref(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(audiences), cmocka_unit_test(marked), cmocka_unit_test(elements), cmocka_unit_test(own_part),
		cmocka_unit_test(conditions), cmocka_unit_test(drills), cmocka_unit_test(many_at_once) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
