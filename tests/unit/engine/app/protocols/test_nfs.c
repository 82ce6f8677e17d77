/*
 * test_nfs - calls of versions 2, 3 and 4 cut at every byte: names of handles, files that are read and written; fragments, gaps, probing.
 */
#include "protocol_fake.h"

#include "engine/app/protocols/nfs.h"

extern const struct protocol protocol_nfs;

#define LOOKUP \
	"80000058000000010000000000000002000186a300000003000000030000000100000018000000070000000270630000000003e8000000" \
	"6400000000000000000000000000000008010101010101010100000005612e747874000000"
#define LOOKUP_OK \
	"80000030000000010000000100000000000000000000000000000000000000000000000802020202020202020000000000000000"
#define READ \
	"80000058000000020000000000000002000186a300000003000000060000000100000018000000070000000270630000000003e8000000" \
	"64000000000000000000000000000000080202020202020202000000000000000000001000"
#define READ_OK \
	"80000034000000020000000100000000000000000000000000000000000000000000000000000005000000010000000568656c6c6f0000" \
	"00"
#define WRITE \
	"80000064000000030000000000000002000186a300000003000000070000000100000018000000070000000270630000000003e8000000" \
	"64000000000000000000000000000000080202020202020202000000000000000000000004000000000000000461626364"
#define COMMIT \
	"80000058000000040000000000000002000186a300000003000000150000000100000018000000070000000270630000000003e8000000" \
	"64000000000000000000000000000000080202020202020202000000000000000000000000"
#define COMMIT_OK \
	"8000002c0000000400000001000000000000000000000000000000000000000000000000000000000000000000000000"
#define RENAME \
	"80000070000000050000000000000002000186a3000000030000000e0000000100000018000000070000000270630000000003e8000000" \
	"6400000000000000000000000000000008010101010101010100000005612e74787400000000000008010101010101010100000005622e" \
	"747874000000"
#define RENAME_NO \
	"8000002c0000000500000001000000000000000000000000000000000000000d00000000000000000000000000000000"
#define GETATTR \
	"8000004c000000060000000000000002000186a300000003000000010000000100000018000000070000000270630000000003e8000000" \
	"64000000000000000000000000000000080202020202020202"
#define GETATTR_OK \
	"80000070000000060000000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"000000000000"
#define STATFS2 \
	"80000060000000070000000000000002000186a300000002000000110000000100000018000000070000000270630000000003e8000000" \
	"640000000000000000000000000303030303030303030303030303030303030303030303030303030303030303"
#define LOOKUP2 \
	"80000068000000080000000000000002000186a300000002000000040000000100000018000000070000000270630000000003e8000000" \
	"6400000000000000000000000003030303030303030303030303030303030303030303030303030303030303030000000178000000"
#define LOOKUP2_OK \
	"80000080000000080000000100000000000000000000000000000000000000000404040404040404040404040404040404040404040404" \
	"04040404040404040400000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"00000000000000000000000000000000000000000000"
#define READ2 \
	"8000006c000000090000000000000002000186a300000002000000060000000100000018000000070000000270630000000003e8000000" \
	"64000000000000000000000000040404040404040404040404040404040404040404040404040404040404040400000000000000640000" \
	"0064"
#define READ2_OK \
	"80000068000000090000000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000036f6c6400"
#define COMPOUND4 \
	"800000ac0000000a0000000000000002000186a300000004000000010000000100000018000000070000000270630000000003e8000000" \
	"64000000000000000000000000000000000000000100000003000000350000000000000000000000000000000000000001000000000000" \
	"00000000000000000016000000080202020202020202000000260000000000000000000000000000000000000000000000000000000200" \
	"000005666f757221000000"
#define REMOVE4 \
	"800000680000000b0000000000000002000186a300000004000000010000000100000018000000070000000270630000000003e8000000" \
	"64000000000000000000000000000000000000000000000002000000160000000801010101010101010000001c00000004676f6e65"

static uint8_t bytes[20][512];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

