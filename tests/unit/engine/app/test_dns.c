#include "drive.h"

#include "engine/app/protocols/dns.h"

#define QUERY "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07" "Example\x03org\x00\x00\x01\x00\x01"
#define ANSWER                                                                                                 \
	"\x12\x34\x81\x80\x00\x01\x00\x04\x00\x00\x00\x01\x03www\x07" "Example\x03org\x00\x00\x01\x00\x01"     \
	"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01" "a\xc0\x10"                                     \
	"\xc0\x2d\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"                                     \
	"\xc0\x2d\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x06\x02hi\x02yo"                                         \
	"\xc0\x2d\x00\x1c\x00\x01\x00\x00\x00\x3c\x00\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"           \
	"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"

static void
check_exchange(struct drive *d)
{
	assert_string_equal(app_name(d->app), "dns");
	drive_is(d, 0, "dns.query", TO_SERVER, 0, "www.Example.org");
	drive_is(d, 0, "dns.query", TO_SERVER, 1, NULL);
	drive_number(d, 0, "dns.rrtype", TO_SERVER, 0, 1);
	drive_has(d, 0, "{\"version\":3,\"type\":\"request\",\"tx_id\":0,\"id\":4660,\"flags\":\"100\",\"rd\":true,"
			"\"opcode\":0,\"rcode\":\"NOERROR\",\"queries\":[{\"rrname\":\"www.Example.org\",\"rrtype\":\"A\"}]}");
	drive_is(d, 1, "dns.answers.rrname", TO_CLIENT, 1, "a.Example.org");
	drive_is(d, 1, "dns.response.rrname", TO_CLIENT, 3, "a.Example.org");
	drive_number(d, 1, "dns.rrtype", TO_CLIENT, 3, 28);
	drive_has(d, 1, "{\"rrname\":\"www.Example.org\",\"rrtype\":\"CNAME\",\"ttl\":60,\"rdata\":\"a.Example.org\"}");
	drive_has(d, 1, "\"grouped\":{\"A\":[\"192.0.2.1\"],\"CNAME\":[\"a.Example.org\"],\"TXT\":[\"hi\",\"yo\"],"
			"\"AAAA\":[\"2001:0db8:0000:0000:0000:0000:0000:0001\"]}");
	drive_has(d, 1, "\"rdata\":\"hi\"},{");
	assert_true(tx_final(d->app, drive_tx(d, 0), 0) && tx_final(d->app, drive_tx(d, 0), 1));
	assert_int_equal(d->facts.requests, 1);
	assert_int_equal(d->facts.responses, 1);
}

static void
over_udp(void **state)
{
	static const uint16_t ports[] = { 53, 5555 };

	for (unsigned i = 0; i < 2; i++) {
		struct drive d;

		drive_begin(&d, 17, ports[i]);
		drive_feed(&d, TO_SERVER, SPAN_LIT(QUERY), 0);
		drive_feed(&d, TO_CLIENT, SPAN_LIT(ANSWER), 0);
		check_exchange(&d);
		drive_end(&d);
		drive_clear(&d);
	}
}

static void
over_tcp(void **state)
{
	static const uint16_t ports[] = { 53, 5555 };
	uint8_t q[2 + sizeof(QUERY) - 1] = { 0, sizeof(QUERY) - 1 }, r[2 + sizeof(ANSWER) - 1] = { 0, sizeof(ANSWER) - 1 };

	memcpy(q + 2, QUERY, sizeof(QUERY) - 1);
	memcpy(r + 2, ANSWER, sizeof(ANSWER) - 1);
	for (unsigned i = 0; i < 2; i++)
		for (uint32_t step = 0; step < 60; step++) {
			struct drive d;

			drive_begin(&d, 6, ports[i]);
			drive_feed(&d, TO_SERVER, span_of(q, sizeof(q)), step);
			drive_feed(&d, TO_CLIENT, span_of(r, sizeof(r)), step);
			check_exchange(&d);
			drive_end(&d);
			drive_clear(&d);
		}
}

