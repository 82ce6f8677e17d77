/*
 * test_smb - SMB 1 and 2 commands with their answers, names, compounds, data that is passed over; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_smb;

static uint8_t bytes[6][1024];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

/* Headers: command, status, flags, next, message, tree; session 0x11. */
#define SMB2(status, command, flags, next, message, tree) \
	"fe534d42 4000 0000 " status command "0000 " flags next message "00000000 00000000" tree "1100000000000000" \
	"00000000000000000000000000000000"
#define ASK "00000000"
#define REPLY "01000000"

/* tree connect to \\s\IPC$ ; its answer: a pipe */
#define TREE "00000058" SMB2("00000000", "0300", ASK, "00000000", "01000000", "00000000") \
	"0900 0000 4800 1000" "5c00 5c00 7300 5c00 4900 5000 4300 2400"
#define TREE_OK "00000050" SMB2("00000000", "0300", REPLY, "00000000", "01000000", "05000000") "1000 02 00 30000000 00000000 ff010000"
/* create of "svc" and a read of it in one PDU */
#define CREATE_READ "000000e6" SMB2("00000000", "0500", ASK, "80000000", "02000000", "05000000") \
	"3900 00 00 02000000 0000000000000000 0000000000000000 9f011200 00000000 07000000 01000000 00000000 7800 0600 00000000 00000000" \
	"7300 7600 6300 0000" \
	SMB2("00000000", "0800", "04000000", "00000000", "03000000", "05000000") \
	"3100 0000 00040000 0000000000000000 ffffffffffffffff ffffffffffffffff 0000 0000 0000"
#define CREATE_NO "00000049" SMB2("220000c0", "0500", REPLY, "00000000", "02000000", "05000000") "0900 0000 00000000 00"

static void
test_smb2(void **state)
{
	struct exchange x[] = { ex(0, TO_SERVER, TREE), ex(1, TO_CLIENT, TREE_OK), ex(2, TO_SERVER, CREATE_READ), ex(3, TO_CLIENT, CREATE_NO) };

	assert_string_equal(fake_run_all_cuts(&protocol_smb, x, 4),
	    "{\"id\":1,\"dialect\":\"unknown\",\"command\":\"SMB2_COMMAND_TREE_CONNECT\",\"status\":\"STATUS_SUCCESS\","
	    "\"status_code\":\"0x0\",\"session_id\":17,\"tree_id\":5,\"named_pipe\":\"\\\\\\\\s\\\\IPC$\",\"share_type\":\"PIPE\"} 1 1 0\n"
	    "{\"id\":2,\"dialect\":\"unknown\",\"command\":\"SMB2_COMMAND_CREATE\",\"status\":\"STATUS_ACCESS_DENIED\","
	    "\"status_code\":\"0xc0000022\",\"session_id\":17,\"tree_id\":5,\"filename\":\"svc\",\"disposition\":\"FILE_OPEN\","
	    "\"access\":\"normal\"} 1 1 0\n");
}

/* SMB1 tree connect, ASCII: no password, \\H\C$, service "A:" */
#define TREE1 "00000039" "ff534d42 75 00000000 18 0100 0000 0000000000000000 0000 0000 fffe 0008 4000" \
	"04 ff000000 0000 0100 0e00 00 5c5c485c432400 413a00 000000"

static void
test_smb1(void **state)
{
	struct fake f;
	struct span s;
	uint64_t v;

	fake_begin(&f, &protocol_smb);
	fake_feed(&f, TO_SERVER, ex(0, 0, TREE1).bytes);
	assert_non_null(f.app.first);
	assert_true(fake_field(&protocol_smb, "smb.share")->bytes(f.app.first, 0, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("\\\\H\\C$")));
	assert_false(fake_field(&protocol_smb, "smb.named_pipe")->bytes(f.app.first, 0, 0, NULL, &s));
	assert_true(fake_field(&protocol_smb, "smb.version")->number(f.app.first, 0, 0, &v));
	assert_int_equal(v, 1);
	fake_end(&f);
}

/* Writes of "abcd" at 0 and "cdef" at 2 to a file that is then closed: one transaction, told as overlapping; "delete on close". */
#define WRITE(at, text) "00000074" SMB2("00000000", "0900", ASK, "00000000", "04000000", "05000000") \
	"3100 7000 04000000" at "00000000000000" "0100000000000000 0200000000000000" "00000000 00000000 0000 0000 00000000" text
#define CLOSE "00000058" SMB2("00000000", "0600", ASK, "00000000", "05000000", "05000000") "1800 0000 00000000 0100000000000000 0200000000000000"
#define DISPOSE "00000061" SMB2("00000000", "1100", ASK, "00000000", "06000000", "05000000") \
	"2100 01 0d 01000000 6000 0000 00000000 0100000000000000 0200000000000000 01"

/* tree connect to \\\\s\\C$ and its answer */
#define SHARE "00000052" SMB2("00000000", "0300", ASK, "00000000", "01000000", "00000000") \
	"0900 0000 4800 0a00" "5c00 5c00 7300 5c00 4300"
#define SHARE_OK "00000050" SMB2("00000000", "0300", REPLY, "00000000", "01000000", "05000000") "1000 01 00 30000000 00000000 ff010000"

