/*
 * test_dhcp - request and reply, options in sname and file, what is cut or has a wrong length, what is no DHCP.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_dhcp;

/* A message with these options. */
static struct span
message(uint8_t buf[512], uint8_t op, struct span options)
{
	static const uint8_t fixed[] = { 0, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 10, 0, 0, 5, 10, 0, 0, 6, 10, 0, 0, 1, 0, 0, 0, 0,
		2, 0, 0, 0, 0, 0x2a };

	memset(buf, 0, 512);
	memcpy(buf, fixed, sizeof(fixed));
	buf[0] = op;
	memcpy(buf + 236, "\x63\x82\x53\x63", 4);
	memcpy(buf + 240, options.p, options.n);
	return span_of(buf, 240 + options.n);
}

static uint64_t
number(const struct tx *t, const char *name)
{
	uint64_t v = UINT64_MAX;

	return fake_field(&protocol_dhcp, name)->number(t, 0, 0, &v) ? v : UINT64_MAX;
}

static void
test_reply(void **state)
{
	struct fake f;
	uint8_t buf[512];
	char log[512];

	fake_begin(&f, &protocol_dhcp);
	protocol_dhcp.feed(&f.app, f.app.state, TO_CLIENT,
	    message(buf, 2, SPAN_LIT("\x35\1\5\0\x33\4\0\0\x0e\x10\x3a\4\0\0\6\x91\x3b\4\0\0\x0b\xd7\x3d\7\1\2\0\0\0\0\x2a\xff")));
	assert_int_equal(f.app.first->events, 0);
	assert_int_equal(number(f.app.first, "dhcp.leasetime"), 3600);
	assert_int_equal(number(f.app.first, "dhcp.renewal_time"), 1681);
	assert_int_equal(number(f.app.first, "dhcp.rebinding_time"), 3031);
	assert_true(protocol_dhcp.loggable(f.app.first));
	assert_string_equal(fake_log(&f, f.app.first, log, sizeof(log)),
	    "{\"type\":\"reply\",\"id\":305419896,\"client_mac\":\"02:00:00:00:00:2a\",\"assigned_ip\":\"10.0.0.6\",\"dhcp_type\":\"ack\","
	    "\"renewal_time\":1681,\"client_id\":\"02:00:00:00:00:2a\"}");
	fake_end(&f);
}

/* Section 4.1 of RFC 2131: the options go on in file, then in sname. */
static void
test_overload(void **state)
{
	struct fake f;
	uint8_t buf[512];
	struct span m;

	fake_begin(&f, &protocol_dhcp);
	m = message(buf, 1, SPAN_LIT("\x34\1\3\xff"));
	memcpy(buf + 108, "\x35\1\1\xff", 4);
	memcpy(buf + 44, "\x33\4\0\0\0\7\xff", 7);
	protocol_dhcp.feed(&f.app, f.app.state, TO_SERVER, m);
	assert_int_equal(f.app.first->events, 0);
	assert_int_equal(number(f.app.first, "dhcp.leasetime"), 7);
	assert_false(protocol_dhcp.loggable(f.app.first));
	fake_end(&f);
}

static void
test_broken(void **state)
{
	struct fake f;
	uint8_t buf[512];
	struct span m = message(buf, 1, SPAN_LIT("\x33\2\0\1\x35\1\3\x3a\4\0\0"));

	fake_begin(&f, &protocol_dhcp);
	protocol_dhcp.feed(&f.app, f.app.state, TO_SERVER, m);
	assert_int_equal(f.app.first->events, 3); /* a lease time of two bytes; no end */
	assert_int_equal(number(f.app.first, "dhcp.leasetime"), UINT64_MAX);
	assert_int_equal(protocol_dhcp.probe(m, TO_SERVER, APP_UDP), PROBE_YES);
	for (uint32_t n = 0; n < 240; n++)
		assert_int_equal(protocol_dhcp.probe(span_head(m, n), TO_SERVER, APP_UDP), PROBE_NO);
	buf[236]++;
	assert_int_equal(protocol_dhcp.probe(m, TO_SERVER, APP_UDP), PROBE_NO);
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reply), cmocka_unit_test(test_overload), cmocka_unit_test(test_broken) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
