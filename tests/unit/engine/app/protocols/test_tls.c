/*
 * test_tls - hellos, certificates and fingerprints out of handwritten records, cut at every byte.
 */
#include "protocol_fake.h"

#include "engine/app/file.h"
#include "engine/app/protocols/tls.h"

extern const struct protocol protocol_tls;

/* ClientHello over two records: GREASE in suites, extensions, groups and versions; SNI, ALPN, supported_versions. */
static const char client_hex[] =
	    "1603010046010000900303202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f08000102030405"
	    "060700081a1a1301c02fc030010000572a2a00000000001600160301004e140000117777772e706c616e742e6578616d706c"
	    "65000a000800063a3a001d0017000b00020100000d00060004040308040010000e000c02683208687474702f312e31002b00"
	    "07064a4a03040303";
/* ServerHello, Certificate (self-signed P-256 and one that is no certificate), ServerHelloDone in one record. */
static const char server_hex[] =
	    "160301028b020000360303404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f00c02f00000eff"
	    "010001000010000500030268320b00024900024600023e3082023a308201e0a0030201020206008123456789300a06082a86"
	    "48ce3d0403023059310b300906035504061302444531163014060355040a0c0d4578616d706c652c20496e632e3116301406"
	    "035504030c0d706c616e742e6578616d706c65311a301806092a864886f70d010901160b6140622e6578616d706c65302017"
	    "0d3236313132333033333534305a180f32303533303432353033333534305a3059310b300906035504061302444531163014"
	    "060355040a0c0d4578616d706c652c20496e632e3116301406035504030c0d706c616e742e6578616d706c65311a30180609"
	    "2a864886f70d010901160b6140622e6578616d706c653059301306072a8648ce3d020106082a8648ce3d0301070342000460"
	    "f1521e50ef7cdde28057eee2e78b9ef0ea88d8c9de492cb744f6c8a41985218b7f39c4691e423c70d83d2c777a650150ecb5"
	    "69a4f450d015aa0ce8ca0cd76aa3819130818e301d0603551d0e04160414e2b1fc2101a53bce2750030f0eeb1074d2105183"
	    "301f0603551d23041830168014e2b1fc2101a53bce2750030f0eeb1074d2105183300f0603551d130101ff040530030101ff"
	    "303b0603551d1104343032820d706c616e742e6578616d706c658209622e6578616d706c658704c0000201871020010db800"
	    "0000000000000000000001300a06082a8648ce3d0403020348003045022100d3ac088f4950d2e2c71e991f379c5e37f23499"
	    "714a9bb275c689b772f216e7e802206139240ee052c3d0b7305bc136e079173a5d3681d78be95d656b536b4a01b2f4000002"
	    "30000e000000";
static const char finish_hex[] = "140301000101" "1603010004aabbccdd";
static const char data_hex[] = "1703030003abcdef";

static uint8_t bytes[4][2048];
static struct exchange x[6];

static void
setup_exchange(void)
{
	x[0] = (struct exchange) { TO_SERVER, unhex(client_hex, bytes[0], 2048) };
	x[1] = (struct exchange) { TO_CLIENT, unhex(server_hex, bytes[1], 2048) };
	x[2] = (struct exchange) { TO_SERVER, unhex(finish_hex, bytes[2], 2048) };
	x[3] = (struct exchange) { TO_CLIENT, unhex(finish_hex, bytes[2], 2048) };
	x[4] = (struct exchange) { TO_SERVER, unhex(data_hex, bytes[3], 2048) };
}

static void
test_log(void **state)
{
	setup_exchange();
	assert_string_equal(fake_run_all_cuts(&protocol_tls, x, 5),
	    "{\"subject\":\"C=DE, O=Example, Inc., CN=plant.example, Email=a@b.example\","
	    "\"issuerdn\":\"C=DE, O=Example, Inc., CN=plant.example, Email=a@b.example\","
	    "\"serial\":\"00:81:23:45:67:89\",\"fingerprint\":\"9f:3e:1b:c0:d3:0c:8d:4d:19:86:ad:22:82:f9:4e:2c:f3:8b:4a:70\","
	    "\"notbefore\":\"2026-11-23T03:35:40\",\"notafter\":\"2053-04-25T03:35:40\","
	    "\"subjectaltname\":[\"plant.example\",\"b.example\",\"192.0.2.1\",\"2001:db8::1\"],"
	    "\"sni\":\"www.plant.example\",\"version\":\"TLS 1.2\","
	    "\"ja3\":{\"hash\":\"f34780f6e13d746bb94231b9429c5de6\",\"string\":\"771,4865-49199-49200,0-10-11-13-16-43,29-23,0\"},"
	    "\"ja3s\":{\"hash\":\"7bee5c1d424b7e5f943b06983bb11422\",\"string\":\"771,49199,65281-16\"},"
	    "\"ja4\":\"t13d0306h2_92548b2f350b_fb71836bce29\","
	    "\"client_alpns\":[\"h2\",\"http/1.1\"],\"server_alpns\":[\"h2\"]} 4 5 0\n");
}

