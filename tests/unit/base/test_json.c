/*
 * Tests of the JSON writer: exact output, every cut stays a record, nothing invalid comes out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <math.h>

#include "base/json.h"

static char text[4096];
static struct json j;

static void
start(void)
{
	json_init(&j, text, sizeof(text));
	json_object(&j, NULL);
}

static void
expect(const char *want)
{
	struct span s = json_text(&j);

	assert_int_equal(text[s.n], 0);
	assert_string_equal(text, want);
}

/* The shortest of 15 to 17 digits that reads back, as the C library prints it. */
static void
expect_number(double v)
{
	char want[64];

	start();
	json_f64(&j, "n", v);
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(want, sizeof(want), "{\"n\":%.*g}", digits, v);
		if (strtod(want + 5, NULL) == v)
			break;
	}
	expect(want);
}

static uint64_t seed = 4711;

static uint64_t
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void
numbers(void **state)
{
	static const double some[] = { 0, -0.0, 1, -1, 0.5, -0.25, 1e-4, 9.9999e-5, 1e15, 999999999999999, 1e14 + 0.5, 123456.789, 0.000123456,
		1e-300, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1.0 / 3, 100, 1e9, 4503599627370496.5, 0.999999999999999, 0.0001000000001 };

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		expect_number(some[i]);
	for (int i = 0; i < 200000; i++) {
		double scale = pow(10, (double) (rnd() % 12));
		uint64_t bits = rnd();
		double any;
		memcpy(&any, &bits, sizeof(any));
		if (isfinite(any))
			expect_number(any);
		expect_number((double) (rnd() % 100000000000) / scale);
		expect_number((double) rnd() / scale);
		expect_number(nextafter((double) (rnd() % 1000000) / scale, 0));
	}
}

/* Strings of all lengths, with one byte that is not plain at any place or none, are written as byte by byte. */
static void
strings(void **state)
{
	static const uint8_t odd[] = { '"', '\\', 0, 0x1f, '\n', 0x7f, 0x80, 0xff, ' ', '~' };
	uint8_t in[70];

	memset(in, 'x', sizeof(in));
	for (uint32_t n = 0; n < sizeof(in); n++)
		for (uint32_t at = 0; at <= n; at++)
			for (size_t k = 0; k < sizeof(odd); k++) {
				char want[600], *w = want + sprintf(want, "{\"s\":\"");
				if (at < n)
					in[at] = odd[k];
				for (uint32_t i = 0; i < n; i++)
					w += in[i] == '"' || in[i] == '\\' ? sprintf(w, "\\%c", in[i]) : in[i] == '\n' ? sprintf(w, "\\n")
					    : in[i] >= 0x20 && in[i] < 0x7f ? sprintf(w, "%c", in[i]) : sprintf(w, "\\u%04x", in[i]);
				strcpy(w, "\"}");
				start();
				json_span(&j, "s", span_of(in, n));
				expect(want);
				if (at < n)
					in[at] = 'x';
			}
}

static void
values(void **state)
{
	start();
	json_u64(&j, "u", UINT64_MAX);
	json_i64(&j, "i", INT64_MIN);
	json_bool(&j, "t", true);
	json_null(&j, "n");
	json_str(&j, "s", "x");
	json_str(&j, "none", NULL);
	json_array(&j, "l");
	json_u64(&j, NULL, 0);
	json_object(&j, NULL);
	json_end(&j);
	json_end(&j);
	json_hex(&j, "h", SPAN_LIT("\x01\xff"), ':');
	json_raw(&j, NULL, SPAN_LIT("\"a\":1,\"b\":2"));
	json_raw(&j, NULL, SPAN_NONE);
	json_raw(&j, "r", SPAN_LIT("[1]"));
	expect("{\"u\":18446744073709551615,\"i\":-9223372036854775808,\"t\":true,\"n\":null,\"s\":\"x\",\"none\":null,"
	       "\"l\":[0,{}],\"h\":\"01:ff\",\"a\":1,\"b\":2,\"r\":[1]}");
	assert_false(j.truncated);
}

static void
doubles(void **state)
{
	start();
	json_f64(&j, "a", 0.1);
	json_f64(&j, "b", 1.0 / 3);
	json_f64(&j, "c", 5);
	json_f64(&j, "d", NAN);
	json_f64(&j, "e", -INFINITY);
	json_f64(&j, "f", 1e300);
	json_f64(&j, "g", 0.1 + 0.2);
	expect("{\"a\":0.1,\"b\":0.3333333333333333,\"c\":5,\"d\":null,\"e\":null,\"f\":1e+300,\"g\":0.30000000000000004}");
}