static void
answer_first(void **state)
{
	struct drive d;

	drive_begin(&d, 17, 40001);
	d.p.sport = 53;
	drive_feed(&d, TO_SERVER, SPAN_LIT(ANSWER), 0);
	assert_true(d.app->reversed);
	drive_is(&d, 0, "dns.answers.rrname", TO_CLIENT, 1, "a.Example.org");
	drive_end(&d);
	drive_clear(&d);
}

/* Same format, another protocol. */
static void
not_dns(void **state)
{
	static const struct span others[] = {
		SPAN_LIT("\0\0\0\0\0\x01\0\0\0\0\0\0\x04_ipp\x04_tcp\x05local\0\0\x0c\0\x01"),             /* mDNS */
		SPAN_LIT("\x3c\x1e\0\0\0\x01\0\0\0\0\0\0\x04host\0\0\x01\0\x01"),                          /* LLMNR */
		SPAN_LIT("\x9a\x01\x01\x10\0\x01\0\0\0\0\0\0\x20" "EBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEB\0\0\x20\0\x01"), /* NBNS */
	};

	for (unsigned i = 0; i < 3; i++) {
		struct drive d;

		drive_begin(&d, 17, 5355);
		drive_feed(&d, TO_SERVER, others[i], 0);
		assert_null(d.app->proto);
		drive_clear(&d);
	}
}

#define MDNS_QUERY "\0\0\0\0\0\x02\0\0\0\0\0\0\x04_ipp\x04_tcp\x05local\0\0\x0c\x80\x01\xc0\x0c\0\x21\0\x01"
#define MDNS_ANSWER                                                                                                         \
	"\0\0\x84\0\0\0\0\x01\0\0\0\x01\x04_ipp\x04_tcp\x05local\0\0\x0c\0\x01\0\0\0\x78\0\x06\x03" "lp\xe9\xc0\x0c" \
	"\xc0\x27\0\x21\x80\x01\0\0\0\x78\0\x0b\0\0\0\0\x02\x77\x02pi\xc0\x16"

/* Known by its port; several questions, answers without one, nobody who must be client or server. */
static void
multicast(void **state)
{
	struct drive d;

	drive_begin(&d, 17, 5353);
	drive_feed(&d, TO_SERVER, SPAN_LIT(MDNS_ANSWER), 0);
	drive_feed(&d, TO_SERVER, SPAN_LIT(MDNS_QUERY), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT(MDNS_ANSWER), 0);
	assert_string_equal(app_name(d.app), "mdns");
	assert_false(d.app->reversed);
	drive_is(&d, 0, "mdns.answers.rrname", TO_SERVER, 0, "_ipp._tcp.local");
	drive_is(&d, 0, "mdns.response.rrname", TO_SERVER, 1, "lp\xe9._ipp._tcp.local");
	drive_is(&d, 0, "mdns.response.rrname", TO_SERVER, 3, "");
	drive_is(&d, 0, "mdns.additionals.rrname", TO_SERVER, 0, "lp\xe9._ipp._tcp.local");
	drive_is(&d, 0, "mdns.queries.rrname", TO_SERVER, 0, NULL);
	drive_is(&d, 1, "mdns.queries.rrname", TO_SERVER, 1, "_ipp._tcp.local");
	drive_is(&d, 1, "mdns.response.rrname", TO_SERVER, 0, NULL);
	drive_has(&d, 1, "{\"type\":\"request\",\"id\":0,\"flags\":\"0\",\"opcode\":0,\"rcode\":\"NOERROR\",\"queries\":["
			 "{\"rrname\":\"_ipp._tcp.local\",\"rrtype\":\"PTR\"},{\"rrname\":\"_ipp._tcp.local\",\"rrtype\":\"SRV\"}]}");
	drive_has(&d, 2, "\"rdata\":\"lp\\\\xe9._ipp._tcp.local\"");
	drive_has(&d, 2, "\"srv\":{\"priority\":0,\"weight\":0,\"port\":631,\"name\":\"pi.local\"}");
	drive_feed(&d, TO_SERVER, SPAN_LIT("\0\0\0\0\0\x02\0\0\0\0\0\0\x04_ipp"), 0);
	assert_true(drive_event(&d, 2, "malformed_data"));
	drive_end(&d);
	drive_clear(&d);
}

