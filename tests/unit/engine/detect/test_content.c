/*
 * Rules against one UDP payload: content, its modifiers, byte_*, pcre, transforms, flowbits, order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/detect/detect.h"

struct bench {
	struct rule_set set;
	struct rule_vars *vars;
	struct diag diag;
	struct ruleset *rules;
	struct detect *detect;
	struct pool *pool;
	struct counters cnt;
	struct flow *flow;
	struct marks marks;
};

static void
bench_open(struct bench *b, const char *text)
{
	static const struct detect_conf conf = { .packet_alert_max = 15, .pcre_jit = true, .pcre_match_limit = 3500,
		.pcre_recursion_limit = 1500, .inspection_recursion_limit = 3000 };

	memset(b, 0, sizeof(*b));
	rule_set_init(&b->set);
	b->vars = rule_vars_new();
	diag_init(&b->diag, 0);
	rule_set_read_text(&b->set, "test.rules", span_str(text), b->vars, &b->diag);
	struct ruleset_in in = { .rules = &b->set, .conf = &conf };
	b->rules = ruleset_build(&in, &b->diag);
	assert_non_null(b->rules);
	b->pool = pool_new(1 << 20);
	b->flow = calloc(1, sizeof(*b->flow));
	b->detect = detect_new(b->rules, &conf, b->pool, &b->cnt);
	assert_non_null(b->detect);
}

static void
bench_close(struct bench *b)
{
	detect_flow_end(b->detect, &b->marks, NULL);
	assert_int_equal(pool_used(b->pool), 0);
	detect_free(b->detect);
	ruleset_unref(b->rules);
	pool_free(b->pool);
	free(b->flow);
	rule_set_clear(&b->set);
	rule_vars_free(b->vars);
	diag_clear(&b->diag);
}

/* Sends a UDP packet to the server; alerts' sids in order. */
static unsigned
bench_send(struct bench *b, const void *payload, size_t n, uint32_t *sids)
{
	struct packet p = { .ip_version = 4, .proto = 17, .payload = span_of(payload, n), .sport = 1000, .dport = 53, .ts = 1000000000 };
	struct detect_in in = { .p = &p, .flow = b->flow, .marks = &b->marks };
	const struct detect_alert *a;
	static const uint8_t src[4] = { 192, 168, 1, 1 }, dst[4] = { 8, 8, 8, 8 };

	p.src = addr_v4(src);
	p.dst = addr_v4(dst);
	unsigned k = detect_packet(b->detect, &in, &a);
	for (unsigned i = 0; i < k; i++)
		sids[i] = ruleset_cards(b->rules)->card[a[i].card].sid;
	return k;
}

static void
check(const char *options, const char *payload, size_t n, bool want)
{
	struct bench b;
	char text[4096];
	uint32_t sids[16];

	snprintf(text, sizeof(text), "alert udp any any -> any any (%s sid:1;)\n", options);
	bench_open(&b, text);
	if (b.diag.errors) {
		diag_print(&b.diag, stderr);
		fail_msg("does not load: %s", options);
	}
	if ((bench_send(&b, payload, n, sids) == 1) != want)
		fail_msg("%s on \"%.*s\": %s was expected", options, (int) n, payload, want ? "a match" : "no match");
	bench_close(&b);
}

struct row {
	const char *options, *payload;
	bool want;
};

static void
check_rows(const struct row *r)
{
	for (; r->options; r++)
		check(r->options, r->payload, strlen(r->payload), r->want);
}

