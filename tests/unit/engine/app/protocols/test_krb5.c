/*
 * test_krb5 - an exchange with a KDC cut at every byte, weak ciphers, errors, what is broken, gaps, probing.
 */
#include "protocol_fake.h"

#include "engine/app/protocols/krb5.h"

extern const struct protocol protocol_krb5;

/* Over TCP: each begins with its length. */
#define AS_REQ \
	"000000836a8180307ea103020105a20302010aa4723070a00703050040810010a111300fa003020101a10830061b047461726fa20c1b0a" \
	"4558414d504c452e4a50a31f301da003020102a11630141b066b72627467741b0a4558414d504c452e4a50a511180f3230323631313230" \
	"3033303030305aa706020401234567a8083006020112020117"
#define PREAUTH \
	"0000005a7e583056a003020105a10302011ea411180f32303236313132303033303030305aa503020107a603020119a90c1b0a4558414d" \
	"504c452e4a50aa1f301da003020102a11630141b066b72627467741b0a4558414d504c452e4a50"
#define AS_REP \
	"000000956b819230818fa003020105a10302010ba30c1b0a4558414d504c452e4a50a411300fa003020101a10830061b047461726fa54d" \
	"614b3049a003020105a10c1b0a4558414d504c452e4a50a21f301da003020102a11630141b066b72627467741b0a4558414d504c452e4a" \
	"50a3133011a003020112a20a04080102030405060708a6133011a003020112a20a04080102030405060708"
#define TGS_REQ \
	"000000766c743072a103020105a20302010ca4663064a00703050040810010a20c1b0a4558414d504c452e4a50a3293027a003020102a1" \
	"20301e1b084d5353514c5376631b1264622e6578616d706c652e6a703a31343333a511180f32303236313132303033303030305aa70602" \
	"0401234567a8053003020117"
#define TGS_REP \
	"0000009f6d819c308199a003020105a10302010da30c1b0a4558414d504c452e4a50a411300fa003020101a10830061b047461726fa557" \
	"61553053a003020105a10c1b0a4558414d504c452e4a50a2293027a003020102a120301e1b084d5353514c5376631b1264622e6578616d" \
	"706c652e6a703a31343333a3133011a003020117a20a04080102030405060708a6133011a003020112a20a04080102030405060708"
#define WEAK \
	"000000946b819130818ea003020105a10302010ba30c1b0a4558414d504c452e4a50a410300ea003020101a10730051b036f6c64a54d61" \
	"4b3049a003020105a10c1b0a4558414d504c452e4a50a21f301da003020102a11630141b066b72627467741b0a4558414d504c452e4a50" \
	"a3133011a003020101a20a04080102030405060708a6133011a003020117a20a04080102030405060708"

static uint8_t bytes[8][512];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

static void
test_exchange(void **state)
{
	struct exchange x[] = { ex(0, TO_SERVER, AS_REQ), ex(1, TO_CLIENT, PREAUTH), ex(2, TO_CLIENT, AS_REP), ex(3, TO_SERVER, TGS_REQ),
		ex(4, TO_CLIENT, TGS_REP), ex(5, TO_CLIENT, WEAK) };

	assert_string_equal(fake_run_all_cuts(&protocol_krb5, x, 6),
	    "{\"msg_type\":\"KRB_AS_REQ\",\"cname\":\"taro\",\"realm\":\"EXAMPLE.JP\",\"sname\":\"krbtgt/EXAMPLE.JP\","
	    "\"encryption\":\"<none>\",\"weak_encryption\":false} 1 0 0\n"
	    "{\"msg_type\":\"KRB_ERROR\",\"failed_request\":\"KRB_AS_REQ\",\"error_code\":\"KDC_ERR_PREAUTH_REQUIRED\","
	    "\"cname\":\"<empty>\",\"realm\":\"<empty>\",\"sname\":\"krbtgt/EXAMPLE.JP\",\"encryption\":\"<none>\","
	    "\"weak_encryption\":false} 0 1 0\n"
	    "{\"msg_type\":\"KRB_AS_REP\",\"cname\":\"taro\",\"realm\":\"EXAMPLE.JP\",\"sname\":\"krbtgt/EXAMPLE.JP\","
	    "\"encryption\":\"aes256-cts-hmac-sha1-96\",\"weak_encryption\":false,\"ticket_encryption\":\"aes256-cts-hmac-sha1-96\","
	    "\"ticket_weak_encryption\":false} 0 1 0\n"
	    "{\"msg_type\":\"KRB_TGS_REQ\",\"cname\":\"<empty>\",\"realm\":\"EXAMPLE.JP\",\"sname\":\"MSSQLSvc/db.example.jp:1433\","
	    "\"encryption\":\"<none>\",\"weak_encryption\":false} 1 0 0\n"
	    "{\"msg_type\":\"KRB_TGS_REP\",\"cname\":\"taro\",\"realm\":\"EXAMPLE.JP\",\"sname\":\"MSSQLSvc/db.example.jp:1433\","
	    "\"encryption\":\"aes256-cts-hmac-sha1-96\",\"weak_encryption\":false,\"ticket_encryption\":\"rc4-hmac\","
	    "\"ticket_weak_encryption\":true} 0 1 0\n"
	    "{\"msg_type\":\"KRB_AS_REP\",\"cname\":\"old\",\"realm\":\"EXAMPLE.JP\",\"sname\":\"krbtgt/EXAMPLE.JP\","
	    "\"encryption\":\"rc4-hmac\",\"weak_encryption\":true,\"ticket_encryption\":\"des-cbc-crc\","
	    "\"ticket_weak_encryption\":true} 0 1 2\n");
}

