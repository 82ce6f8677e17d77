/*
 * test_quic - keys of the RFC's appendix, hellos in pieces and out of order, Google's hello, what does not decrypt.
 */
#include "protocol_fake.h"
#include "quic_seal.h"

extern const struct protocol protocol_quic;

/* ClientHello: TLS 1.3 suites, server_name a.example.jp, ALPN h3, supported_versions */
#define HELLO \
	"\x01\0\0\x5a\x03\x03" "0123456789abcdef0123456789abcdef" "\0" "\0\4\x13\x01\x13\x02" "\1\0" "\0\x2d" \
	"\0\0\0\x11\0\x0f\0\0\x0c" "a.example.jp" "\0\x10\0\5\0\3\2h3" "\0\x2b\0\3\2\3\4" "\0\x0d\0\4\0\2\4\3"
#define SERVER_HELLO "\x02\0\0\x2e\x03\x03" "0123456789abcdef0123456789abcdef" "\0" "\x13\x01" "\0" "\0\6\0\x2b\0\2\3\4"

static uint8_t packet[4][SEAL_MAX + 64];

static void
assert_hex(const uint8_t *p, const char *hex)
{
	uint8_t want[32];
	struct span s = unhex(hex, want, sizeof(want));

	assert_memory_equal(p, s.p, s.n);
}

/* RFC 9001 appendix A.1, RFC 9369 appendix A.1 */
static void
test_keys(void **state)
{
	struct quic_keys k;

	assert_true(quic_keys_of(&k, QUIC_V1, SPAN_LIT(SEAL_DCID)));
	assert_hex(k.of[TO_SERVER].key, "1f369613dd76d5467730efcbe3b1a22d");
	assert_hex(k.of[TO_SERVER].iv, "fa044b2f42a3fd3b46fb255c");
	assert_hex(k.of[TO_SERVER].hp, "9f50449e04a0e810283a1e9933adedd2");
	assert_hex(k.of[TO_CLIENT].key, "cf3a5331653c364c88f0f379b6067e37");
	assert_hex(k.of[TO_CLIENT].iv, "0ac1493ca1905853b0bba03e");
	assert_hex(k.of[TO_CLIENT].hp, "c206b8d9b9f0f37644430b490eeaa314");
	assert_true(quic_keys_of(&k, QUIC_V2, SPAN_LIT(SEAL_DCID)));
	assert_hex(k.of[TO_SERVER].key, "8b1a0bc121284290a29e0971b5cd045d");
	assert_hex(k.of[TO_SERVER].iv, "91f73e2351d8fa91660e909f");
	assert_hex(k.of[TO_SERVER].hp, "45b95e15235d6f45a6b19cbcb0294ba9");
	assert_false(quic_keys_of(&k, 0x51303530, SPAN_LIT(SEAL_DCID)));
}

/* A CRYPTO frame of `n` bytes of the message at `offset`, PADDING behind. */
static struct span
crypto(uint8_t *buf, struct span all, uint8_t offset, uint8_t n)
{
	memset(buf, 0, 300);
	buf[0] = 1; /* PING */
	buf[1] = 6;
	buf[2] = 0x40;
	buf[3] = offset;
	buf[4] = 0x40;
	buf[5] = n;
	memcpy(buf + 6, all.p + offset, n);
	return span_of(buf, 300);
}

