/*
 * test_ftp - commands, replies of one and several lines, data ports; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_ftp, protocol_tls;

static void
test_log(void **state)
{
	struct exchange x[] = {
		{ TO_CLIENT, SPAN_LIT("220-plant FTP\r\nhello\r\n220 ready\r\n") },
		{ TO_SERVER, SPAN_LIT("USER anna\r\n") },
		{ TO_CLIENT, SPAN_LIT("331 password\r\n") },
		{ TO_SERVER, SPAN_LIT("PORT 10,0,0,1,4,210\r\nPASV\r\nRETR a b.txt\r\n") },
		{ TO_CLIENT, SPAN_LIT("200 ok\r\n227 Entering Passive Mode (10,0,0,2,195,80).\r\n150 opening\r\n226 done\r\n") },
	};

	assert_string_equal(fake_run_all_cuts(&protocol_ftp, x, 5),
	    "{\"completion_code\":[\"220\",\"220\"],\"reply\":[\"plant FTP\",\"hello\",\"ready\"],\"reply_received\":\"yes\",\"reply_truncated\":false} 0 1 0\n"
	    "{\"command\":\"USER\",\"command_data\":\"anna\",\"command_truncated\":false,\"completion_code\":[\"331\"],\"reply\":[\"password\"],"
	    "\"reply_received\":\"yes\",\"reply_truncated\":false} 1 1 0\n"
	    "{\"command\":\"PORT\",\"command_data\":\"10,0,0,1,4,210\",\"command_truncated\":false,\"completion_code\":[\"200\"],\"reply\":[\"ok\"],"
	    "\"dynamic_port\":1234,\"mode\":\"active\",\"reply_received\":\"yes\",\"reply_truncated\":false} 1 1 0\n"
	    "{\"command\":\"PASV\",\"command_truncated\":false,\"completion_code\":[\"227\"],\"reply\":[\"Entering Passive Mode (10,0,0,2,195,80).\"],"
	    "\"dynamic_port\":50000,\"mode\":\"passive\",\"reply_received\":\"yes\",\"reply_truncated\":false} 1 1 0\n"
	    "{\"command\":\"RETR\",\"command_data\":\"a b.txt\",\"command_truncated\":false,\"completion_code\":[\"150\",\"226\"],"
	    "\"reply\":[\"opening\",\"done\"],\"reply_received\":\"yes\",\"reply_truncated\":false} 1 1 0\n");
}

static void
test_turns(void **state)
{
	struct fake f;
	uint64_t v;

	fake_begin(&f, &protocol_ftp);
	fake_feed(&f, TO_SERVER, SPAN_LIT("EPSV\r\nAUTH TLS\r\n"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("229 Entering Extended Passive Mode (|||6446|)\r\n"));
	assert_true(fake_field(&protocol_ftp, "ftp.dynamic_port")->number(f.app.first, 1, 0, &v));
	assert_int_equal(v, 6446);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("234 go\r\n"));
	assert_ptr_equal(f.app.upgrade, &protocol_tls);
	fake_end(&f);
}

/* Commands by the thousand that nobody answers: an event of the oldest, and no more is read. */
static void
test_many(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_ftp);
	for (unsigned i = 0; i < 1024; i++)
		fake_feed(&f, TO_SERVER, SPAN_LIT("NOOP\r\n"));
	assert_false(f.lost[TO_SERVER]);
	assert_int_equal(f.app.first->events, 0);
	fake_feed(&f, TO_SERVER, SPAN_LIT("NOOP\r\nNOOP\r\n"));
	assert_true(f.lost[TO_SERVER]);
	assert_int_equal(f.app.first->events, 1 << 2);
	assert_int_equal(f.app.last->id, 1023);
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
