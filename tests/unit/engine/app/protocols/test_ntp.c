/*
 * test_ntp - a request, an answer, a control message, what is too short; which way a lone answer goes.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_ntp;

static void
test_messages(void **state)
{
	static const char *const want[] = {
		"{\"version\":4,\"mode\":3,\"stratum\":0,\"reference_id\":\"00:00:00:00\"}",
		"{\"version\":3,\"mode\":4,\"stratum\":2,\"reference_id\":\"0a:00:00:01\"}",
		"{\"version\":2,\"mode\":6}",
		"{\"version\":4,\"mode\":3}",
	};
	uint8_t request[48] = { 0x23 }, answer[48] = { 0x1c, 2, [12] = 10, 0, 0, 1 };
	struct span s[4] = { { request, 48 }, { answer, 48 }, SPAN_LIT("\x16\1\0\1\0\0\0\0\0\0\0\0"), { request, 47 } };
	struct fake f;
	char log[256];
	unsigned i = 0;
	struct span id;

	fake_begin(&f, &protocol_ntp);
	for (i = 0; i < 4; i++)
		protocol_ntp.feed(&f.app, f.app.state, i == 1 ? TO_CLIENT : TO_SERVER, s[i]);
	i = 0;
	for (struct tx *t = f.app.first; t; t = t->next, i++) {
		assert_string_equal(fake_log(&f, t, log, sizeof(log)), want[i]);
		assert_int_equal(t->events, i == 3 ? 2 : 0);
		assert_int_equal(fake_field(&protocol_ntp, "ntp.reference_id")->bytes(t, 0, 0, NULL, &id), i < 2);
	}
	assert_int_equal(i, 4);
	assert_int_equal(f.facts.requests, 2);
	assert_int_equal(f.facts.responses, 1);
	assert_int_equal(protocol_ntp.probe(s[0], TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_ntp.probe(s[1], TO_SERVER, APP_UDP), PROBE_REVERSED);
	assert_int_equal(protocol_ntp.probe(s[1], TO_CLIENT, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_ntp.probe(s[2], TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_ntp.probe(s[3], TO_SERVER, APP_UDP), PROBE_NO);
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_messages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
