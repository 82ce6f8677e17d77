/*
 * test_ldap - requests with their answers cut at every byte; what rules ask for; STARTTLS, SASL, gaps, what is broken, probing.
 */
#include "protocol_fake.h"

#include "engine/app/protocols/ldap.h"

extern const struct protocol protocol_ldap, protocol_tls;

#define BIND \
	"301a02010160150201030408636e3d61646d696e800667656865696d"
#define BIND_NO \
	"300e02010161090a0131040004026e6f"
#define SEARCH \
	"303f020102633a041064633d6578616d706c652c64633d6a700a01020a0100020164020100010100870b6f626a656374436c617373300a" \
	"0402636e04046d61696c"
#define ENTRY \
	"3050020102644b0418636e3d7461726f2c64633d6578616d706c652c64633d6a70302f30120402636e310c04047461726f04045441524f" \
	"301904046d61696c3111040f7461726f406578616d706c652e6a70"
#define FOUND \
	"300c02010265070a010004000400"
#define MODIFY \
	"302d02010366280407636e3d7461726f301d301b0a0102301604046d61696c310e040c61406578616d706c652e6a70"
#define MODIFY_NO \
	"301d02010367180a0132040564633d6a70040c696e73756666696369656e74"
#define RENAME \
	"301a0201056c150404636e3d610404636e3d620101ff800464633d78"
#define DELETE \
	"300c0201064a07636e3d676f6e65"
#define ABANDON \
	"3006020107500105"
#define COMPARE \
	"301c0201096e170407636e3d7461726f300c0402736e040679616d616461"
#define COMPARED \
	"300c0201096f070a010604000400"
#define ADD \
	"301c02010a68170406636e3d6e6577300d300b0402636e310504036e6577"
#define UNBIND \
	"30050201084200"
#define NOTICE \
	"302802010078230a013404000404646f776e8a16312e332e362e312e342e312e313436362e3230303336"
#define START_TLS \
	"301d02010477188016312e332e362e312e342e312e313436362e3230303337"
#define START_TLS_OK \
	"3024020104781f0a0100040004008a16312e332e362e312e342e312e313436362e3230303337"
#define SASL \
	"301c02010b60170201030400a310040a4753532d53504e45474f04026001"
#define SASL_OK \
	"301002010b610b0a0100040004008702a102"

static uint8_t bytes[16][256];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