static void
test_hello(void **state)
{
	struct span hello = SPAN_LIT(HELLO), answer = SPAN_LIT(SERVER_HELLO), s;
	static struct arena scratch;
	uint8_t buf[300];
	char text[4096];
	struct fake f;
	struct tx *t;

	arena_init(&scratch, 1 << 16);
	for (unsigned v = 0; v < 2; v++) {
		uint32_t version = v ? QUIC_V2 : QUIC_V1;

		fake_begin(&f, &protocol_quic);
		fake_feed(&f, TO_SERVER, quic_seal(packet[0], version, TO_SERVER, 0, crypto(buf, hello, 40, (uint8_t) (hello.n - 40))));
		assert_null(f.app.first); /* the beginning is missing */
		fake_feed(&f, TO_SERVER, quic_seal(packet[1], version, TO_SERVER, 1, crypto(buf, hello, 0, 45)));
		t = f.app.first;
		assert_non_null(t);
		assert_int_equal(t->events, 0);
		assert_true(fake_field(&protocol_quic, "quic.sni")->bytes(t, TO_SERVER, 0, &scratch, &s));
		assert_int_equal(s.n, 12);
		assert_memory_equal(s.p, "a.example.jp", 12);
		assert_true(fake_field(&protocol_quic, "ja4.hash")->bytes(t, TO_SERVER, 0, &scratch, &s));
		assert_memory_equal(s.p, "q13d0204h3_", 11);
		assert_non_null(strstr(fake_log(&f, t, text, sizeof(text)), "\"extensions\":[{\"name\":\"server_name\",\"type\":0,\"values\":[\"a.example.jp\"]},"
		    "{\"name\":\"alpn\",\"type\":16,\"values\":[\"h3\"]}"));
		fake_feed(&f, TO_CLIENT, quic_seal(packet[2], version, TO_CLIENT, 0, crypto(buf, answer, 0, (uint8_t) answer.n)));
		assert_non_null(strstr(fake_log(&f, f.app.last, text, sizeof(text)), "\"ja3s\""));
		fake_feed(&f, TO_SERVER, quic_seal(packet[3], version, TO_SERVER, 2, SPAN_LIT("\1\1\1\1")));
		assert_ptr_equal(t->next, f.app.last); /* after the hello nothing more */
		fake_end(&f);
	}
	arena_clear(&scratch);
}

static void
test_events(void **state)
{
	struct fake f;
	struct span s = quic_seal(packet[0], QUIC_V1, TO_SERVER, 0, SPAN_LIT("\1\1\1\1\0\0\0\0"));

	packet[0][s.n - 1] ^= 1;
	fake_begin(&f, &protocol_quic);
	fake_feed(&f, TO_SERVER, s);
	assert_int_equal(f.app.first->events, 1 << QUIC_EV_DECRYPT);
	fake_feed(&f, TO_SERVER, quic_seal(packet[0], QUIC_V1, TO_SERVER, 1, SPAN_LIT("\x3e\1\1\1")));
	assert_int_equal(f.app.last->events, 1 << QUIC_EV_DATA);
	fake_feed(&f, TO_SERVER, quic_seal(packet[0], QUIC_V1, TO_SERVER, 2, SPAN_LIT("\6\0\5\x01\0\0\1x\0\0")));
	assert_int_equal(f.app.last->events, 1 << QUIC_EV_HELLO);
	for (uint32_t n = 0; n < s.n; n++) /* cut anywhere */
		fake_feed(&f, TO_SERVER, span_head(s, n));
	fake_end(&f);
}

static void
test_google(void **state)
{
	static const uint8_t chlo[] = "\xc3Q046\x50" "12345678" "\0\0\0\1" "hashhashhash" "\x06\0\0\0\1" "\xa0\1\0\x2a"
	    "CHLO\3\0\0\0" "SNI\0\4\0\0\0" "VER\0\10\0\0\0" "UAID\12\0\0\0" "a.jpQ046ua" "\0\0\0";
	char text[512];
	struct fake f;

	fake_begin(&f, &protocol_quic);
	fake_feed(&f, TO_SERVER, span_of(chlo, sizeof(chlo) - 1));
	assert_string_equal(fake_log(&f, f.app.first, text, sizeof(text)), "{\"version\":\"1362113590\",\"sni\":\"a.jp\",\"ua\":\"ua\","
	    "\"cyu\":[{\"hash\":\"1d045f1b9d824b2d6fbd1f3bbd36f968\",\"string\":\"46,SNI-VER-UAID\"}]}");
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_quic.probe(SPAN_LIT("\xc0\0\0\0\1\0\0"), TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_quic.probe(SPAN_LIT("\xc3Q046\x50"), TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_quic.probe(SPAN_LIT("\x40\0\0\0\1\0\0"), TO_SERVER, APP_UDP), PROBE_NO);
	assert_int_equal(protocol_quic.probe(SPAN_LIT("\xc0\0\0\1\1\0\0"), TO_SERVER, APP_UDP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_google),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