/* Where nobody looks no fingerprints are made and nothing is kept; what is counted, and that nothing can be read any more, is the same. */
static void
test_unseen(void **state)
{
	static const struct files_conf nobody = { .no_heads = true };

	setup_exchange();
	for (int unseen = 0; unseen < 2; unseen++) {
		const struct tls_tx *t;
		struct fake f;

		fake_begin(&f, &protocol_tls);
		f.app.asked = unseen ? &nobody : NULL;
		for (unsigned i = 0; i < 5; i++)
			fake_feed(&f, x[i].dir, x[i].bytes);
		t = (const struct tls_tx *) f.app.first;
		assert_int_equal(t->side[TO_CLIENT].chain.n == 0, unseen);
		assert_int_equal(t->side[TO_SERVER].hello.n == 0, unseen);
		assert_int_equal(t->tx.progress[TO_SERVER], TLS_C_FINISHED);
		assert_int_equal(t->tx.progress[TO_CLIENT], TLS_S_FINISHED);
		assert_int_equal(f.facts.requests, 1);
		assert_int_equal(f.facts.responses, 1);
		assert_true(f.app.no_payload);
		fake_end(&f);
	}
}

static void
test_fields(void **state)
{
	struct fake f;
	struct arena scratch;
	struct span s;
	uint64_t n;

	setup_exchange();
	arena_init(&scratch, 1 << 20);
	fake_begin(&f, &protocol_tls);
	fake_feed(&f, TO_SERVER, x[0].bytes);
	assert_int_equal(f.app.first->progress[TO_SERVER], 1);
	assert_true(fake_field(&protocol_tls, "tls.sni")->bytes(f.app.first, 0, 0, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT("www.plant.example")));
	assert_true(fake_field(&protocol_tls, "tls.random_time")->bytes(f.app.first, 0, 0, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT(" !\"#")));
	assert_false(fake_field(&protocol_tls, "tls.random")->bytes(f.app.first, 1, 0, &scratch, &s));
	assert_true(fake_field(&protocol_tls, "tls.version")->number(f.app.first, 0, 0, &n));
	assert_int_equal(n, 0x0304);
	fake_feed(&f, TO_CLIENT, x[1].bytes);
	assert_int_equal(f.app.first->progress[TO_CLIENT], 3);
	assert_true(fake_field(&protocol_tls, "tls.version")->number(f.app.first, 1, 0, &n));
	assert_int_equal(n, 0x0303);
	assert_true(fake_field(&protocol_tls, "tls.cert_chain_len")->number(f.app.first, 1, 0, &n));
	assert_int_equal(n, 2);
	assert_true(fake_field(&protocol_tls, "tls.certs")->bytes(f.app.first, 1, 1, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT("0\0")));
	assert_false(fake_field(&protocol_tls, "tls.certs")->bytes(f.app.first, 1, 2, &scratch, &s));
	assert_true(fake_field(&protocol_tls, "tls.subjectaltname")->bytes(f.app.first, 1, 2, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT("192.0.2.1")));
	assert_false(f.app.no_payload);
	fake_feed(&f, TO_CLIENT, x[4].bytes);
	assert_true(f.app.no_payload);
	assert_int_equal(f.facts.requests, 1);
	assert_int_equal(f.facts.responses, 1);
	fake_end(&f);
	arena_clear(&scratch);
}