static void
test_content(void **state)
{
	static const struct row rows[] = {
		{ "content:\"abc\";", "xxabcxx", true },
		{ "content:\"abc\";", "xxABCxx", false },
		{ "content:\"aBc\"; nocase;", "xxABCxx", true },
		{ "content:\"a|62|c\";", "abc", true },
		{ "content:!\"abc\";", "xyz", true },
		{ "content:!\"abc\";", "abc", false },
		{ "content:\"abc\"; depth:3;", "abcd", true },
		{ "content:\"abc\"; depth:3;", "xabcd", false },
		{ "content:\"abc\"; offset:1;", "abcd", false },
		{ "content:\"abc\"; offset:1; depth:3;", "xabcd", true },
		{ "content:\"abc\"; offset:1; depth:3;", "xxabcd", false },
		{ "content:\"abc\"; startswith;", "abcd", true },
		{ "content:\"abc\"; startswith;", "xabcd", false },
		{ "content:\"abc\"; endswith;", "xxabc", true },
		{ "content:\"abc\"; endswith;", "abcabcx", false },
		{ "content:\"abc\"; endswith;", "abcabc", true },
		{ "content:!\"abc\"; endswith;", "abcx", true },
		{ "content:!\"abc\"; endswith;", "xabc", false },
		{ "content:\"abc\"; startswith; endswith;", "abc", true },
		{ "content:\"abc\"; startswith; endswith;", "abcabc", false },
		{ "content:\"a\"; content:\"b\"; distance:0;", "ab", true },
		{ "content:\"a\"; content:\"b\"; distance:0;", "ba", false },
		{ "content:\"a\"; content:\"b\"; distance:1;", "ab", false },
		{ "content:\"a\"; content:\"b\"; distance:1;", "axb", true },
		{ "content:\"a\"; content:\"b\"; distance:0; within:1;", "axb", false },
		{ "content:\"a\"; content:\"b\"; distance:0; within:1;", "axbab", true }, /* second a */
		{ "content:\"a\"; content:\"b\"; within:3;", "axxb", true },
		{ "content:\"a\"; content:\"b\"; within:2;", "axxb", false },
		{ "content:\"abc\"; content:\"b\"; distance:-2; within:2;", "abc", true },
		{ "content:\"a\"; content:!\"b\"; within:2;", "axxb", true },
		{ "content:\"a\"; content:!\"b\"; within:2;", "axb", false },
		{ "content:\"a\"; content:!\"b\"; within:2;", "axbaxx", true },
		{ "content:\"one\"; content:\"two\"; distance:0; content:\"three\"; distance:0;", "one two one two three", true },
		{ "content:\"one\"; content:\"two\"; distance:1; within:3; content:\"three\"; distance:1; within:5;", "one two one two three", true },
		{ "content:\"one\"; content:\"two\"; distance:1; within:3; content:\"three\"; distance:1; within:5;", "one two one three", false },
		{ "content:\"abc\"; fast_pattern; content:\"defghijkl\";", "abcdefghijkl", true },
		{ "content:\"abcdefgh\"; fast_pattern:2,3;", "abcdefgh", true },
		{ "content:\"abcdefgh\"; fast_pattern:2,3;", "xxcdexxx", false },
		{ "content:\"a\"; isdataat:!1,relative;", "xa", true },
		{ "content:\"a\"; isdataat:!1,relative;", "xab", false },
		{ "content:\"a\"; isdataat:1,relative;", "xab", true },
		{ "content:\"a\"; isdataat:2,relative;", "xab", false },
		{ "content:\"a\"; isdataat:3;", "xaxx", true },
		{ "content:\"a\"; isdataat:4;", "xaxx", false },
		{ "content:\"a\"; dsize:4;", "xaxx", true },
		{ "content:\"a\"; dsize:3<>5;", "xaxx", true },
		{ "content:\"a\"; dsize:4<>6;", "xaxx", false },
		{ NULL, NULL, false } };

	check_rows(rows);
}

static void
test_bytes(void **state)
{
	static const struct row rows[] = {
		{ "byte_test:1,=,0x41,0;", "ABC", true },
		{ "byte_test:2,=,0x4142,0;", "ABC", true },
		{ "byte_test:2,=,0x4241,0,little;", "ABC", true },
		{ "byte_test:2,=,0x4241,0;", "ABC", false },
		{ "byte_test:1,!=,0x41,0;", "ABC", false },
		{ "byte_test:1,!>,0x41,0;", "ABC", true },
		{ "byte_test:1,&,0x40,1;", "ABC", true },
		{ "byte_test:1,!&,0x80,1;", "ABC", true },
		{ "byte_test:4,>,100,0;", "ABC", false },
		{ "content:\"A\"; byte_test:1,=,0x42,0,relative;", "ABC", true },
		{ "content:\"A\"; byte_test:1,=,0x58,0,relative;", "ABCAX", true }, /* the second A */
		{ "byte_test:3,=,123,1,string,dec;", "x123", true },
		{ "byte_test:3,=,0x1f,0,string,hex;", "01f", true },
		{ "byte_test:0,>,99,0,string,dec;", "100 bytes", true },
		{ "byte_test:2,=,0x4,0,bitmask 0x00f0;", "AB", true },
		{ "byte_jump:1,0; content:\"x\"; distance:0; within:1;", "\x02" "abxyz", true },
		{ "byte_jump:1,0; content:\"x\"; distance:0; within:1;", "\x03" "abxyz", false },
		{ "byte_jump:1,0,from_beginning; content:\"x\"; distance:0; within:1;", "\x03" "abxyz", true },
		{ "byte_jump:1,0,multiplier 2; content:\"x\"; distance:0; within:1;", "\x01" "abxyz", true },
		{ "byte_jump:1,0,post_offset -1; content:\"x\"; distance:0; within:1;", "\x03" "abxyz", true },
		{ "byte_jump:1,0,align; content:\"x\"; distance:0; within:1;", "\x02" "abcdxyz", true },
		{ "byte_jump:1,0,relative; isdataat:!1,relative;", "\x03" "abc", true },
		{ "byte_jump:1,0;", "\x09" "abc", false },
		{ "byte_extract:1,0,len; content:\"abc\"; within:len;", "\x03" "abc", true },
		{ "byte_extract:1,0,off; content:\"abc\"; offset:off;", "\x03" "xxabc", true },
		{ "byte_extract:1,0,off; content:\"abc\"; offset:off;", "\x04" "xxabc", false },
		{ "byte_extract:1,0,v; byte_test:1,=,v,1;", "\x05\x05", true },
		{ "byte_extract:1,0,v; byte_test:1,=,v,1;", "\x05\x06", false },
		{ "byte_extract:1,0,v; isdataat:v;", "\x02" "ab", true },
		{ "byte_extract:1,0,v; isdataat:v;", "\x03" "ab", false },
		{ "byte_math:bytes 1, offset 0, oper +, rvalue 2, result r; byte_test:1,=,r,1;", "\x05\x07", true },
		{ "byte_math:bytes 1, offset 0, oper *, rvalue 2, result r; byte_test:1,=,r,1;", "\x05\x0a", true },
		{ "byte_math:bytes 1, offset 0, oper <<, rvalue 1, result r; byte_test:1,=,r,1;", "\x05\x0a", true },
		{ "content:\"GET\"; base64_decode:bytes 8, offset 1, relative; base64_data; content:\"hello\";", "GET aGVsbG8=", true },
		{ "base64_decode; base64_data; content:\"hello\";", "aGVsbG8=", true },
		{ "base64_decode; base64_data; content:\"help\";", "aGVsbG8=", false },
		{ NULL, NULL, false } };

	check_rows(rows);
}

