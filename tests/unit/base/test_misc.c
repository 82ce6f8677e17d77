/*
 * Tests of clock, err, diag, log, hash and counters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"

static void
clock_texts(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-23T03:04:05.123456+0000", INT64_C(1795403045123456000) },
		{ "2026-11-23T12:04:05.123456+09:00", INT64_C(1795403045123456000) },
		{ "2026-11-22T22:04:05.123456789-05:00", INT64_C(1795403045123456789) },
		{ "2000-02-29", INT64_C(951782400000000000) },
		{ "1969-12-31T23:59:59.5Z", -500000000 },
	};
	static const char *const bad[] = { "", "2026", "2026-13-01", "2026-02-29", "1900-02-29", "2026-01-01T", "2026-01-01T00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "0001-01-01" };
	int64_t ns;

	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(clock_parse(&ns, good[i].text), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (clock_parse(&ns, bad[i]) == 0)
			fail_msg("\"%s\" is not a time", bad[i]);
}

static void
clock_prints(void **state)
{
	char out[CLOCK_EVE_LEN];
	int64_t back;

	assert_int_equal(clock_print_eve(INT64_C(1795403045123456789), out), 31);
	assert_string_equal(out, "2026-11-23T03:04:05.123456+0000");
	assert_int_equal(clock_print_eve(-1, out), 31);
	assert_string_equal(out, "1969-12-31T23:59:59.999999+0000");
	for (int64_t day = -100000; day < 100000; day += 7) {
		int64_t ns = day * 86400 * NS_PER_S + 12345 * NS_PER_S;
		clock_print_iso(ns, out);
		assert_int_equal(clock_parse(&back, out), 0);
		assert_int_equal(back, ns);
	}
}

static void
clock_follows(void **state)
{
	struct clock c = { .live = false };

	clock_tell(&c, 100);
	clock_tell(&c, 50);
	assert_int_equal(clock_now(&c), 100);
	c.live = true;
	assert_true(clock_now(&c) > 1000 * NS_PER_S);
	assert_true(clock_monotonic() <= clock_monotonic());
}

static void
diag_collects(void **state)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	struct diag d;

	diag_init(&d, 3);
	diag_error(&d, "a.yaml", 3, 5, "%s is bad", "x");
	diag_warning(&d, "a.yaml", 4, 0, "odd");
	diag_note(&d, NULL, 0, 0, "told");
	diag_error(&d, "a.yaml", 9, 9, "not kept");
	assert_int_equal(d.errors, 2);
	assert_int_equal(d.n, 3);
	diag_print(&d, out);
	fclose(out);
	assert_string_equal(text, "a.yaml:3:5: error: x is bad\na.yaml:4: warning: odd\nnote: told\n"
				  "... and more: 2 errors, 1 warnings in all\n");
	free(text);
	diag_clear(&d);
	assert_int_equal(d.errors, 0);
	assert_string_equal(err_text(E_NOENT), "no such file or object");
	assert_string_equal(err_text(E_AGAIN), "try again");
	assert_string_equal(err_text(-99), "unknown error");
}

static unsigned caught;

static void
catch(void *arg, enum log_level level, const char *category, const char *text)
{
	assert_string_equal(category, arg);
	caught++;
}

static void
log_is_limited(void **state)
{
	log_init(LOG_LEVEL_INFO);
	log_catch(catch, "test");
	for (int i = 0; i < 100; i++)
		log_warning("test", "line %d", i);
	assert_int_equal(caught, 10);
	log_debug("test", "below the level");
	assert_int_equal(caught, 10);
	log_info("test", "another site");
	assert_int_equal(caught, 11);
	log_catch(NULL, NULL);
}

static void
hashes(void **state)
{
	uint8_t h[32];
	uint8_t key[131];
	char hex[65];

	hash_md5(SPAN_LIT("abc"), h);
	hash_hex(h, 16, hex);
	assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
	hash_sha1(SPAN_LIT("abc"), h);
	hash_hex(h, 20, hex);
	assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	hash_sha256(SPAN_LIT("abc"), h);
	hash_hex(h, 32, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	/* RFC 4231, sections 4.3 and 4.7 */
	hash_hmac_sha256(SPAN_LIT("Jefe"), SPAN_LIT("what do ya want for nothing?"), h);
	hash_hex(h, 32, hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hash_hmac_sha256(span_of(key, sizeof(key)), SPAN_LIT("Test Using Larger Than Block-Size Key - Hash Key First"), h);
	hash_hex(h, 32, hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hash_sha256(SPAN_NONE, h);
	hash_hex(h, 32, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_true(hash_span(SPAN_LIT("abc"), 1) == hash_bytes("abc", 3, 1));
	assert_true(hash_span(SPAN_LIT("abc"), 1) != hash_span(SPAN_LIT("abc"), 2));
	assert_int_not_equal(hash_secret(), hash_secret());
}

static void
counters_have_names(void **state)
{
	static struct counters c;

	for (int i = 0; i < COUNTER_N; i++) {
		assert_true(counter_info[i].key && *counter_info[i].key);
		assert_true(counter_info[i].help && *counter_info[i].help);
		for (int k = 0; k < i; k++)
			if (strcmp(counter_info[i].key, counter_info[k].key) == 0)
				fail_msg("two counters are called %s", counter_info[i].key);
	}
	counter_inc(&c, C_CAPTURE_PACKETS);
	counter_add(&c, C_CAPTURE_PACKETS, 2);
	assert_int_equal(counter_get(&c, C_CAPTURE_PACKETS), 3);
	counter_set(&c, C_CAPTURE_PACKETS, 1);
	assert_int_equal(counter_get(&c, C_CAPTURE_PACKETS), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(clock_texts), cmocka_unit_test(clock_prints),
		cmocka_unit_test(clock_follows), cmocka_unit_test(diag_collects), cmocka_unit_test(log_is_limited),
		cmocka_unit_test(hashes), cmocka_unit_test(counters_have_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