static void
test_exchange(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, LOOKUP),
		ex(1, TO_CLIENT, LOOKUP_OK),
		ex(2, TO_SERVER, READ),
		ex(3, TO_CLIENT, READ_OK),
		ex(4, TO_SERVER, WRITE),
		ex(5, TO_SERVER, COMMIT),
		ex(6, TO_CLIENT, COMMIT_OK),
		ex(7, TO_SERVER, RENAME),
		ex(8, TO_CLIENT, RENAME_NO),
		ex(9, TO_SERVER, GETATTR),
		ex(10, TO_CLIENT, GETATTR_OK),
		ex(11, TO_SERVER, STATFS2),
		ex(12, TO_SERVER, LOOKUP2),
		ex(13, TO_CLIENT, LOOKUP2_OK),
		ex(14, TO_SERVER, READ2),
		ex(15, TO_CLIENT, READ2_OK),
		ex(16, TO_SERVER, COMPOUND4),
		ex(17, TO_SERVER, REMOVE4),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_nfs, x, 18), 
	    "{\"version\":3,\"procedure\":\"LOOKUP\",\"filename\":\"a.txt\",\"hhash\":\"f225241d\",\"id\":1,\"file_tx"
	    "\":false,\"type\":\"response\",\"status\":\"OK\"} 1 1 0\n"
	    "{\"version\":3,\"procedure\":\"READ\",\"filename\":\"a.txt\",\"hhash\":\"f225241d\",\"id\":2,\"file_tx\":"
	    "true,\"type\":\"response\",\"status\":\"OK\",\"read\":{\"first\":true,\"last\":true,\"last_xid\":2,\"chun"
	    "ks\":1}} 1 1 0\n"
	    "{\"version\":3,\"procedure\":\"WRITE\",\"filename\":\"a.txt\",\"hhash\":\"f225241d\",\"id\":3,\"file_tx\""
	    ":true,\"type\":\"response\",\"status\":\"OK\",\"write\":{\"first\":true,\"last\":true,\"last_xid\":3,\"ch"
	    "unks\":1}} 1 1 0\n"
	    "{\"version\":3,\"procedure\":\"COMMIT\",\"filename\":\"a.txt\",\"hhash\":\"f225241d\",\"id\":4,\"file_tx"
	    "\":false,\"type\":\"response\",\"status\":\"OK\"} 1 1 0\n"
	    "{\"version\":3,\"procedure\":\"RENAME\",\"filename\":\"a.txt\",\"hhash\":\"2ea122d3\",\"id\":5,\"file_tx"
	    "\":false,\"type\":\"response\",\"status\":\"ERR_ACCESS\",\"rename\":{\"from\":\"a.txt\",\"to\":\"b.txt\"}"
	    "} 1 1 0\n"
	    "{\"version\":3,\"procedure\":\"GETATTR\",\"filename\":\"a.txt\",\"hhash\":\"f225241d\",\"id\":6,\"file_tx"
	    "\":false,\"type\":\"response\",\"status\":\"OK\"} 1 1 0\n"
	    "{\"version\":2,\"procedure\":\"STATFS\",\"filename\":\"\",\"id\":7,\"file_tx\":false,\"type\":\"response"
	    "\",\"status\":\"OK\"} 1 0 0\n"
	    "{\"version\":2,\"procedure\":\"LOOKUP\",\"filename\":\"x\",\"hhash\":\"2e947a68\",\"id\":8,\"file_tx\":fa"
	    "lse,\"type\":\"response\",\"status\":\"OK\"} 1 1 0\n"
	    "{\"version\":2,\"procedure\":\"READ\",\"filename\":\"x\",\"hhash\":\"2e947a68\",\"id\":9,\"file_tx\":true"
	    ",\"type\":\"response\",\"status\":\"OK\",\"read\":{\"first\":true,\"last\":false,\"last_xid\":9,\"chunks"
	    "\":1}} 1 0 0\n"
	    "{\"version\":4,\"procedure\":\"WRITE\",\"filename\":\"a.txt\",\"hhash\":\"f225241d\",\"id\":10,\"file_tx"
	    "\":true,\"type\":\"response\",\"status\":\"OK\",\"write\":{\"first\":true,\"last\":true,\"last_xid\":10,"
	    "\"chunks\":1}} 1 1 0\n"
	    "{\"version\":4,\"procedure\":\"REMOVE\",\"filename\":\"gone\",\"hhash\":\"2ea122d3\",\"id\":11,\"file_tx"
	    "\":false,\"type\":\"response\",\"status\":\"OK\"} 1 0 0\n");
}

static void
test_file(void **state)
{
	struct fake f;
	struct app_file file;

	fake_begin(&f, &protocol_nfs);
	fake_feed(&f, TO_SERVER, ex(0, 0, READ).bytes);
	assert_null(f.app.first);
	fake_feed(&f, TO_CLIENT, ex(0, 0, READ_OK).bytes);
	assert_true(protocol_nfs.file(f.app.first, TO_CLIENT, 0, &file));
	assert_int_equal(file.size, 5);
	assert_true(file.closed);
	assert_false(protocol_nfs.file(f.app.first, TO_SERVER, 0, &file));
	fake_feed(&f, TO_CLIENT, ex(0, 0, READ_OK).bytes); /* nobody asked again */
	assert_ptr_equal(f.app.first, f.app.last);
	fake_end(&f);
}

/* A record in two fragments: the first is read; a gap in bytes that are passed over is none. */
static void
test_fragments(void **state)
{
	struct fake f;
	static const uint8_t more[] = { 0x80, 0, 0, 8 };
	struct span s = ex(0, 0, LOOKUP).bytes;

	bytes[0][0] = 0;
	fake_begin(&f, &protocol_nfs);
	fake_feed(&f, TO_SERVER, s);
	fake_feed(&f, TO_SERVER, span_of(more, 4));
	fake_gap(&f, TO_SERVER, 8);
	fake_feed(&f, TO_SERVER, ex(1, 0, GETATTR).bytes);
	assert_int_equal(((struct nfs_tx *) f.app.last)->procedure, 1);
	assert_int_equal(f.app.last->events, 0);
	fake_gap(&f, TO_SERVER, 1);
	assert_true(f.lost[TO_SERVER]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	struct span s = ex(0, 0, LOOKUP).bytes, u = span_skip(s, 4);

	assert_int_equal(protocol_nfs.probe(s, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_nfs.probe(u, TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_nfs.probe(u, TO_CLIENT, APP_UDP), PROBE_REVERSED);
	assert_int_equal(protocol_nfs.probe(span_head(s, 14), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_nfs.probe(ex(1, 0, LOOKUP_OK).bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	bytes[0][19] = 0xa0; /* another program */
	assert_int_equal(protocol_nfs.probe(s, TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_nfs.probe(SPAN_LIT("GET / HTTP/1.1\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_exchange), cmocka_unit_test(test_file), cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
