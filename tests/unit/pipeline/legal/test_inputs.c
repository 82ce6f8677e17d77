/*
 * Tests of what is read: inventory, effects, packs, context; every problem at once, each at its place. And of three-valued
 * conditions, statements and the order of packs.
 */
#include <unistd.h>

#include "base/clock.h"
#include "law.h"

#include <openssl/evp.h>

#include "base/hash.h"

static char dir[] = "/tmp/casus-inputs-XXXXXX";

static const char *
file(const char *name, const char *text)
{
	static char path[4][256];
	static unsigned at;
	FILE *f;

	at = (at + 1) % 4;
	snprintf(path[at], sizeof(path[at]), "%s/%s", dir, name);
	f = fopen(path[at], "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path[at];
}

/* One problem at that place with that text; `all` problems altogether. */
static void
expect(const struct diag *x, uint32_t line, uint32_t column, const char *text)
{
	for (uint32_t i = 0; i < x->n; i++)
		if (x->items[i].line == line && x->items[i].column == column && strstr(x->items[i].text, text))
			return;
	diag_print(x, stderr);
	fail_msg("no problem %u:%u \"%s\"", line, column, text);
}

static void
inventory_problems(void **state)
{
	struct inventory inv;
	struct diag x;

	diag_init(&x, 0);
	assert_int_equal(inventory_read(&inv, file("i.yaml", "assets:\n"
						    "  - name: a\n"
						    "    networks: [192.0.2.0/24, 300.1.1.1]\n"
						    "    owner: JP\n"
						    "    sector: energy\n"
						    "    colour: red\n"
						    "  - name: b\n"
						    "    networks: [192.0.2.0/24]\n"
						    "    owner: JP\n"
						    "    sector: energy\n"
						    "    criticality: huge\n"
						    "    services: [ { proto: tcp } ]\n"), &x), -1);
	expect(&x, 3, 30, "is not a network");
	expect(&x, 6, 5, "colour");
	expect(&x, 8, 16, "given twice");
	expect(&x, 11, 18, "huge");
	expect(&x, 12, 17, "service without port");
	assert_int_equal(x.errors, 5);
	inventory_clear(&inv);
	diag_clear(&x);
}

static void
inventory_finds_the_longest(void **state)
{
	struct inventory inv;
	struct diag x;
	struct prefix p;

	diag_init(&x, 0);
	assert_int_equal(inventory_read(&inv, file("i.yaml", "assets:\n"
						    "  - { name: wide, networks: [10.0.0.0/8, \"2001:db8::/32\"], owner: JP, sector: s }\n"
						    "  - { name: narrow, networks: [10.1.0.0/16], owner: JP, sector: s }\n"
						    "  - { name: host, networks: [10.1.2.3], owner: US, sector: s }\n"), &x), 0);
	prefix_parse(&p, "10.1.2.3");
	assert_string_equal(inventory_find(&inv, &p.a)->name, "host");
	prefix_parse(&p, "10.1.2.4");
	assert_string_equal(inventory_find(&inv, &p.a)->name, "narrow");
	prefix_parse(&p, "10.2.2.4");
	assert_string_equal(inventory_find(&inv, &p.a)->name, "wide");
	prefix_parse(&p, "2001:db8::9");
	assert_string_equal(inventory_find(&inv, &p.a)->name, "wide");
	prefix_parse(&p, "11.0.0.1");
	assert_null(inventory_find(&inv, &p.a));
	assert_int_equal(inventory_count(&inv, "JP", "s"), 2);
	inventory_clear(&inv);
	diag_clear(&x);
}

static void
effects_problems(void **state)
{
	struct effects e;
	struct diag x;

	diag_init(&x, 0);
	assert_int_equal(effects_read(&e, file("e.yaml", "classes:\n  - { name: a, family: f, opens: perhaps }\n  - { name: a, family: f }\n  - { name: c }\n"
						  "technique:\n  T1: b\nwhat: 1\n"), &x), -1);
	expect(&x, 2, 34, "perhaps");
	expect(&x, 3, 5, "is there already");
	expect(&x, 4, 5, "name and family");
	expect(&x, 6, 7, "not an effect class");
	expect(&x, 7, 1, "what");
	effects_clear(&e);
	diag_clear(&x);
}

static const struct effect *
effect_of_card(const char *key, const char *v, const char *classtype, const char *key2, const char *v2)
{
	struct card_meta m[2] = { { key, v }, { key2, v2 } };

	return effects_of(&effects, &(struct card) { .metadata = m, .n_metadata = key ? key2 ? 2 : 1 : 0, .classtype = classtype });
}

static void
effects_of_rules(void **state)
{
	assert_string_equal(effect_of_card("casus_effect", "denial", "trojan-activity", NULL, NULL)->name, "denial");
	assert_string_equal(effect_of_card("mitre_technique_id", "T1046", "trojan-activity", NULL, NULL)->name, "scan");
	assert_string_equal(effect_of_card("mitre_technique_id", "T1021.002", NULL, NULL, NULL)->name, "lateral");
	assert_string_equal(effect_of_card(NULL, NULL, "trojan-activity", NULL, NULL)->name, "intrusion");
	assert_null(effect_of_card(NULL, NULL, "not-suspicious", NULL, NULL));
	assert_null(effect_of_card("mitre_technique_id", "T1071", NULL, "signature_severity", "Informational"));
	assert_non_null(effect_of_card("casus_effect", "c2", NULL, "signature_severity", "Informational"));
}

static void
pack_problems(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = fopen(source_path("rules/policy/ladder.yaml"), "r");
	struct packs p;
	struct diag x;

	assert_true(getdelim(&text, &n, 0, f) > 0);
	fclose(f);
	file("0ladder.yaml", text);
	free(text);
	file("1x.yaml", "kind: party\nid: X\nname: x\ndate: \"2026\"\ncolour: red\npositions:\n  p: { code: c, sources: [ { text: t } ] }\n"
			"adjust:\n  - { condition: nothing, band: B1, because: p, sources: [a] }\n  - { condition: intrusion, band: B9, because: q, sources: [] }\n"
			"conditions:\n  - { id: mine, band: B2, upto: B1, say: s, sources: [a], when: { outage: \"> 1\", deaths: \"< 3\", any: [] } }\n");
	file("2y.yaml", "kind: partie\n");
	file("i.yaml", "kind: instruments\n");
	unlink(file("e.yaml", ""));
	diag_init(&x, 0);
	assert_int_equal(packs_read(&p, dir, &effects, &x), -1);
	expect(&x, 5, 1, "colour");
	expect(&x, 7, 6, "verified is missing");
	expect(&x, 7, 28, "verified is missing");
	expect(&x, 9, 5, "no condition \"nothing\"");
	expect(&x, 10, 35, "not a band");
	expect(&x, 10, 60, "no sources");
	expect(&x, 10, 48, "none of the party's positions");
	expect(&x, 12, 33, "upto is below band");
	expect(&x, 12, 67, "\"outage\" is neither");
	expect(&x, 12, 90, "expected \">= number\"");
	expect(&x, 12, 102, "a list of conditions");
	expect(&x, 1, 7, "expected ladder, instruments, party, severity");
	packs_clear(&p);
	diag_clear(&x);
}

/* ---- conditions ---- */

static enum truth
ask(const char *condition, const struct facts *f)
{
	struct yaml_doc doc;
	struct arena a;
	struct diag x;
	enum truth t;

	diag_init(&x, 0);
	arena_init(&a, 1 << 20);
	assert_int_equal(yaml_read_text(&doc, "c", span_str(condition), &x), 0);
	struct expr *e = expr_read(doc.root, &packs.words, &a, &x);
	assert_int_equal(x.errors, 0);
	assert_non_null(e);
	t = expr_eval(e, f);
	yaml_clear(&doc);
	arena_clear(&a);
	diag_clear(&x);
	return t;
}

static void
three_values(void **state)
{
	struct facts f;

	quiet_facts(&f);
	value(&f, "outage_s", 100, 200);
	assert_int_equal(ask("{ outage_s: \">= 100\" }", &f), YES);
	assert_int_equal(ask("{ outage_s: \"> 100\" }", &f), UNKNOWN);
	assert_int_equal(ask("{ outage_s: \">= 200\" }", &f), UNKNOWN);
	assert_int_equal(ask("{ outage_s: \"> 200\" }", &f), NO);
	assert_int_equal(ask("{ deaths: \">= 1\" }", &f), UNKNOWN);
	assert_int_equal(ask("{ deaths: \">= 1\", outage_s: \"> 200\" }", &f), NO);
	assert_int_equal(ask("{ any: [ { deaths: \">= 1\" }, { outage_s: \">= 100\" } ] }", &f), YES);
	assert_int_equal(ask("{ any: [ { deaths: \">= 1\" }, { outage_s: \"> 200\" } ] }", &f), UNKNOWN);
	assert_int_equal(ask("{ all: [ { deaths: \">= 1\" }, { outage_s: \">= 1\" } ] }", &f), UNKNOWN);
	assert_int_equal(ask("{ sector: [energy] }", &f), YES);
	assert_int_equal(ask("{ sector: finance }", &f), NO);
	incident.unlisted = true;
	assert_int_equal(ask("{ sector: finance }", &f), UNKNOWN);
	assert_int_equal(ask("{ circumstance: gray-zone }", &f), UNKNOWN);
	f.circumstance = "gray-zone";
	assert_int_equal(ask("{ circumstance: [gray-zone] }", &f), YES);
	assert_int_equal(ask("{ circumstance: [peacetime] }", &f), NO);
	assert_int_equal(ask("{ effect: [scan] }", &f), NO);
	effect(&f, "scan");
	assert_int_equal(ask("{ effect: [denial, scan] }", &f), YES);
}

static void
in_words(void **state)
{
	struct facts f;
	struct buf out;
	const struct condition *c = NULL;

	quiet_facts(&f);
	for (uint32_t i = 0; i < packs.n_common; i++)
		if (strcmp(packs.common[i].id, "short-denial") == 0)
			c = &packs.common[i];
	assert_non_null(c);
	effect(&f, "denial");
	effect(&f, "scan");
	value(&f, "outage_s", 10, 20);
	buf_init(&out, 4096);
	expr_describe(c->when, &f, &packs.words, &out); /* only what makes the answer */
	assert_string_equal(out.p, "effect in {denial} and outage_s > 0 (10 to 20)");
	value(&f, "outage_s", 0, 0);
	buf_reset(&out);
	expr_describe(c->when, &f, &packs.words, &out);
	assert_string_equal(out.p, "effect in {denial} and effects_confirmed >= 1 (unknown); or function_loss_h > 0 (unknown)");
	buf_clear(&out);
}

/* ---- context ---- */

static struct context
statements(const char *text, struct diag *x, int rc)
{
	struct context c;

	diag_init(x, 0);
	if (context_read(&c, file("c.yaml", text), &packs, &(struct context_trust) { NULL, true, NULL, "file" }, x) != rc) {
		diag_print(x, stderr);
		fail_msg("context_read");
	}
	return c;
}

static void
statements_apply(void **state)
{
	struct diag x;
	struct facts f;
	bool confirmed;
	uint32_t linked;
	int64_t t0 = INT64_C(1767225600) * NS_PER_S; /* 2026-01-01 */
	struct context c = statements("statements:\n"
				      "  - { id: b, author: B, time: \"2026-01-02T00:00:00Z\", owner: JP, circumstance: gray-zone, facts: { deaths: [1, 3] } }\n"
				      "  - { id: a, author: A, time: \"2026-01-01T00:00:00Z\", expires: \"2026-01-03T00:00:00Z\", sector: energy, circumstance: peacetime, facts: { deaths: 0 }, linked: 4 }\n"
				      "  - { id: c, author: C, time: \"2026-01-01T00:00:00Z\", owner: US, facts: { injuries: 9 }, confirms: yes }\n",
	    &x, 0);

	quiet_facts(&f);
	context_apply(&c, &packs, &incident, t0 - 1, &f, &confirmed, &linked);
	assert_null(f.circumstance);
	assert_false(f.human[0].known);
	context_apply(&c, &packs, &incident, t0, &f, &confirmed, &linked);
	assert_string_equal(f.circumstance, "peacetime");
	assert_true(f.human[0].known && f.human[0].hi == 0);
	assert_int_equal(linked, 4);
	assert_false(confirmed); /* somebody else's asset */
	assert_false(f.human[1].known);
	context_apply(&c, &packs, &incident, t0 + 86400 * NS_PER_S, &f, &confirmed, &linked); /* the later one wins */
	assert_string_equal(f.circumstance, "gray-zone");
	assert_true(f.human[0].lo == 1 && f.human[0].hi == 3);
	quiet_facts(&f);
	context_apply(&c, &packs, &incident, t0 + 2 * 86400 * NS_PER_S, &f, &confirmed, &linked); /* the earlier one has expired */
	assert_int_equal(linked, 0);
	assert_string_equal(f.circumstance, "gray-zone");
	assert_int_equal(context_next(&c, t0), t0 + 86400 * NS_PER_S);
	assert_int_equal(context_next(&c, t0 + 86400 * NS_PER_S), t0 + 2 * 86400 * NS_PER_S);
	assert_int_equal(context_next(&c, t0 + 2 * 86400 * NS_PER_S), 0);
	context_clear(&c);
	diag_clear(&x);
}

/* ---- signed statements ---- */

static struct author_keys keys;
static EVP_PKEY *author;

static void
make_keys(void)
{
	uint8_t raw[32];
	size_t n = sizeof(raw);
	char hex[65], text[512];
	struct diag x;

	author = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(author);
	assert_int_equal(EVP_PKEY_get_raw_public_key(author, raw, &n), 1);
	hash_hex(raw, sizeof(raw), hex);
	snprintf(text, sizeof(text), "keys:\n  - { name: any, key: \"%s\" }\n  - { name: one, author: duty officer, key: \"%s\" }\n", hex, hex);
	diag_init(&x, 0);
	assert_int_equal(author_keys_read(&keys, file("k.yaml", text), &x), 0);
	assert_int_equal(keys.n, 2);
	diag_clear(&x);
}

/* The envelope of a text; `spoil` changes a byte of the text after it was signed. */
static const char *
envelope(const char *key, const char *text, bool spoil)
{
	static char out[4096];
	uint8_t sig[64];
	size_t n = sizeof(sig);
	char hex[129], *body;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, author), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, (const uint8_t *) text, strlen(text)), 1);
	EVP_MD_CTX_free(ctx);
	hash_hex(sig, sizeof(sig), hex);
	snprintf(out, sizeof(out), "signed:\n  key: %s\n  signature: \"%s\"\n  text: |2\n    ", key, hex);
	body = out + strlen(out);
	snprintf(body, sizeof(out) - strlen(out), "%s", text);
	if (spoil)
		body[4] ^= 1;
	return out;
}