static void
test_exchange(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, BIND),
		ex(1, TO_CLIENT, BIND_NO),
		ex(2, TO_SERVER, SEARCH),
		ex(3, TO_CLIENT, ENTRY),
		ex(4, TO_CLIENT, FOUND),
		ex(5, TO_SERVER, MODIFY),
		ex(6, TO_CLIENT, MODIFY_NO),
		ex(7, TO_SERVER, RENAME),
		ex(8, TO_SERVER, DELETE),
		ex(9, TO_SERVER, ABANDON),
		ex(10, TO_SERVER, COMPARE),
		ex(11, TO_CLIENT, COMPARED),
		ex(12, TO_SERVER, ADD),
		ex(13, TO_SERVER, UNBIND),
		ex(14, TO_CLIENT, NOTICE),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_ldap, x, 15), 
	    "{\"request\":{\"message_id\":1,\"operation\":\"bind_request\",\"bind_request\":{\"version\":3,\"name\":\""
	    "cn=admin\"}},\"responses\":[{\"operation\":\"bind_response\",\"bind_response\":{\"result_code\":\"invalid"
	    "_credentials\",\"matched_dn\":\"\",\"message\":\"no\"}}]} 1 1 0\n"
	    "{\"request\":{\"message_id\":2,\"operation\":\"search_request\",\"search_request\":{\"base_object\":\"dc="
	    "example,dc=jp\",\"scope\":2,\"deref_alias\":0,\"size_limit\":100,\"time_limit\":0,\"types_only\":false,\""
	    "attributes\":[\"cn\",\"mail\"]}},\"responses\":[{\"operation\":\"search_result_entry\",\"search_result_en"
	    "try\":{\"base_object\":\"cn=taro,dc=example,dc=jp\",\"attributes\":[{\"type\":\"cn\",\"values\":[\"taro\""
	    ",\"TARO\"]},{\"type\":\"mail\",\"values\":[\"taro@example.jp\"]}]}},{\"operation\":\"search_result_done\""
	    ",\"search_result_done\":{\"result_code\":\"success\",\"matched_dn\":\"\",\"message\":\"\"}}]} 1 1 0\n"
	    "{\"request\":{\"message_id\":3,\"operation\":\"modify_request\",\"modify_request\":{\"object\":\"cn=taro"
	    "\",\"changes\":[{\"operation\":\"replace\",\"modification\":{\"attribute_type\":\"mail\",\"attribute_valu"
	    "es\":[\"a@example.jp\"]}}]}},\"responses\":[{\"operation\":\"modify_response\",\"modify_response\":{\"res"
	    "ult_code\":\"insufficient_access_rights\",\"matched_dn\":\"dc=jp\",\"message\":\"insufficient\"}}]} 1 1 0\n"
	    "{\"request\":{\"message_id\":5,\"operation\":\"mod_dn_request\",\"mod_dn_request\":{\"entry\":\"cn=a\",\""
	    "new_rdn\":\"cn=b\",\"delete_old_rdn\":true,\"new_superior\":\"dc=x\"}}} 1 0 0\n"
	    "{\"request\":{\"message_id\":6,\"operation\":\"del_request\",\"del_request\":{\"dn\":\"cn=gone\"}}} 1 0 0\n"
	    "{\"request\":{\"message_id\":7,\"operation\":\"abandon_request\",\"abandon_request\":{\"message_id\":5}}}"
	    " 1 1 0\n"
	    "{\"request\":{\"message_id\":9,\"operation\":\"compare_request\",\"compare_request\":{\"entry\":\"cn=taro"
	    "\",\"attribute_value_assertion\":{\"description\":\"sn\",\"value\":\"yamada\"}}},\"responses\":[{\"operat"
	    "ion\":\"compare_response\",\"compare_response\":{\"result_code\":\"compare_true\",\"matched_dn\":\"\",\"m"
	    "essage\":\"\"}}]} 1 1 0\n"
	    "{\"request\":{\"message_id\":10,\"operation\":\"add_request\",\"add_request\":{\"entry\":\"cn=new\",\"att"
	    "ributes\":[{\"name\":\"cn\",\"values\":[\"new\"]}]}}} 1 0 0\n"
	    "{\"request\":{\"message_id\":8,\"operation\":\"unbind_request\"}} 1 1 0\n"
	    "{\"responses\":[{\"operation\":\"extended_response\",\"extended_response\":{\"result_code\":\"unavailable"
	    "\",\"matched_dn\":\"\",\"message\":\"down\",\"name\":\"1.3.6.1.4.1.1466.20036\"},\"message_id\":0}]} 0 1 "
	    "0\n");
}

static bool
field(struct fake *f, const char *name, unsigned i, const char *want)
{
	struct span s = SPAN_NONE;

	return fake_field(&protocol_ldap, name)->bytes(f->app.first, 0, i, NULL, &s) ? want && span_eq(s, span_str(want)) : !want;
}

