/*
 * test_rdp - the sequence in the clear, within TLS, refused, each cut everywhere; what is another ISO protocol.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_rdp;

static const char *const plain_hex[] = {
	"0300002b26e00000000000436f6f6b69653a206d737473686173683d6b616564650d0a0101080003000000",
	"030000130ed000000000000209080000000000",
	"0300013702f0807f6582012b0401010401010101ff3003020101300302010130030201010482010f000500147c00018106000800100001c000447563"
	"6180f801c0d800040008008007380401ca03aa11040000b11d000043004c00490045004e0054002d0037000000000000000000000000000000000007"
	"000000020000000c00000069006d0065006a007000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	"00000000000000000000000000000001ca01000000000018000f002300690064002d0031000000000000000000000000000000000000000000000000"
	"00000000000000000000000000000000000000000000000000000000000000000006000000000003c020000200000072647064720000000000000063"
	"6c69707264720000000000",
	"0300000d02f0807f66030a0100",
	"0300000802f08004",
};
static const uint8_t plain_dirs[] = { TO_SERVER, TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER };
static const char *const tls_hex[] = {
	"0300002b26e00000000000436f6f6b69653a206d737473686173683d6b616564650d0a0101080003000000",
	"030000130ed000000000000200080002000000",
	"160301000401000000",
	"160303001b0b000017000014000011300f300da003020102020616ed2aa0495f",
	"17030300026162",
};
static const uint8_t tls_dirs[] = { TO_SERVER, TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER };
static const char *const refused_hex[] = {
	"0300002b26e00000000000436f6f6b69653a206d737473686173683d6b616564650d0a0101080003000000",
	"030000130ed000000000000300080005000000",
};
static const uint8_t refused_dirs[] = { TO_SERVER, TO_CLIENT };

static void
test_plain(void **state)
{
	assert_string_equal(fake_run_hex(&protocol_rdp, plain_hex, plain_dirs, FAKE_N(plain_dirs)),
	    "{\"tx_id\":0,\"event_type\":\"initial_request\",\"cookie\":\"kaede\",\"flags\":[\"restricted_admin_mode_required\"]} 1 0 0\n"
	    "{\"tx_id\":1,\"event_type\":\"initial_response\",\"server_supports\":[\"extended_client_data\",\"restricted_admin\"],\"protocol\":\"rdp\"} 0 1 0\n"
	    "{\"tx_id\":2,\"event_type\":\"connect_request\",\"channels\":[\"rdpdr\",\"cliprdr\"],\"client\":{\"version\":\"v5\",\"desktop_width\":1920,"
	    "\"desktop_height\":1080,\"keyboard_layout\":\"ja-JP\",\"build\":\"Windows 7 SP1\",\"client_name\":\"CLIENT-7\",\"keyboard_type\":\"jp\","
	    "\"keyboard_subtype\":2,\"function_keys\":12,\"ime\":\"imejp\",\"product_id\":1,\"color_depth\":24,"
	    "\"capabilities\":[\"support_errinfo_pdf\",\"want_32bpp_session\",\"valid_connection_type\"],\"id\":\"id-1\",\"connection_hint\":\"lan\"}} 1 0 0\n"
	    "{\"tx_id\":3,\"event_type\":\"connect_response\"} 0 1 0\n");
}

static void
test_tls(void **state)
{
	const char *s = fake_run_hex(&protocol_rdp, tls_hex, tls_dirs, FAKE_N(tls_dirs));

	assert_non_null(strstr(s, "\"protocol\":\"hybrid\""));
	assert_non_null(strstr(s, "{\"tx_id\":2,\"event_type\":\"tls_handshake\",\"x509_serials\":[\"16ed2aa0495f\"]}"));
	assert_non_null(strstr(fake_run_hex(&protocol_rdp, refused_hex, refused_dirs, FAKE_N(refused_dirs)), "\"error_code\":5,\"reason\":\"hybrid required by server\""));
}

static void
test_probe(void **state)
{
	uint8_t buf[256];
	struct span s = unhex(plain_hex[0], buf, sizeof(buf));
	struct span iso = SPAN_LIT("\3\0\0\x0b\6\xe0\0\0\0\0\0");

	assert_int_equal(protocol_rdp.probe(s, TO_SERVER, APP_TCP), PROBE_YES);
	for (uint32_t n = 1; n < s.n; n++)
		assert_int_equal(protocol_rdp.probe(span_head(s, n), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_rdp.probe(s, TO_CLIENT, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_rdp.probe(iso, TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_rdp.probe_likely(iso, TO_SERVER, APP_TCP), PROBE_YES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_plain), cmocka_unit_test(test_tls), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