static int
tell(struct context *c, const char *text, bool unsigned_ok, const char *problem)
{
	struct context_trust t = { &keys, unsigned_ok, NULL, "control socket" };
	const struct statement *s = NULL;
	struct diag x;
	bool found = problem == NULL;
	int rc;

	diag_init(&x, 0);
	rc = context_add(c, "told", span_str(text), &packs, &t, &s, &x);
	for (uint32_t i = 0; i < x.n; i++)
		found |= problem && strstr(x.items[i].text, problem) != NULL;
	if (!found)
		diag_print(&x, stderr);
	assert_true(found);
	assert_int_equal(rc == 0, s != NULL);
	diag_clear(&x);
	return rc;
}

static void
signatures(void **state)
{
	static const char said[] = "{ id: s1, author: duty officer, time: \"2026-01-02T00:00:00Z\", owner: JP, circumstance: gray-zone }\n";
	static const char other[] = "{ id: s2, author: somebody else, time: \"2026-01-01T00:00:00Z\", owner: JP, facts: { deaths: 0 } }\n";
	struct context c = { 0 };

	make_keys();
	assert_int_equal(tell(&c, envelope("any", said, true), true, "does not fit the text"), -1);
	assert_int_equal(tell(&c, envelope("nobody", said, false), true, "no key \"nobody\""), -1);
	assert_int_equal(tell(&c, said, false, "not signed"), -1);
	assert_int_equal(c.n, 0);
	assert_int_equal(tell(&c, envelope("one", said, false), false, NULL), 0);
	assert_string_equal(c.s[0].signed_by, "one");
	assert_string_equal(c.s[0].channel, "control socket");
	assert_int_equal(tell(&c, envelope("one", other, false), false, "speaks as \"duty officer\""), -1);
	assert_int_equal(tell(&c, envelope("any", other, false), false, NULL), 0);
	assert_string_equal(c.s[0].id, "s2"); /* by time, whenever it came */
	assert_int_equal(tell(&c, envelope("any", said, false), false, "told before"), -1);
	assert_int_equal(tell(&c, "{ id: s3, author: A, time: \"2026-01-01T00:00:00Z\", owner: JP, facts: { deths: 1 } }", true, "\"deths\" is not a fact"), -1);
	for (int i = 0; i < 100; i++) { /* room grows */
		char text[256];
		snprintf(text, sizeof(text), "{ id: n%d, author: A, time: \"2026-01-03T00:00:%02dZ\", owner: JP, facts: { deaths: %d } }", i, 59 - i % 60, i);
		assert_int_equal(tell(&c, text, true, NULL), 0);
	}
	assert_int_equal(c.n, 102);
	for (uint32_t i = 1; i < c.n; i++)
		assert_true(c.s[i - 1].time <= c.s[i].time);
	context_clear(&c);
	author_keys_clear(&keys);
	EVP_PKEY_free(author);
}