static void
test_pcre(void **state)
{
	static const struct row rows[] = {
		{ "pcre:\"/a.c/\";", "xabc", true },
		{ "pcre:\"/^a.c/\";", "xabc", false },
		{ "pcre:\"/A.C/i\";", "xabc", true },
		{ "pcre:!\"/a.c/\";", "xyz", true },
		{ "pcre:!\"/a.c/\";", "abc", false },
		{ "content:\"x\"; pcre:\"/^abc/R\";", "xabc", true },
		{ "content:\"x\"; pcre:\"/^abc/R\";", "xxabc", true },
		{ "content:\"x\"; pcre:\"/^abc/R\";", "xyabc", false },
		{ "pcre:\"/a(b)/\"; content:\"c\"; distance:0; within:1;", "abxabc", true },
		{ "pcre:\"/a(b)/\"; content:\"c\"; distance:0; within:1;", "abxab", false },
		{ "pcre:\"/\\/x\\/y/\";", "a/x/y", true },
		{ NULL, NULL, false } };

	check_rows(rows);
}

static void
test_order_and_marks(void **state)
{
	struct bench b;
	uint32_t s[16];

	bench_open(&b,
	    "alert udp any any -> any any (content:\"b\"; flowbits:isset,x; sid:1;)\n"
	    "alert udp any any -> any any (content:\"a\"; flowbits:set,x; sid:2;)\n"
	    "alert udp any any -> any any (content:\"a\"; flowbits:isnotset,x; sid:3;)\n"
	    "alert udp any any -> any any (content:\"q\"; flowbits:set,y; flowbits:noalert; sid:4;)\n"
	    "alert udp any any -> any any (content:\"r\"; flowbits:isset,x|y; sid:5;)\n"
	    "alert udp any any -> any any (content:\"c\"; priority:2; sid:6;)\n"
	    "alert udp any any -> any any (content:\"c\"; priority:1; sid:7;)\n"
	    "alert udp any any -> any any (content:\"n\"; flowint:n,notset; flowint:n,=,1; sid:8;)\n"
	    "alert udp any any -> any any (content:\"n\"; flowint:n,isset; flowint:n,+,1; noalert; sid:13;)\n"
	    "alert udp any any -> any any (content:\"n\"; flowint:n,>,2; sid:9;)\n"
	    "alert udp any any -> any any (content:\"X\"; xbits:set,z,track ip_src,expire 10; sid:10;)\n"
	    "alert udp any any -> any any (content:\"Y\"; xbits:isset,z,track ip_src; sid:11;)\n"
	    "pass udp any any -> any any (content:\"pass\"; sid:12;)\n");
	assert_int_equal(b.diag.errors, 0);
	assert_int_equal(bench_send(&b, "b", 1, s), 0);
	assert_int_equal(bench_send(&b, "ab", 2, s), 2);
	assert_int_equal(s[0], 2);
	assert_int_equal(s[1], 1);
	assert_int_equal(bench_send(&b, "q", 1, s), 0);
	assert_int_equal(bench_send(&b, "r", 1, s), 1);
	assert_int_equal(bench_send(&b, "c", 1, s), 2);
	assert_int_equal(s[0], 7);
	assert_int_equal(s[1], 6);
	assert_int_equal(bench_send(&b, "n", 1, s), 1);
	assert_int_equal(s[0], 8);
	assert_int_equal(bench_send(&b, "n", 1, s), 1);
	assert_int_equal(s[0], 9);
	assert_int_equal(bench_send(&b, "Y", 1, s), 0);
	assert_int_equal(bench_send(&b, "X", 1, s), 1);
	assert_int_equal(bench_send(&b, "Y", 1, s), 1);
	assert_int_equal(bench_send(&b, "pass c", 6, s), 0);
	assert_int_equal(bench_send(&b, "c", 1, s), 2);
	bench_close(&b);
}

