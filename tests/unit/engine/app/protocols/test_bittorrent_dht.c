/*
 * test_bittorrent_dht - queries, answers, errors as the log tells them; what is no message; every truncation; bencode by itself.
 */
#include "protocol_fake.h"

#include "engine/app/protocols/bencode.h"

extern const struct protocol protocol_bittorrent_dht;

#define NODE "nnnnnnnnnnnnnnnnnnnn"
#define NODE_HEX "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"
#define HASH "hhhhhhhhhhhhhhhhhhhh"
#define HASH_HEX "6868686868686868686868686868686868686868"

static const struct {
	struct span bytes;
	const char *log;
	bool malformed;
} messages[] = {
	{ SPAN_LIT("d1:ad2:id20:" NODE "e1:q4:ping1:t1:x1:y1:qe"),
	    "{\"transaction_id\":\"78\",\"request_type\":\"ping\",\"request\":{\"id\":\"" NODE_HEX "\"}}", false },
	{ SPAN_LIT("d1:ad2:id20:" NODE "6:target20:" HASH "e1:q9:find_node1:t2:xy1:v4:CA\0\2" "1:y1:qe"),
	    "{\"transaction_id\":\"7879\",\"client_version\":\"43410002\",\"request_type\":\"find_node\",\"request\":{\"id\":\"" NODE_HEX
	    "\",\"target\":\"" HASH_HEX "\"}}",
	    false },
	{ SPAN_LIT("d1:ad2:id20:" NODE "12:implied_porti0e9:info_hash20:" HASH "4:porti65535e5:token2:TTe1:q13:announce_peer1:t1:x1:y1:qe"),
	    "{\"transaction_id\":\"78\",\"request_type\":\"announce_peer\",\"request\":{\"id\":\"" NODE_HEX "\",\"info_hash\":\"" HASH_HEX
	    "\",\"token\":\"5454\",\"implied_port\":0,\"port\":65535}}",
	    false },
	{ SPAN_LIT("d2:ip6:\xc0\0\2\7\0\x35" "1:rd2:id20:" NODE "5:nodes26:" HASH "\xc0\0\2\1\x1a\xe1" "6:valuesl6:\xc0\0\2\2\0\1" "1:xee1:t1:x1:y1:re"),
	    "{\"transaction_id\":\"78\",\"response\":{\"id\":\"" NODE_HEX "\",\"nodes\":[{\"id\":\"" HASH_HEX
	    "\",\"ip\":\"192.0.2.1\",\"port\":6881}],\"values\":[{\"ip\":\"192.0.2.2\",\"port\":1}]}}",
	    false },
	{ SPAN_LIT("d1:rd2:id20:" NODE "6:nodes638:" HASH "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\x50" "e1:t1:x1:y1:re"),
	    "{\"transaction_id\":\"78\",\"response\":{\"id\":\"" NODE_HEX "\",\"nodes6\":[{\"id\":\"" HASH_HEX
	    "\",\"ip\":\"2001:0db8:0000:0000:0000:0000:0000:0001\",\"port\":80}]}}",
	    false },
	{ SPAN_LIT("d1:eli202e4:bad\xff" "e1:t1:x1:y1:ee"),
	    "{\"transaction_id\":\"78\",\"error\":{\"num\":202,\"msg\":\"bad\\\\xff\"}}", false },
	/* no transaction; no target; nodes that are too short and a list for the id; something else */
	{ SPAN_LIT("d1:ad2:id20:" NODE "e1:q4:ping1:y1:qe"),
	    "{\"transaction_id\":\"\",\"request_type\":\"ping\",\"request\":{\"id\":\"" NODE_HEX "\"}}", true },
	{ SPAN_LIT("d1:ad2:id20:" NODE "e1:q9:find_node1:t1:x1:y1:qe"),
	    "{\"transaction_id\":\"78\",\"request_type\":\"find_node\",\"request\":{\"id\":\"" NODE_HEX "\"}}", true },
	{ SPAN_LIT("d1:rd2:idle5:nodes3:abce1:t1:x1:y1:re"), "{\"transaction_id\":\"78\",\"response\":{}}", true },
	{ SPAN_LIT("d1:ad"), "{\"transaction_id\":\"\"}", true },
};
#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