/* The fields of an output, handshakes among them; the record is ready with the server's flight. */
static void
test_records(void **state)
{
	struct tls_conf conf = { 0 };
	struct fake f;
	struct tls_tx *t;
	char log[8192];

	setup_exchange();
	fake_begin(&f, &protocol_tls);
	fake_feed(&f, TO_SERVER, x[0].bytes);
	assert_false(protocol_tls.log_ready(f.app.first));
	fake_feed(&f, TO_CLIENT, x[1].bytes);
	assert_true(protocol_tls.log_ready(f.app.first));
	t = (struct tls_tx *) f.app.first;
	t->cert_request = true;
	assert_false(protocol_tls.log_ready(f.app.first));
	t->conf = &conf;
	conf.fields = 1u << TLS_LOG_CLIENT_HANDSHAKE | 1u << TLS_LOG_SERVER_HANDSHAKE | 1u << TLS_LOG_ISSUER;
	assert_string_equal(fake_log(&f, f.app.first, log, sizeof(log)),
	    "{\"issuerdn\":\"C=DE, O=Example, Inc., CN=plant.example, Email=a@b.example\","
	    "\"client_handshake\":{\"version\":\"TLS 1.3\",\"ciphers\":[4865,49199,49200],\"exts\":[0,10,11,13,16,43],\"sig_algs\":[1027,2052]},"
	    "\"server_handshake\":{\"version\":\"TLS 1.2\",\"cipher\":49199,\"exts\":[65281,16]}}");
	conf.fields = 1u << TLS_LOG_CHAIN;
	assert_non_null(strstr(fake_log(&f, f.app.first, log, sizeof(log)), "{\"chain\":[\"MII"));
	conf.fields = 1u << TLS_LOG_CERTIFICATE;
	assert_non_null(strstr(fake_log(&f, f.app.first, log, sizeof(log)), "{\"certificate\":\"MII"));
	fake_end(&f);
}

/* Which event a certificate's damage makes; bytes are changed in place. */
static void
test_certificates(void **state)
{
	static const struct {
		uint32_t at;      /* in the server's record */
		uint8_t was, to;
		enum tls_event event;
	} t[] = {
		{ 73, 0x30, 0x31, TLS_EV_CERT_INVALID_DER },         /* the certificate is a SET */
		{ 86, 0x02, 0x04, TLS_EV_CERT_INVALID_SERIAL },
		{ 94, 0x30, 0x31, TLS_EV_CERT_INVALID_ALGORITHM },
		{ 106, 0x30, 0x31, TLS_EV_CERT_INVALID_ISSUER },
		{ 132, 0x45, 0x00, TLS_EV_CERT_INVALID_STRING },     /* "Example" begins with a zero */
		{ 197, 0x30, 0x31, TLS_EV_CERT_INVALID_VALIDITY },
		{ 201, 0x32, 0x78, TLS_EV_CERT_INVALID_DATE },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct fake f;
		struct span s;

		setup_exchange();
		s = x[1].bytes;
		assert_int_equal(s.p[t[i].at], t[i].was);
		bytes[1][t[i].at] = t[i].to;
		fake_begin(&f, &protocol_tls);
		fake_feed(&f, TO_CLIENT, s);
		assert_true(f.app.first->events >> t[i].event & 1);
		fake_end(&f);
	}
}

static void
test_damage(void **state)
{
	static const uint8_t heartbleed[] = { 0x18, 3, 2, 0, 3, 1, 0x40, 0 };
	static const uint8_t junk[] = { 0x16, 9, 9, 0, 1, 0 };
	struct fake f;

	setup_exchange();
	fake_begin(&f, &protocol_tls);
	fake_feed(&f, TO_SERVER, x[0].bytes);
	fake_feed(&f, TO_SERVER, span_of(heartbleed, sizeof(heartbleed)));
	assert_int_equal(f.app.first->events, 1 << 7 | 1 << 9); /* heartbeat_message, overflow_heartbeat_message */
	fake_feed(&f, TO_SERVER, span_of(junk, sizeof(junk)));
	assert_true(f.lost[TO_SERVER]);
	assert_true(f.app.first->events & 1 << 2); /* invalid_record_version */
	assert_true(f.app.first->events >> TLS_EV_INVALID_SSL_RECORD & 1);
	assert_int_equal(f.app.first->progress[TO_SERVER], protocol_tls.done[0]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	setup_exchange();
	assert_int_equal(protocol_tls.probe(x[0].bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_tls.probe(x[0].bytes, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_tls.probe(x[1].bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_tls.probe(SPAN_LIT("GET / HTTP/1.1\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
	/* SSLv2: 9 + 3 + 0 + 16 bytes */
	assert_int_equal(protocol_tls.probe(SPAN_LIT("\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10"), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_tls.probe(SPAN_LIT("\x80\x1d\x01\x03\x01\x00\x03\x00\x00\x00\x10"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