static void
base64(void **state)
{
	static const char *const in[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" }; /* RFC 4648 section 10 */

	start();
	json_array(&j, "b");
	for (unsigned i = 0; i < 7; i++)
		json_base64(&j, NULL, span_str(in[i]));
	expect("{\"b\":[\"\",\"Zg==\",\"Zm8=\",\"Zm9v\",\"Zm9vYg==\",\"Zm9vYmE=\",\"Zm9vYmFy\"]}");
}

static void
odd_places(void **state)
{
	start();
	json_span(&j, "a", SPAN_LIT("\"\\\b\f\n\r\t\x01/\x7f\0"));
	json_span(&j, "b", SPAN_LIT("\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80"));
	/* over-long, surrogate, cut short, lone continuation, too large */
	json_span(&j, "c", SPAN_LIT("\xc0\x80\xed\xa0\x80\xe2\x82|\x80\xf5\x80"));
	json_printable(&j, "d", SPAN_LIT("a\x01\xff\"\n\r\t"));
	json_escaped(&j, "e", SPAN_LIT("\xc3\xa4\x01"));
	json_escaped(&j, "f", SPAN_LIT("\xc3\xa4\x01\xff\"\n"));
	expect("{\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\\u007f\\u0000\",\"b\":\"\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80\","
	       "\"c\":\"\\u00c0\\u0080\\u00ed\\u00a0\\u0080\\u00e2\\u0082|\\u0080\\u00f5\\u0080\",\"d\":\"a..\\\"\\n\\r.\","
	       "\"e\":\"\xc3\xa4\\u0001\",\"f\":\"\\\\xc3\\\\xa4\\u0001\\\\xff\\\"\\n\"}");
}

/* One byte in every place of texts of every length: plain ones stand as they are, the others are told. */
static void
one_in_every_place(void **state)
{
	static const struct {
		uint8_t byte;
		const char *told;
	} one[] = { { 'x', "x" }, { '"', "\\\"" }, { '\\', "\\\\" }, { 0x1f, "\\u001f" }, { ' ', " " }, { 0x7e, "~" }, { 0x7f, "\\u007f" },
		{ 0x80, "\\u0080" }, { 0xff, "\\u00ff" }, { 0, "\\u0000" } };
	uint8_t s[70];
	char want[128];

	for (uint32_t n = 1; n <= sizeof(s); n++) {
		for (uint32_t i = 0; i < n * sizeof(one) / sizeof(one[0]); i++) {
			uint32_t at = i % n, k = i / n;
			memset(s, 'a' + (int) (n % 26), n);
			s[at] = one[k].byte;
			snprintf(want, sizeof(want), "{\"%.*s\":\"%.*s%s%.*s\"}", 3, "key", (int) at, (const char *) s, one[k].told,
			    (int) (n - at - 1), (const char *) s + at + 1);
			start();
			json_put_span(&j, span_str("key"), span_of(s, n));
			expect(want);
		}
	}
}

static void
marks(void **state)
{
	struct json_mark m;

	start();
	json_u64(&j, "a", 1);
	m = json_mark(&j);
	json_object(&j, "o");
	json_u64(&j, "b", 1);
	json_undo(&j, m);
	json_u64(&j, "c", 2);
	expect("{\"a\":1,\"c\":2}");
}

static void
write_sample(struct json *w)
{
	json_object(w, NULL);
	json_str(w, "a\"\x01", "x\n\xc3\xa4\xff");
	json_object(w, "o");
	json_f64(w, "f", 0.1);
	json_array(w, "l");
	json_u64(w, NULL, 1234567);
	json_object(w, NULL);
	json_i64(w, "deep", -1);
	json_end(w);
	json_end(w);
	json_end(w);
	json_base64(w, "b", SPAN_LIT("hello"));
	json_printable(w, "p", SPAN_LIT("hello"));
	json_bool(w, "t", true);
	json_end(w);
}

/* With any capacity the text is a whole JSON value, or nothing at all. */
static void
every_cut_is_a_record(void **state)
{
	bool cut = true;

	for (uint32_t cap = 0; cut; cap++) {
		char *buf = malloc(cap ? cap : 1); /* exact, so that AddressSanitizer sees a byte too much */
		struct json w;
		json_init(&w, buf, cap);
		write_sample(&w);
		struct span s = json_text(&w);
		cut = w.truncated;
		assert_true(s.n <= cap);
		if (s.n) {
			json_error_t e;
			json_t *v = json_loadb((const char *) s.p, s.n, 0, &e);
			if (!v)
				fail_msg("capacity %u: %s in %.*s", cap, e.text, (int) s.n, (const char *) s.p);
			json_decref(v);
		}
		free(buf);
		assert_true(cap < 1000);
	}
}

static void
too_deep(void **state)
{
	json_init(&j, text, sizeof(text));
	for (int i = 0; i < 40; i++)
		json_array(&j, NULL);
	json_u64(&j, NULL, 1);
	for (int i = 0; i < 39; i++)
		json_end(&j);
	json_u64(&j, NULL, 2);
	assert_true(j.truncated);
	expect("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],2]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values),
		cmocka_unit_test(numbers), cmocka_unit_test(odd_places), cmocka_unit_test(one_in_every_place), cmocka_unit_test(doubles), cmocka_unit_test(base64),
		cmocka_unit_test(strings), cmocka_unit_test(marks), cmocka_unit_test(every_cut_is_a_record), cmocka_unit_test(too_deep) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