static void
test_messages(void **state)
{
	struct fake f;
	char log[1024];
	unsigned i = 0;

	fake_begin(&f, &protocol_bittorrent_dht);
	for (i = 0; i < MESSAGES; i++) {
		assert_int_equal(protocol_bittorrent_dht.probe(messages[i].bytes, TO_SERVER, APP_UDP), PROBE_YES);
		protocol_bittorrent_dht.feed(&f.app, f.app.state, i & 1, messages[i].bytes);
		assert_string_equal(fake_log(&f, f.app.last, log, sizeof(log)), messages[i].log);
		assert_int_equal(f.app.last->events, messages[i].malformed);
		assert_int_equal(f.app.last->only_dir, i & 1 ? 2 : 1);
	}
	assert_int_equal(f.facts.requests, 5);
	assert_int_equal(f.facts.responses, 4);
	assert_int_equal(f.facts.failures, 1);
	fake_end(&f);
}

static void
test_fields(void **state)
{
	struct fake f;
	struct span s;

	fake_begin(&f, &protocol_bittorrent_dht);
	protocol_bittorrent_dht.feed(&f.app, f.app.state, TO_SERVER, messages[2].bytes);
	assert_true(fake_field(&protocol_bittorrent_dht, "bittorrent_dht.query")->bytes(f.app.last, 0, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("announce_peer")));
	assert_true(fake_field(&protocol_bittorrent_dht, "bittorrent_dht.info_hash")->bytes(f.app.last, 0, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT(HASH)));
	assert_true(fake_field(&protocol_bittorrent_dht, "bittorrent_dht.id")->bytes(f.app.last, 0, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT(NODE)));
	assert_false(fake_field(&protocol_bittorrent_dht, "bittorrent_dht.client_version")->bytes(f.app.last, 0, 0, NULL, &s));
	fake_end(&f);
}

/* Nothing less than a whole message is one, and nothing is read beyond what is there. */
static void
test_truncated(void **state)
{
	struct fake f;
	struct arena scratch;

	arena_init(&scratch, 1 << 20);
	fake_begin(&f, &protocol_bittorrent_dht);
	for (unsigned i = 0; i < MESSAGES; i++)
		for (uint32_t n = 1; n < messages[i].bytes.n; n++) {
			fake_feed(&f, TO_SERVER, span_head(messages[i].bytes, n));
			assert_int_equal(f.app.last->events, 1);
		}
	fake_touch(&f, &scratch);
	fake_end(&f);
	arena_clear(&scratch);
}

static void
test_probe(void **state)
{
	static const struct span not[] = { SPAN_LIT("d1:a"), SPAN_LIT("d1:ai1ee"), SPAN_LIT("d4:infoe"), SPAN_LIT("GET /"), SPAN_LIT("l1:ade") };

	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		assert_int_equal(protocol_bittorrent_dht.probe(not[i], TO_SERVER, APP_UDP), PROBE_NO);
}

static void
test_bencode(void **state)
{
	static const struct span bad[] = { SPAN_LIT("5:spam"), SPAN_LIT("1234567890:x"), SPAN_LIT("i12"), SPAN_LIT("i1-e"), SPAN_LIT("x"),
		SPAN_LIT("li1e"), SPAN_LIT("llllllllllllllllllllllllllllllllle"), SPAN_LIT("i12345678901234567890123e"), SPAN_LIT(":") };
	struct rd r = rd_of(SPAN_LIT("0:i-42ed1:al1:xee"));
	struct bencode v;
	int64_t n;

	assert_true(bencode_next(&r, &v) && v.kind == BENCODE_STRING && v.body.n == 0);
	assert_true(bencode_next(&r, &v) && v.kind == BENCODE_INTEGER && bencode_integer(v.body, &n) && n == -42);
	assert_true(bencode_next(&r, &v) && v.kind == BENCODE_DICT);
	assert_true(bencode_get(v.body, "a", &v) && v.kind == BENCODE_LIST && span_eq(v.body, SPAN_LIT("1:x")));
	assert_false(bencode_get(SPAN_LIT("1:a1:b"), "c", &v));
	assert_false(bencode_next(&r, &v));
	assert_false(r.bad);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = rd_of(bad[i]);
		assert_false(bencode_next(&r, &v));
		assert_true(r.bad);
	}
	assert_false(bencode_integer(SPAN_LIT("-"), &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_messages), cmocka_unit_test(test_fields), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_probe), cmocka_unit_test(test_bencode) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