static void
test_fields(void **state)
{
	struct fake f;
	struct span s;
	uint64_t v;

	fake_begin(&f, &protocol_krb5);
	fake_feed(&f, TO_CLIENT, ex(0, 0, PREAUTH).bytes);
	fake_feed(&f, TO_CLIENT, ex(0, 0, TGS_REP).bytes);
	assert_true(fake_field(&protocol_krb5, "krb5_msg_type")->number(f.app.first, TO_CLIENT, 0, &v));
	assert_int_equal(v, 30);
	assert_true(fake_field(&protocol_krb5, "krb5_err_code")->number(f.app.first, TO_CLIENT, 0, &v));
	assert_int_equal(v, 25);
	assert_false(fake_field(&protocol_krb5, "krb5_err_code")->number(f.app.last, TO_CLIENT, 0, &v));
	assert_true(fake_field(&protocol_krb5, "krb5.sname")->bytes(f.app.last, TO_CLIENT, 1, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("db.example.jp:1433")));
	assert_false(fake_field(&protocol_krb5, "krb5.sname")->bytes(f.app.last, TO_CLIENT, 2, NULL, &s));
	assert_true(fake_field(&protocol_krb5, "krb5.cname")->bytes(f.app.last, TO_CLIENT, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("taro")));
	fake_end(&f);
}

/* A message whose inner lengths are cut short is malformed; the next one is read again. */
static void
test_broken(void **state)
{
	struct fake f;
	struct span s = ex(0, 0, AS_REP).bytes;

	bytes[0][3] = (uint8_t) (bytes[0][3] - 20);
	fake_begin(&f, &protocol_krb5);
	fake_feed(&f, TO_CLIENT, span_head(s, s.n - 20));
	fake_feed(&f, TO_CLIENT, ex(1, 0, AS_REP).bytes);
	assert_int_equal(f.app.first->events, 1);
	assert_int_equal(f.app.last->events, 0);
	fake_end(&f);
	fake_begin(&f, &protocol_krb5);
	f.app.transport = APP_UDP;
	fake_feed(&f, TO_SERVER, SPAN_LIT("\x6a\x02\x30\x00"));
	assert_int_equal(f.app.first->events, 1);
	fake_end(&f);
}

static void
test_gap(void **state)
{
	struct fake f;
	struct span s = ex(0, 0, AS_REP).bytes;

	fake_begin(&f, &protocol_krb5);
	fake_feed(&f, TO_CLIENT, span_head(s, 50));
	fake_gap(&f, TO_CLIENT, s.n - 20); /* with the 50 that were kept */
	fake_feed(&f, TO_CLIENT, span_skip(s, s.n - 20));
	fake_feed(&f, TO_CLIENT, ex(1, 0, PREAUTH).bytes);
	assert_non_null(f.app.first);
	assert_int_equal(((struct krb5_tx *) f.app.first)->type, KRB5_ERROR);
	fake_gap(&f, TO_CLIENT, 100);
	assert_true(f.lost[TO_CLIENT]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	struct span s = ex(0, 0, AS_REQ).bytes, m = span_skip(s, 4);

	assert_int_equal(protocol_krb5.probe(s, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_krb5.probe(s, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_krb5.probe(span_head(s, 3), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_krb5.probe(span_head(s, 12), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_krb5.probe(m, TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_krb5.probe(span_head(m, m.n - 1), TO_SERVER, APP_UDP), PROBE_NO);
	assert_int_equal(protocol_krb5.probe(ex(1, 0, TGS_REP).bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_krb5.probe(SPAN_LIT("\0\0\0\x54\xfeSMB"), TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_krb5.probe(SPAN_LIT("\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0"), TO_SERVER, APP_UDP), PROBE_NO); /* LDAP */
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_exchange), cmocka_unit_test(test_fields), cmocka_unit_test(test_broken),
		cmocka_unit_test(test_gap), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
