/*
 * test_websocket - frames of RFC 6455 section 5.7 and RFC 7692 section 7.2.3, cut at every byte; long ones, fragments.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_websocket;

static void
assert_payload(struct fake *f, struct tx *t, const char *want)
{
	struct span s;

	assert_non_null(t);
	assert_true(fake_field(&protocol_websocket, "websocket.payload")->bytes(t, TO_SERVER, 0, NULL, &s));
	assert_int_equal(s.n, strlen(want));
	if (s.n)
		assert_memory_equal(s.p, want, s.n);
}

static void
test_log(void **state)
{
	struct exchange x[] = {
		{ TO_SERVER, SPAN_LIT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") },
		{ TO_CLIENT, SPAN_LIT("\x81\x05Hello") },
		{ TO_CLIENT, SPAN_LIT("\x89\x00\x83\x00") },
	};

	assert_string_equal(fake_run_all_cuts(&protocol_websocket, x, 3),
	    "{\"fin\":true,\"mask\":939139389,\"opcode\":\"text\"} 1 0 0\n"
	    "{\"fin\":true,\"opcode\":\"text\"} 0 1 0\n"
	    "{\"fin\":true,\"opcode\":\"ping\"} 0 1 0\n"
	    "{\"fin\":true,\"opcode\":\"unknown-3\"} 0 1 0\n");
}

static void
test_payload(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_websocket);
	fake_feed(&f, TO_SERVER, SPAN_LIT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
	assert_payload(&f, f.app.last, "Hello");
	fake_feed(&f, TO_SERVER, SPAN_LIT("\x01\x03Hel\x89\x01p"));
	assert_payload(&f, f.app.last, "p"); /* a ping between fragments */
	fake_feed(&f, TO_SERVER, SPAN_LIT("\x80\x02lo"));
	assert_payload(&f, f.app.last, "Hello");
	/* compressed; the second one refers to the first one's window; the third in two fragments */
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"));
	assert_payload(&f, f.app.last, "Hello");
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\xc1\x05\xf2\x00\x11\x00\x00"));
	assert_payload(&f, f.app.last, "Hello");
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"));
	assert_payload(&f, f.app.last, "Hello");
	/* what is no deflate stays as it came */
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\xc1\x03\xff\xff\xff"));
	assert_payload(&f, f.app.last, "\xff\xff\xff");
	fake_end(&f);
}

/* Of a payload longer than is kept there is the beginning, and the next frame is found. */
static void
test_long(void **state)
{
	static uint8_t big[70000 + 10] = { 0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70 };
	struct fake f;
	struct span s;

	fake_begin(&f, &protocol_websocket);
	fake_feed(&f, TO_SERVER, span_of(big, sizeof(big)));
	fake_feed(&f, TO_SERVER, SPAN_LIT("\x81\x02ok"));
	assert_int_equal(f.app.first->events, 1); /* skip_end_of_payload */
	assert_true(fake_field(&protocol_websocket, "websocket.payload")->bytes(f.app.first, TO_SERVER, 0, NULL, &s));
	assert_int_equal(s.n, 65535);
	assert_payload(&f, f.app.last, "ok");
	fake_gap(&f, TO_SERVER, 1);
	assert_true(f.lost[TO_SERVER]);
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
