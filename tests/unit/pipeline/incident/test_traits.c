/*
 * Tests of traits: what of an alert's record is the attacker's, and what is everybody's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/incident/traits.h"

static struct traits
of(const char *text, bool outbound, uint32_t sid)
{
	size_t n = strlen(text);
	struct event *e = calloc(1, sizeof(*e) + n + 1);
	struct traits t;

	assert_non_null(e);
	memcpy(e->text, text, n);
	e->text_n = (uint32_t) n;
	traits_of(e, outbound, sid, &t);
	free(e);
	return t;
}

static bool
share(const struct traits *a, const struct traits *b)
{
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t k = 0; k < b->n; k++)
			if (a->hash[i] == b->hash[k])
				return true;
	return false;
}

#define TLS "\"tls\":{\"sni\":\"drop.example.net\",\"fingerprint\":\"aa:bb:cc:dd\",\"ja3\":{\"hash\":\"0123456789abcdef\"}}"

static void
names_where_the_victim_calls(void **state)
{
	struct traits out = of(TLS, true, 7), in = of(TLS, false, 7), http = of("\"http\":{\"hostname\":\"drop.example.net\",\"url\":\"/x\"}", true, 9);

	assert_int_equal(out.n, 3);
	assert_int_equal(in.n, 1); /* the tool alone: the name is the victim's own */
	assert_true(share(&out, &http)); /* a name is the same wherever it is told */
	assert_false(share(&in, &http));
}

static void
tools_only_with_the_signature(void **state)
{
	struct traits a = of(TLS, false, 7), b = of(TLS, false, 7), other = of(TLS, false, 8);

	assert_true(share(&a, &b));
	assert_false(share(&a, &other));
}

static void
files_are_whoever_brings_them(void **state)
{
	static const char file[] = "\"files\":[{\"filename\":\"x\",\"sha256\":\"00112233445566778899\"}]";
	struct traits in = of(file, false, 1), out = of(file, true, 2);

	assert_int_equal(in.n, 1);
	assert_true(share(&in, &out));
}

static void
nobodys_own(void **state)
{
	assert_int_equal(of("\"http\":{\"hostname\":\"192.0.2.7\"}", true, 1).n, 0);
	assert_int_equal(of("\"http\":{\"hostname\":\"2001:db8::a.b\"}", true, 1).n, 0);
	assert_int_equal(of("\"dns\":{\"rrname\":\"localhost\"}", true, 1).n, 0);
	assert_int_equal(of("\"ssh\":{\"client\":{\"sni\":\"drop.example.net\"}}", true, 1).n, 0); /* not a name of TLS */
	assert_int_equal(of("\"krb5\":{\"hash\":\"0123456789abcdef\"}", true, 1).n, 0);             /* not of a ja3 */
}

/* Any bytes: bounded, nothing twice, and no read beyond the text (the sanitizers see to that). */
static void
any_text(void **state)
{
	static const char signs[] = "{}[]\":,\\ tlsnifpghoash256.dr";
	char text[160];
	uint64_t x = 815;

	for (int n = 0; n < 20000; n++) {
		size_t len = 0;
		while (len < sizeof(text) - 1 && (x = x * UINT64_C(6364136223846793005) + 1442695040888963407, x >> 60 || len < 8))
			text[len++] = signs[(x >> 33) % (sizeof(signs) - 1)];
		text[len] = '\0';
		struct traits t = of(text, n & 1, 1);
		assert_true(t.n <= TRAITS_MAX);
		for (uint32_t i = 0; i < t.n; i++)
			for (uint32_t k = 0; k < i; k++)
				assert_true(t.hash[i] != t.hash[k]);
	}
	/* more than there is room for */
	char many[2048] = "\"dns\":{\"a\":[";
	for (int i = 0; i < 30; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "{\"sha1\":\"%040d\"},", i);
	assert_int_equal(of(many, true, 1).n, TRAITS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_where_the_victim_calls),
		cmocka_unit_test(tools_only_with_the_signature),
		cmocka_unit_test(files_are_whoever_brings_them),
		cmocka_unit_test(nobodys_own),
		cmocka_unit_test(any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
