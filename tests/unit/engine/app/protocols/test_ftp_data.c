/*
 * test_ftp_data - a transfer announced on the control connection: its file, its name, the direction of its command.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_ftp_data;

static void
test_transfer(void **state)
{
	struct fake f;
	struct span s;
	uint64_t v;
	char log[256];

	fake_begin(&f, &protocol_ftp_data);
	protocol_ftp_data.expected(&f.app, f.app.state, SPAN_LIT("Ra.exe"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("MZ"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\x90"));
	assert_string_equal(fake_log(&f, f.app.first, log, sizeof(log)), "{\"filename\":\"a.exe\",\"command\":\"RETR\"}");
	assert_true(fake_field(&protocol_ftp_data, "file.name")->bytes(f.app.first, TO_CLIENT, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("a.exe")));
	assert_false(fake_field(&protocol_ftp_data, "file.name")->bytes(f.app.first, TO_SERVER, 0, NULL, &s));
	assert_true(fake_field(&protocol_ftp_data, "ftpdata_command")->number(f.app.first, TO_CLIENT, 0, &v));
	assert_int_equal(v, 1);
	assert_false(fake_field(&protocol_ftp_data, "ftpdata_command")->number(f.app.first, TO_SERVER, 0, &v));
	assert_true(span_eq(bytes_span(&fake_field(&protocol_ftp_data, "file.data")->body(f.app.first, TO_CLIENT)->data), SPAN_LIT("MZ\x90")));
	fake_eof(&f);
	assert_int_equal(f.app.first->progress[TO_CLIENT], 1);
	assert_null(f.app.first->next);
	fake_end(&f);
}

/* A listing is a transfer, but no file. */
static void
test_listing(void **state)
{
	struct fake f;
	struct app_file file;
	uint64_t v;
	char log[64];

	fake_begin(&f, &protocol_ftp_data);
	protocol_ftp_data.expected(&f.app, f.app.state, SPAN_LIT("L"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("a.exe\r\n"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("b.exe\r\n"));
	assert_string_equal(fake_log(&f, f.app.first, log, sizeof(log)), "{}");
	assert_false(protocol_ftp_data.file(f.app.first, TO_CLIENT, 0, &file));
	assert_false(fake_field(&protocol_ftp_data, "ftpdata_command")->number(f.app.first, TO_CLIENT, 0, &v));
	fake_eof(&f);
	assert_int_equal(f.app.first->progress[TO_CLIENT], 1);
	assert_null(f.app.first->next);
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_transfer), cmocka_unit_test(test_listing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