/* What stands between two parties is nobody else's circumstance; what happened beside the network moves no band. */
static void
between_two(void **state)
{
	struct diag x;
	struct facts f;
	bool confirmed;
	uint32_t linked;
	int64_t t0 = INT64_C(1767225600) * NS_PER_S;
	struct context c = statements("statements:\n"
				      "  - { id: a, author: A, time: \"2026-01-01T00:00:00Z\", between: [RU, UA], circumstance: armed-conflict, kinetic: { what: landing, time: \"2026-01-01T02:00:00Z\" } }\n",
	    &x, 0);

	quiet_facts(&f);
	context_apply(&c, &packs, &incident, t0, &f, &confirmed, &linked);
	assert_null(f.circumstance);
	asset.territory = "UA-30";
	context_apply(&c, &packs, &incident, t0, &f, &confirmed, &linked);
	assert_string_equal(f.circumstance, "armed-conflict");
	assert_string_equal(c.s[0].kinetic, "landing");
	context_clear(&c);
	diag_clear(&x);
}

static void
statement_problems(void **state)
{
	struct diag x;
	struct context c = statements("statements:\n"
				      "  - { id: a, time: \"2026-01-01T00:00:00Z\", expires: \"2025-01-01T00:00:00Z\", circumstance: war }\n"
				      "  - { id: b, author: B, facts: { deaths: [3, 1], colour: 2 } }\n"
				      "  - { id: c, author: C, time: \"2026-01-01T00:00:00Z\", confirms: yes }\n",
	    &x, -1);

	expect(&x, 2, 5, "needs author");
	expect(&x, 2, 53, "after the statement's");
	expect(&x, 2, 91, "war");
	expect(&x, 3, 5, "needs time");
	expect(&x, 3, 42, "below the first");
	expect(&x, 3, 50, "not a fact");
	expect(&x, 3, 32, "say of what");
	expect(&x, 4, 65, "say of what");
	context_clear(&c);
	diag_clear(&x);
}