/* What the configuration leaves out, and the older shape. */
static void
records(void **state)
{
	static const struct {
		const char *set[2];
		const char *query, *answer; /* pieces; NULL: no record */
		const char *without;        /* is not in the answer's */
	} t[] = {
		{ { "version=2", NULL }, "{\"type\":\"query\",\"id\":4660,\"rrname\":\"www.Example.org\",\"rrtype\":\"A\",\"tx_id\":0,\"opcode\":0}",
		    "{\"version\":2,\"type\":\"answer\",\"id\":4660,\"flags\":\"8180\",", "additionals" },
		{ { "requests=no", "formats.0=grouped" }, NULL, "\"grouped\":{", "answers" },
		{ { "responses=no", "types.0=a" }, "\"type\":\"request\"", NULL, NULL },
		{ { "types.0=aaaa", "types.1=Txt" }, NULL, NULL, NULL },
		{ { "formats.0=detailed", NULL }, "\"type\":\"request\"", "\"answers\":[", "grouped" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct conf *c = conf_new();
		struct drive d;
		struct diag diag;
		char key[100];

		diag_init(&diag, 0);
		for (unsigned k = 0; k < 2 && t[i].set[k]; k++) {
			snprintf(key, sizeof(key), "outputs.0.eve-log.types.0.dns.%s", t[i].set[k]);
			assert_int_equal(conf_set(c, key, &diag), 0);
		}
		drive_begin_conf(&d, 17, 53, c);
		drive_feed(&d, TO_SERVER, SPAN_LIT(QUERY), 0);
		drive_feed(&d, TO_CLIENT, SPAN_LIT(ANSWER), 0);
		for (unsigned k = 0; k < 2; k++) {
			const char *piece = k ? t[i].answer : t[i].query;

			assert_int_equal(drive_tx(&d, k)->proto->loggable(drive_tx(&d, k)), piece != NULL);
			if (piece)
				drive_has(&d, k, piece);
		}
		if (t[i].without)
			assert_null(strstr(drive_log(&d, 1), t[i].without));
		drive_end(&d);
		drive_clear(&d);
		diag_clear(&diag);
	}
}

/* A rule that wants no record of a request wants none of the response. */
static void
without_record(void **state)
{
	struct drive d;

	drive_begin(&d, 17, 53);
	drive_feed(&d, TO_SERVER, SPAN_LIT(QUERY), 0);
	drive_tx(&d, 0)->unlogged = true;
	drive_feed(&d, TO_CLIENT, SPAN_LIT("\x12\x35" "\x81\x80\0\0\0\0\0\0\0\0"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT(ANSWER), 0);
	assert_false(drive_tx(&d, 1)->unlogged);
	assert_true(drive_tx(&d, 2)->unlogged);
	drive_end(&d);
	drive_clear(&d);
}

static void
events(void **state)
{
	struct drive d;

	drive_begin(&d, 17, 53);
	drive_feed(&d, TO_SERVER, SPAN_LIT("\x12\x34\x79\x40\0\x01\0\0\0\0\0\0\x01" "a\0\0\x01\0\x01"), 0);
	assert_true(drive_event(&d, 0, "z_flag_set"));
	assert_true(drive_event(&d, 0, "invalid_opcode"));
	assert_false(drive_event(&d, 0, "malformed_data"));
	drive_feed(&d, TO_SERVER, SPAN_LIT("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x3f" "a\0\0\x01\0\x01"), 0);
	assert_true(drive_event(&d, 0, "malformed_data"));
	drive_feed(&d, TO_SERVER, SPAN_LIT(ANSWER), 0);
	assert_true(drive_event(&d, 0, "not_request"));
	assert_int_equal(d.app->tx_open, 1);
	/* one record more is promised than there is: what came before it counts */
	drive_feed(&d, TO_CLIENT, SPAN_LIT("\x12\x35\x81\x80\0\x01\0\0\0\x01\0\0\x01" "a\0\0\x01\0\x01"), 0);
	assert_true(drive_event(&d, 1, "invalid_authorities"));
	assert_false(drive_event(&d, 1, "malformed_data"));
	drive_feed(&d, TO_CLIENT, SPAN_LIT("\x12\x35\x81\x80\0\x01\0\0\0\0\0\x01\x01" "a\0\0\x01\0\x01"), 0);
	assert_true(drive_event(&d, 2, "invalid_additionals"));
	assert_false(drive_event(&d, 2, "not_response"));
	drive_feed(&d, TO_CLIENT, SPAN_LIT("\x12\x36\x01\0\0\x01\0\0\0\0\0\0\x01" "a\0\0\x01\0\x01"), 0);
	assert_true(drive_event(&d, 3, "not_response"));
	drive_end(&d);
	drive_clear(&d);
}

static void
names(void **state)
{
	static uint8_t msg[4000];
	struct dns_name name;
	uint32_t next = 0;

	/* a pointer to itself */
	msg[0] = 0xc0;
	assert_int_equal(dns_name(span_of(msg, 2), 0, &name, &next), 0);
	assert_true(name.loop && next == 2);
	/* beyond the message */
	msg[1] = 9;
	assert_int_equal(dns_name(span_of(msg, 2), 0, &name, &next), -1);
	/* too long as text */
	for (unsigned i = 0; i < 20; i++) {
		msg[i * 64] = 63;
		memset(msg + i * 64 + 1, 'x', 63);
	}
	assert_int_equal(dns_name(span_of(msg, sizeof(msg)), 0, &name, &next), 0);
	assert_true(name.cut && name.n == DNS_NAME_MAX && next == 20 * 64 + 1);
	/* too many labels */
	for (unsigned i = 0; i < 400; i++)
		memcpy(msg + i * 2, "\x01z", 2);
	msg[800] = 0;
	assert_int_equal(dns_name(span_of(msg, 801), 0, &name, &next), 0);
	assert_true(name.labels && next == 801);
	/* no end */
	assert_int_equal(dns_name(span_of(msg, 800), 0, &name, &next), -1);
}

static void
in_step_after_a_gap(void **state)
{
	uint8_t q[2 + sizeof(QUERY) - 1] = { 0, sizeof(QUERY) - 1 };
	struct drive d;

	memcpy(q + 2, QUERY, sizeof(QUERY) - 1);
	drive_begin(&d, 6, 53);
	drive_feed(&d, TO_SERVER, span_of(q, sizeof(q)), 0);
	drive_feed(&d, TO_SERVER, span_of(q, 9), 0);
	app_gap(d.apps, &d.app, TO_SERVER, 5, &d.p);
	drive_feed(&d, TO_SERVER, SPAN_LIT("the rest of a message that is lost"), 0);
	drive_feed(&d, TO_SERVER, span_of(q, sizeof(q)), 0);
	assert_int_equal(d.app->tx_open, 2);
	drive_end(&d);
	drive_clear(&d);
}

/* Nobody answers, and no packet comes the other way: what was looked at goes all the same. */
static void
never_answered(void **state)
{
	struct drive d;

	drive_begin(&d, 17, 53);
	for (unsigned i = 0; i < 2000; i++) {
		drive_feed(&d, TO_SERVER, SPAN_LIT(QUERY), 0);
		assert_int_equal(d.app->last->id, i);
		d.app->last->logged = d.app->last->done_seen[TO_SERVER] = true;
		app_prune(d.apps, d.app);
	}
	assert_in_range(d.app->tx_open, 1, APP_TX_MANY + 1);
	assert_false(app_crowded(d.app, TO_CLIENT));
	drive_end(&d);
	drive_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_udp),
		cmocka_unit_test(over_tcp),
		cmocka_unit_test(answer_first),
		cmocka_unit_test(not_dns),
		cmocka_unit_test(multicast),
		cmocka_unit_test(records),
		cmocka_unit_test(without_record),
		cmocka_unit_test(events),
		cmocka_unit_test(names),
		cmocka_unit_test(in_step_after_a_gap),
		cmocka_unit_test(never_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