static void
test_file(void **state)
{
	struct fake f;
	struct app_file file;
	char log[512];

	fake_begin(&f, &protocol_smb);
	fake_feed(&f, TO_SERVER, ex(0, 0, SHARE).bytes);
	fake_feed(&f, TO_CLIENT, ex(0, 0, SHARE_OK).bytes);
	fake_prune(&f);
	assert_null(f.app.first);
	fake_feed(&f, TO_SERVER, ex(0, 0, WRITE("00", "61626364")).bytes);
	assert_int_equal(f.app.first->events, 0);
	fake_feed(&f, TO_SERVER, ex(0, 0, WRITE("02", "63646566")).bytes);
	assert_ptr_equal(f.app.first, f.app.last);
	assert_int_equal(f.app.first->events, 1 << 2);
	fake_feed(&f, TO_SERVER, ex(0, 0, CLOSE).bytes);
	assert_true(protocol_smb.file(f.app.first, TO_SERVER, 0, &file));
	assert_int_equal(file.size, 4); /* what was there before is not taken again */
	assert_true(file.closed);
	assert_false(file.gaps);
	assert_false(protocol_smb.file(f.app.first, TO_CLIENT, 0, &file));
	assert_string_equal(fake_log(&f, f.app.first, log, sizeof(log)),
	    "{\"id\":2,\"dialect\":\"unknown\",\"command\":\"SMB2_COMMAND_WRITE\",\"status\":\"STATUS_SUCCESS\",\"status_code\":\"0x0\","
	    "\"session_id\":17,\"tree_id\":5,\"share\":\"\\\\\\\\s\\\\C\",\"fuid\":\"00000001-0000-0000-0002-000000000000\"}");
	fake_feed(&f, TO_SERVER, ex(0, 0, DISPOSE).bytes);
	assert_non_null(strstr(fake_log(&f, f.app.last, log, sizeof(log)), "\"access\":\"delete on close\""));
	fake_end(&f);
}

/* A negotiate of SMB 1, answered with the second dialect; an error of DOS. */
#define NEGOTIATE1 "00000032" "ff534d42 72 00000000 18 01c8 0000 0000000000000000 0000 ffff feff 0000 0100" "00 0f00 02 4c414e4d414e00 02 4e54204c4d00"
#define NEGOTIATE1_OK "00000025" "ff534d42 72 00000000 98 01c8 0000 0000000000000000 0000 ffff feff 0000 0100" "01 0100 0000"
#define LOGOFF1 "00000027" "ff534d42 74 00000000 18 01c8 0000 0000000000000000 0000 ffff feff 0700 0200" "02 ff000000 0000"
#define LOGOFF1_NO "00000023" "ff534d42 74 02005b00 98 0188 0000 0000000000000000 0000 ffff feff 0700 0200" "00 0000"

static void
test_dialect1(void **state)
{
	struct exchange x[] = { ex(0, TO_SERVER, NEGOTIATE1), ex(1, TO_CLIENT, NEGOTIATE1_OK), ex(2, TO_SERVER, LOGOFF1), ex(3, TO_CLIENT, LOGOFF1_NO) };

	assert_string_equal(fake_run_all_cuts(&protocol_smb, x, 4),
	    "{\"id\":1,\"dialect\":\"NT LM\",\"command\":\"SMB1_COMMAND_NEGOTIATE_PROTOCOL\",\"status\":\"STATUS_SUCCESS\","
	    "\"status_code\":\"0x0\",\"session_id\":0,\"tree_id\":65535,\"client_dialects\":[\"LANMAN\",\"NT LM\"]} 1 1 0\n"
	    "{\"id\":2,\"dialect\":\"NT LM\",\"command\":\"SMB1_COMMAND_LOGOFF_ANDX\",\"status\":\"SRV_BADUID\","
	    "\"status_code\":\"0x005b\",\"session_id\":7,\"tree_id\":65535} 1 1 0\n");
}

static void
test_gap(void **state)
{
	struct fake f;
	struct exchange big = ex(0, 0, TREE_OK);

	fake_begin(&f, &protocol_smb);
	fake_gap(&f, TO_CLIENT, 1000);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("in the middle of a file"));
	assert_null(f.app.first);
	fake_feed(&f, TO_CLIENT, big.bytes); /* nobody asked */
	assert_null(f.app.first);
	fake_gap(&f, TO_SERVER, 1000);
	fake_feed(&f, TO_SERVER, ex(1, 0, TREE).bytes);
	assert_non_null(f.app.first);
	fake_end(&f);
}

/* After 1024 commands that nobody answered the flow is given up. */
static void
test_too_many(void **state)
{
	struct fake f;
	struct span ask = ex(0, 0, TREE).bytes;

	fake_begin(&f, &protocol_smb);
	for (unsigned i = 0; i < 1024; i++) {
		bytes[0][4 + 24] = (uint8_t) i; /* the message's number */
		bytes[0][4 + 25] = (uint8_t) (i >> 8);
		fake_feed(&f, TO_SERVER, ask);
	}
	assert_false(f.lost[TO_SERVER]);
	assert_int_equal(f.app.last->events, 0);
	assert_int_equal(f.app.last->id, 1023);
	bytes[0][4 + 25] = 4;
	fake_feed(&f, TO_SERVER, ask);
	assert_true(f.lost[TO_SERVER]);
	assert_int_equal(f.app.last->id, 1023);
	assert_int_equal(f.app.last->events, 1 << 11);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_smb.probe(ex(0, 0, TREE).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_smb.probe(ex(0, 0, TREE).bytes, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_smb.probe(ex(0, 0, TREE_OK).bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_smb.probe(SPAN_LIT("\0\0\0\x40HTTP"), TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_smb.probe(SPAN_LIT("GET / HTTP/1.1"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smb2),
		cmocka_unit_test(test_smb1),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_dialect1),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