/* ---- order ---- */

static void
copy(const char *from, const char *name)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = fopen(source_path(from), "r");

	assert_non_null(f);
	assert_true(getdelim(&text, &n, 0, f) > 0);
	fclose(f);
	file(name, text);
	free(text);
}

static void
order_of_packs(void **state)
{
	struct packs turned;
	struct diag x;
	struct facts f;
	struct bands a, b;

	unlink(file("1x.yaml", ""));
	unlink(file("k.yaml", ""));
	unlink(file("2y.yaml", ""));
	unlink(file("i.yaml", ""));
	unlink(file("c.yaml", ""));
	unlink(file("0ladder.yaml", ""));
	copy("rules/policy/ladder.yaml", "z.yaml");
	copy("rules/policy/us.yaml", "a.yaml");
	copy("rules/policy/nato.yaml", "b.yaml");
	copy("rules/policy/jp.yaml", "c.yaml");
	copy("rules/policy/instruments.yaml", "d.yaml");
	diag_init(&x, 0);
	if (packs_read(&turned, dir, &effects, &x) < 0) {
		diag_print(&x, stderr);
		fail();
	}
	assert_string_equal(turned.party[0].id, "US");
	quiet_facts(&f);
	effect(&f, "denial");
	value(&f, "outage_s", 400, 90000);
	value(&f, "criticality", 3, 3);
	value(&f, "deaths", 0, 2);
	bands_compute(&packs, &(struct bands_in) { &f, true, 5 }, &a);
	bands_compute(&turned, &(struct bands_in) { &f, true, 5 }, &b);
	for (uint32_t i = 0; i < b.n; i++) {
		const struct party_band *y = &b.party[i], *w = band_of_party(&a, y->party->id);
		assert_int_equal(w->lo, y->lo);
		assert_int_equal(w->likely, y->likely);
		assert_int_equal(w->hi, y->hi);
	}
	packs_clear(&turned);
	diag_clear(&x);
}

static int
setup(void **state)
{
	return mkdtemp(dir) ? law_setup(state) : -1;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "z.yaml", "a.yaml", "b.yaml", "c.yaml", "d.yaml", "i.yaml", "e.yaml", "0ladder.yaml", "1x.yaml", "2y.yaml" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
	return law_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inventory_problems),
		cmocka_unit_test(inventory_finds_the_longest),
		cmocka_unit_test(effects_problems),
		cmocka_unit_test(effects_of_rules),
		cmocka_unit_test(pack_problems),
		cmocka_unit_test(three_values),
		cmocka_unit_test(in_words),
		cmocka_unit_test(statements_apply),
		cmocka_unit_test(signatures),
		cmocka_unit_test(between_two),
		cmocka_unit_test(statement_problems),
		cmocka_unit_test(order_of_packs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
