/*
 * test_ssh - banners, KEXINIT, HASSH and the end of what can be read; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_ssh;

static const char kex_hex[] =
	    "000000940614000000000000000000000000000000000000001c637572766532353531392d7368613235362c6578742d696e"
	    "666f2d630000000b7373682d656432353531390000000a6165733132382d6374720000000a6165733235362d637472000000"
	    "06686d61632d6300000006686d61632d73000000046e6f6e65000000047a6c69620000000000000000000000000000000000"
	    "0000";
static const char newkeys_hex[] = "0000000c0a1500000000000000000000" "0123456789";

static uint8_t bytes[2][1024];

static void
test_log(void **state)
{
	struct exchange x[] = {
		{ TO_CLIENT, SPAN_LIT("hello, this is a server\r\nSSH-2.0-OpenSSH_9.2 Debian-2\r\n") },
		{ TO_SERVER, SPAN_LIT("SSH-2.0-Go\n") },
		{ TO_SERVER, unhex(kex_hex, bytes[0], 1024) },
		{ TO_CLIENT, unhex(kex_hex, bytes[0], 1024) },
		{ TO_SERVER, unhex(newkeys_hex, bytes[1], 1024) },
		{ TO_CLIENT, unhex(newkeys_hex, bytes[1], 1024) },
	};

	assert_string_equal(fake_run_all_cuts(&protocol_ssh, x, 6),
	    "{\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"Go\","
	    "\"hassh\":{\"hash\":\"e21752e14b8564dc74df13bd2880b517\",\"string\":\"curve25519-sha256,ext-info-c;aes128-ctr;hmac-c;none\"}},"
	    "\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"OpenSSH_9.2\","
	    "\"hassh\":{\"hash\":\"19e66002a7c44199e0a2743a9a000bf2\",\"string\":\"curve25519-sha256,ext-info-c;aes256-ctr;hmac-s;zlib\"}}} 3 3 0\n");
}

static void
test_end(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_ssh);
	fake_feed(&f, TO_SERVER, SPAN_LIT("SSH-2.0-Go\r\n"));
	fake_feed(&f, TO_SERVER, unhex(newkeys_hex, bytes[1], 1024));
	assert_true(f.app.stopped[TO_SERVER]);
	assert_false(f.app.no_payload);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("SSH-1.99-x\r\n"));
	fake_feed(&f, TO_CLIENT, unhex(newkeys_hex, bytes[1], 1024));
	assert_true(f.app.no_payload);
	fake_end(&f);

	fake_begin(&f, &protocol_ssh);
	fake_feed(&f, TO_SERVER, SPAN_LIT("SSH-2.0\r\n"));
	assert_int_equal(f.app.first->events, 1); /* invalid_banner */
	fake_feed(&f, TO_SERVER, SPAN_LIT("\xff\xff\xff\xff...."));
	assert_true(f.lost[TO_SERVER]);
	assert_int_equal(f.app.first->progress[0], protocol_ssh.done[0]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_ssh.probe(SPAN_LIT("SSH-2.0-x"), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_ssh.probe(SPAN_LIT("SSH-x"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