static void
test_fields(void **state)
{
	struct fake f;
	uint64_t v;

	fake_begin(&f, &protocol_ldap);
	fake_feed(&f, TO_SERVER, ex(0, 0, SEARCH).bytes);
	fake_feed(&f, TO_CLIENT, ex(0, 0, ENTRY).bytes);
	assert_int_equal(f.app.first->progress[TO_CLIENT], 0);
	fake_feed(&f, TO_CLIENT, ex(0, 0, FOUND).bytes);
	assert_int_equal(f.app.first->progress[TO_CLIENT], 1);
	assert_true(fake_field(&protocol_ldap, "ldap.request.operation")->number(f.app.first, 0, 0, &v));
	assert_int_equal(v, LDAP_SEARCH);
	assert_true(fake_field(&protocol_ldap, "ldap.responses.count")->number(f.app.first, 1, 0, &v));
	assert_int_equal(v, 2);
	assert_true(field(&f, "ldap.request.dn", 0, "dc=example,dc=jp"));
	assert_true(field(&f, "ldap.request.attribute_type", 1, "mail"));
	assert_true(field(&f, "ldap.request.attribute_type", 2, NULL));
	assert_true(field(&f, "ldap.responses.dn", 0, "cn=taro,dc=example,dc=jp"));
	assert_true(field(&f, "ldap.responses.dn", 1, ""));
	assert_true(field(&f, "ldap.responses.message", 0, ""));
	assert_true(field(&f, "ldap.responses.attribute_type", 1, "mail"));
	assert_true(field(&f, "ldap.responses.attribute_type", 2, NULL));
	fake_end(&f);
}

static void
test_upgrades(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_ldap);
	fake_feed(&f, TO_SERVER, ex(0, 0, START_TLS).bytes);
	assert_false(f.app.upgrading);
	fake_feed(&f, TO_CLIENT, ex(0, 0, START_TLS_OK).bytes);
	assert_true(f.app.upgrading);
	assert_ptr_equal(f.app.upgrade, &protocol_tls);
	fake_end(&f);
	/* what a security layer wraps is no error */
	fake_begin(&f, &protocol_ldap);
	fake_feed(&f, TO_SERVER, ex(0, 0, SASL).bytes);
	fake_feed(&f, TO_CLIENT, ex(0, 0, SASL_OK).bytes);
	fake_feed(&f, TO_SERVER, SPAN_LIT("\0\0\0\x04seal"));
	assert_false(f.lost[TO_SERVER]);
	assert_int_equal(f.app.first->events, 0);
	assert_ptr_equal(f.app.first, f.app.last);
	fake_end(&f);
}

static void
test_broken(void **state)
{
	struct fake f;
	struct span s = ex(0, 0, ENTRY).bytes;

	fake_begin(&f, &protocol_ldap);
	fake_feed(&f, TO_CLIENT, s); /* nobody asked */
	assert_int_equal(f.app.first->events, 1 << 1);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\x30\x03\x02\x01\x01")); /* no operation */
	assert_true(f.lost[TO_CLIENT]);
	assert_int_equal(f.app.last->events & 1, 1);
	fake_end(&f);
	fake_begin(&f, &protocol_ldap);
	fake_feed(&f, TO_CLIENT, span_head(s, 20));
	fake_gap(&f, TO_CLIENT, s.n - 10);
	fake_feed(&f, TO_CLIENT, span_skip(s, s.n - 10));
	fake_feed(&f, TO_CLIENT, ex(1, 0, NOTICE).bytes);
	assert_int_equal(((struct ldap_tx *) f.app.first)->id, 0);
	fake_gap(&f, TO_CLIENT, 1);
	assert_true(f.lost[TO_CLIENT]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	struct span s = ex(0, 0, SEARCH).bytes;

	assert_int_equal(protocol_ldap.probe(s, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_ldap.probe(s, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_ldap.probe(span_head(s, 4), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_ldap.probe(ex(1, 0, FOUND).bytes, TO_CLIENT, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_ldap.probe(SPAN_LIT("\x30\x26\2\1\1\4\6public\xa1\x19\2"), TO_SERVER, APP_UDP), PROBE_NO); /* SNMP */
	assert_int_equal(protocol_ldap.probe(SPAN_LIT("0 is text"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_exchange), cmocka_unit_test(test_fields), cmocka_unit_test(test_upgrades),
		cmocka_unit_test(test_broken), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