static void
test_addresses(void **state)
{
	struct bench b;
	uint32_t s[16];

	bench_open(&b,
	    "alert ip [192.168.1.0/24,!192.168.1.2] any -> any any (sid:1;)\n"
	    "alert ip any any -> 8.8.8.8 any (sid:2;)\n"
	    "alert tcp 192.168.1.1 any -> any any (sid:3;)\n"
	    "alert udp 10.0.0.0/8 any -> any any (sid:4;)\n"
	    "alert udp 8.8.8.8 any <> 192.168.0.0/16 any (sid:5;)\n");
	assert_int_equal(b.diag.errors, 0);
	assert_int_equal(bench_send(&b, "", 0, s), 3);
	assert_int_equal(s[0], 1);
	assert_int_equal(s[1], 2);
	assert_int_equal(s[2], 5);
	assert_int_equal(bench_send(&b, "", 0, s), 0); /* once a direction of a flow */
	bench_close(&b);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *rule, *text;
		uint32_t column;
	} rows[] = {
		{ "alert udp any any -> any any (nosuchword:1; sid:1;)", "unknown keyword \"nosuchword\"", 31 },
		{ "alert udp any any -> any any (depth:1; sid:1;)", "must follow a content", 37 },
		{ "alert udp any any -> any any (content:\"abc\"; depth:2; sid:1;)", "smaller than the content", 39 },
		{ "alert udp any any -> any any (pcre:\"/a(b/\"; sid:1;)", "parenthes", 0 },
		{ "alert udp any any -> any any (dsize:x; sid:1;)", "not a number test", 37 },
		{ "alert udp any any -> any any (byte_test:1,%,1,0; sid:1;)", "unknown operator", 41 },
		{ "alert udp any any -> any any (content:\"a\"; offset:nix; sid:1;)", "neither a number nor a variable", 51 },
		{ "alert udp any any -> any any (flow:sideways; sid:1;)", "sideways", 36 },
		{ "alert nosuchproto any any -> any any (sid:1;)", "unknown protocol", 0 },
		{ "alert udp any any -> any any (base64_data; sid:1;)", "base64_decode", 31 },
		{ "alert udp any any -> any any (dotprefix; sid:1;)", "sticky buffer", 31 },
		{ "alert udp any any -> any any (content:\"abc\"; fast_pattern:2,5; sid:1;)", "within the content", 59 } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bench b;
		struct ruleset_report rep;
		bench_open(&b, rows[i].rule);
		ruleset_report(b.rules, &rep);
		assert_int_equal(rep.failed, 1);
		assert_int_equal(b.diag.errors, 1);
		if (!strstr(b.diag.items[0].text, rows[i].text))
			fail_msg("%s: told \"%s\"", rows[i].rule, b.diag.items[0].text);
		if (rows[i].column && b.diag.items[0].column != rows[i].column)
			fail_msg("%s: column %u, not %u", rows[i].rule, b.diag.items[0].column, rows[i].column);
		assert_int_equal(b.diag.items[0].line, 1);
		bench_close(&b);
	}
}

static void
test_requires(void **state)
{
	struct bench b;
	struct ruleset_report rep;

	bench_open(&b,
	    "alert udp any any -> any any (requires:version >= 99; nosuchword; sid:1;)\n"
	    "alert udp any any -> any any (requires:version >= 7.0.3 < 99; content:\"a\"; sid:2;)\n"
	    "alert udp any any -> any any (requires:feature nosuch; content:\"a\"; sid:3;)\n"
	    "alert udp any any -> any any (requires:version < 8 | >= 8.0.1; content:\"a\"; sid:4;)\n");
	ruleset_report(b.rules, &rep);
	assert_int_equal(rep.failed, 0);
	assert_int_equal(rep.skipped, 2);
	assert_int_equal(rep.loaded, 2);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_content), cmocka_unit_test(test_bytes), cmocka_unit_test(test_pcre),
		cmocka_unit_test(test_order_and_marks), cmocka_unit_test(test_addresses), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_requires) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
