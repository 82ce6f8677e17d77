/*
 * test_mms - association, reads and writes with what they name, control objects, files, programs; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_mms;

static uint8_t bytes[8][1024];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

#define CR "0300001611e00000000100c0010ac1020001c2020001"
#define CC "0300001611d00001000200c0010ac1020001c2020001"
#define CONNECT "0300007902f0800d70c16e316ca003800101a265810400000001820400000001a423300f0201010604520100013004060251" \
	"013010020103060528ca22020130040602510161323030020101a02b6029a107060528ca220203be1e281c020103a017a815" \
	"800300fde8810105820105a408800101810305f100"
#define ACCEPT "0300005902f0800e50c14e314ca003800101a245830400000001a50930078001008102510161323030020101a02b6129a107" \
	"060528ca220203be1e281c020103a017a915800300fde8810105820105a408800101810305f100"
#define READ "0300005a02f08001000100614d304b020103a046a044020101a43fa13da03b301ca01aa1181a07494544314c44301a0d4d4d" \
	"585531244d5824546f7457301ba019a1171a07494544314c44301a0c584342523124535424506f73"
#define READ_OK "0300002402f0800100010061173015020103a010a10e020101a409a10785010584020680"
#define OPERATE "0300004402f0800100010061373035020103a030a02e020102a529a0223020a01ea11c1a07494544314c44301a1158434252" \
	"3124434f24506f73244f706572a003830101"
#define OPERATED "0300001d02f080010001006110300e020103a009a107020102a5028100"
#define WRITE "0300004202f0800100010061353033020103a02ea02c020103a527a020301ea01ca11a1a07494544314c44301a0f4747494f" \
	"3124535024535043534f31a003830101"
#define DENIED "0300002002f0800100010061133011020103a00ca20a800103a205a003870103"
#define DELETE "0300002c02f08001000100611f301d020103a018a016020104bf4c10190e434f4d54524144452f312e636667"
#define STOP "0300002502f0800100010061183016020103a011a00f020105bf29091a0750524f4752414d"
#define REPORT "0300002402f0800100010061173015020103a010a30ea00ca1058003525054a003830101"
#define CONCLUDE "0300001602f0800100010061093007020103a0028b00"
#define PARTS "0300001b02f00001000100614d304b020103a046a044020101a43f0300004602f080a13da03b301ca01aa1181a0749454431" \
	"4c44301a0d4d4d585531244d5824546f7457301ba019a1171a07494544314c44301a0c584342523124535424506f73"

static void
test_log(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, CR CONNECT), ex(1, TO_CLIENT, CC ACCEPT), ex(2, TO_SERVER, PARTS OPERATE WRITE), ex(3, TO_CLIENT, OPERATED READ_OK),
		ex(4, TO_CLIENT, REPORT DENIED), ex(5, TO_SERVER, DELETE STOP CONCLUDE),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_mms, x, 6),
	    "{\"type\":\"initiate\",\"response\":\"initiate_response\",\"answered\":true} 1 1 0\n"
	    "{\"type\":\"request\",\"invoke_id\":1,\"service\":\"read\",\"variables\":[{\"domain\":\"IED1LD0\","
	    "\"item\":\"MMXU1$MX$TotW\"},{\"domain\":\"IED1LD0\",\"item\":\"XCBR1$ST$Pos\"}],\"response\":\"response\","
	    "\"answered\":true} 1 1 0\n"
	    "{\"type\":\"request\",\"invoke_id\":2,\"service\":\"write\",\"variables\":[{\"domain\":\"IED1LD0\","
	    "\"item\":\"XCBR1$CO$Pos$Oper\"}],\"response\":\"response\",\"answered\":true} 1 1 0\n"
	    "{\"type\":\"request\",\"invoke_id\":3,\"service\":\"write\",\"variables\":[{\"domain\":\"IED1LD0\","
	    "\"item\":\"GGIO1$SP$SPCSO1\"}],\"response\":\"error\",\"answered\":true} 1 1 0\n"
	    "{\"type\":\"unconfirmed\",\"answered\":false} 0 1 0\n"
	    "{\"type\":\"request\",\"invoke_id\":4,\"service\":\"file_delete\",\"file\":\"COMTRADE/1.cfg\","
	    "\"answered\":false} 1 0 0\n"
	    "{\"type\":\"request\",\"invoke_id\":5,\"service\":\"stop\",\"answered\":false} 1 0 0\n"
	    "{\"type\":\"conclude\",\"answered\":false} 1 0 0\n");
}

static void
test_fields(void **state)
{
	struct fake f;
	struct span s;
	uint64_t v;

	fake_begin(&f, &protocol_mms);
	fake_feed(&f, TO_SERVER, ex(0, 0, READ).bytes);
	assert_true(fake_field(&protocol_mms, "mms.item")->bytes(f.app.last, 0, 1, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("XCBR1$ST$Pos")));
	assert_true(fake_field(&protocol_mms, "mms.domain")->bytes(f.app.last, 0, 1, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("IED1LD0")));
	assert_false(fake_field(&protocol_mms, "mms.item")->bytes(f.app.last, 0, 2, NULL, &s));
	fake_feed(&f, TO_SERVER, ex(0, 0, OPERATE WRITE STOP DELETE).bytes);
	assert_true(fake_field(&protocol_mms, "mms.service")->number(f.app.last, 0, 0, &v) && v == 76);
	assert_true(fake_field(&protocol_mms, "mms.file")->bytes(f.app.last, 0, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("COMTRADE/1.cfg")));
	assert_int_equal(f.facts.ot[OT_READ], 1);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.ot[OT_WRITE], 1);
	assert_int_equal(f.facts.ot[OT_STOP], 1);
	assert_int_equal(f.facts.ot[OT_PROGRAM], 1);
	fake_feed(&f, TO_CLIENT, ex(0, 0, REPORT).bytes);
	assert_false(protocol_mms.loggable(f.app.last));
	fake_feed(&f, TO_CLIENT, ex(0, 0, READ_OK READ_OK).bytes);
	assert_int_equal(f.app.last->events, 1 << 2); /* the second was not asked for */
	fake_end(&f);
}

static void
test_broken(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_mms);
	/* an invoke id longer than what holds it */
	fake_feed(&f, TO_SERVER, ex(0, 0, "0300 001a 02f080 01000100 610d 300b 020103 a006 a004 0209 0102").bytes);
	assert_int_equal(f.app.last->events, 1 << 1);
	fake_feed(&f, TO_SERVER, SPAN_LIT("no TPKT at all"));
	assert_int_equal(f.app.last->events, 3);
	fake_feed(&f, TO_SERVER, ex(0, 0, READ).bytes);
	assert_int_equal(f.app.tx_next, 2);
	fake_gap(&f, TO_SERVER, 10);
	fake_feed(&f, TO_SERVER, ex(0, 0, STOP).bytes);
	assert_int_equal(f.app.tx_next, 3);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_mms.probe(ex(0, 0, CR).bytes, TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_mms.probe(ex(0, 0, CR CONNECT).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_mms.probe(ex(0, 0, CR CONNECT).bytes, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_mms.probe(ex(0, 0, CC ACCEPT).bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_mms.probe(ex(0, 0, READ).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	/* S7; a session of something else */
	assert_int_equal(protocol_mms.probe(ex(0, 0, CR "0300000c 02f080 3201000001").bytes, TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_mms.probe(ex(0, 0, CR "0300000e 02f080 0d05c103310100").bytes, TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
