/*
 * test_stream - the states of a TCP session: what belongs to it, what does not, and the events told.
 */
#include "script.h"

static void
test_simple(void **state)
{
	(void) state;
	begin();
	handshake();
	assert_true(last.flags & PACKET_STREAM_EST);
	seg(TO_SERVER, TCP_ACK | TCP_PSH, 1, 1, "GET /");
	assert_true(last.flags & PACKET_STREAM_ADDED);
	expect(TO_SERVER, "");
	seg(TO_CLIENT, TCP_ACK, 1, 6, "200");
	expect(TO_SERVER, "GET /");
	expect(TO_CLIENT, "");
	seg(TO_SERVER, TCP_ACK, 6, 4, "");
	expect(TO_CLIENT, "200");
	assert_int_equal(stream_size(stream, TO_SERVER), 6);
	assert_int_equal(stream_size(stream, TO_CLIENT), 4);
	seg(TO_SERVER, TCP_FIN | TCP_ACK, 6, 4, "");
	assert_int_equal(stream_state(stream), STREAM_CLOSE_WAIT);
	seg(TO_CLIENT, TCP_FIN | TCP_ACK, 4, 7, "");
	assert_int_equal(stream_state(stream), STREAM_LAST_ACK);
	seg(TO_SERVER, TCP_ACK, 7, 5, "");
	assert_int_equal(stream_state(stream), STREAM_CLOSED);
	assert_true(told[0].eof && told[1].eof);
	assert_false(last.any_event);
	assert_int_equal(told[0].gap + told[1].gap, 0);
	end();
}

static void
test_server_closes(void **state)
{
	(void) state;
	begin();
	handshake();
	seg(TO_CLIENT, TCP_FIN | TCP_ACK, 1, 1, "bye");
	assert_int_equal(stream_state(stream), STREAM_FIN_WAIT1);
	seg(TO_SERVER, TCP_ACK, 1, 5, "");
	assert_int_equal(stream_state(stream), STREAM_FIN_WAIT2);
	expect(TO_CLIENT, "bye");
	assert_true(told[TO_CLIENT].eof);
	seg(TO_SERVER, TCP_ACK, 1, 5, "more");
	seg(TO_CLIENT, TCP_ACK, 5, 5, "");
	expect(TO_SERVER, "more");
	seg(TO_SERVER, TCP_FIN | TCP_ACK, 5, 5, "");
	assert_int_equal(stream_state(stream), STREAM_TIME_WAIT);
	seg(TO_CLIENT, TCP_ACK, 5, 6, "");
	assert_int_equal(stream_state(stream), STREAM_CLOSED);
	end();
	/* both at once */
	begin();
	handshake();
	seg(TO_CLIENT, TCP_FIN | TCP_ACK, 1, 1, "");
	seg(TO_SERVER, TCP_FIN | TCP_ACK, 1, 1, "");
	assert_int_equal(stream_state(stream), STREAM_CLOSING);
	seg(TO_SERVER, TCP_ACK, 2, 2, "");
	assert_int_equal(stream_state(stream), STREAM_TIME_WAIT);
	seg(TO_CLIENT, TCP_SYN, 0, 0, "");
	assert_true(event(EV_STREAM_SHUTDOWN_SYN_RESEND));
	end();
}

static void
test_no_session(void **state)
{
	(void) state;
	begin();
	seg(TO_SERVER, TCP_RST, 5, 0, "");
	assert_true(event(EV_STREAM_RST_BUT_NO_SESSION));
	seg(TO_SERVER, TCP_FIN | TCP_ACK, 5, 0, "");
	assert_true(event(EV_STREAM_FIN_BUT_NO_SESSION));
	seg(TO_SERVER, TCP_SYN | TCP_FIN, 5, 0, "");
	assert_true(event(EV_STREAM_FIN_SYN));
	seg(TO_SERVER, TCP_ACK, 5, 0, "data");
	assert_null(stream);
	assert_false(last.flags & PACKET_STREAM_ADDED);
	seg(TO_SERVER, TCP_SYN | TCP_ACK, 0, 0, "");
	assert_null(stream);
	make(TO_SERVER, TCP_PSH, 0, 0, SPAN_NONE);
	last.tcp.ack = 7;
	push();
	assert_true(event(EV_STREAM_PKT_BROKEN_ACK));
	end();
}

static void
test_handshake_events(void **state)
{
	(void) state;
	begin();
	seg(TO_SERVER, TCP_SYN, 0, 0, "");
	seg(TO_SERVER, TCP_SYN | TCP_ACK, 0, 0, "");
	assert_true(event(EV_STREAM_3WHS_SYNACK_IN_WRONG_DIRECTION));
	assert_true(last.flags & PACKET_STREAM_BAD);
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 9, "");
	assert_true(event(EV_STREAM_3WHS_SYNACK_WITH_WRONG_ACK));
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 1, "");
	assert_int_equal(stream_state(stream), STREAM_SYN_RECV);
	seg(TO_SERVER, TCP_SYN | TCP_ACK, 0, 1, "");
	assert_true(event(EV_STREAM_3WHS_SYNACK_TOSERVER_ON_SYN_RECV));
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 7, "");
	assert_true(event(EV_STREAM_3WHS_SYNACK_RESEND_WITH_DIFFERENT_ACK));
	seg(TO_CLIENT, TCP_SYN, 0, 0, "");
	assert_true(event(EV_STREAM_3WHS_SYN_TOCLIENT_ON_SYN_RECV));
	seg(TO_SERVER, TCP_SYN, 3, 0, "");
	assert_true(event(EV_STREAM_3WHS_SYN_RESEND_DIFF_SEQ_ON_SYN_RECV));
	seg(TO_CLIENT, TCP_ACK, 1, 1, "");
	assert_true(event(EV_STREAM_3WHS_ACK_IN_WRONG_DIR));
	seg(TO_SERVER, TCP_ACK, 1, 100000, "");
	assert_true(event(EV_STREAM_3WHS_RIGHT_SEQ_WRONG_ACK_EVASION));
	seg(TO_SERVER, TCP_ACK, 100000, 100000, "");
	assert_true(event(EV_STREAM_3WHS_WRONG_SEQ_WRONG_ACK));
	/* a second SYN/ACK with another number, and the ACK takes that one */
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 500, 1, "");
	assert_true(event(EV_STREAM_3WHS_SYNACK_RESEND_WITH_DIFF_SEQ));
	seg(TO_SERVER, TCP_ACK, 1, 501, "");
	assert_int_equal(stream_state(stream), STREAM_ESTABLISHED);
	seg(TO_CLIENT, TCP_ACK, 501, 1, "hi");
	seg(TO_SERVER, TCP_ACK, 1, 503, "");
	expect(TO_CLIENT, "hi");
	end();
}

static void
test_established_events(void **state)
{
	(void) state;
	begin();
	handshake();
	seg(TO_SERVER, TCP_SYN, 0, 0, "");
	assert_true(event(EV_STREAM_EST_SYN_RESEND));
	seg(TO_SERVER, TCP_SYN, 9, 0, "");
	assert_true(event(EV_STREAM_EST_SYN_RESEND_DIFF_SEQ));
	seg(TO_CLIENT, TCP_SYN, 0, 0, "");
	assert_true(event(EV_STREAM_EST_SYN_TOCLIENT));
	seg(TO_SERVER, TCP_SYN | TCP_ACK, 0, 1, "");
	assert_true(event(EV_STREAM_EST_SYNACK_TOSERVER));
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 2, "");
	assert_true(event(EV_STREAM_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK));
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 3, 1, "");
	assert_true(event(EV_STREAM_EST_SYNACK_RESEND_WITH_DIFF_SEQ));
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 1, "");
	assert_false(last.any_event);
	seg(TO_SERVER, TCP_ACK, 1, 200000, "");
	assert_true(event(EV_STREAM_EST_INVALID_ACK) && event(EV_STREAM_PKT_INVALID_ACK));
	seg(TO_SERVER, TCP_ACK, 100000, 1, "far out");
	assert_true(event(EV_STREAM_EST_PACKET_OUT_OF_WINDOW));
	seg(TO_SERVER, TCP_ACK, 1, 1, "abcdef");
	seg(TO_CLIENT, TCP_ACK, 1, 7, "");
	seg(TO_SERVER, TCP_ACK, 1, 1, "abcdef");
	assert_true(event(EV_STREAM_PKT_SPURIOUS_RETRANSMISSION));
	assert_true(last.flags & PACKET_RETRANSMIT);
	seg(TO_SERVER, TCP_FIN | TCP_ACK, 200000, 1, "");
	assert_true(event(EV_STREAM_FIN_OUT_OF_WINDOW));
	/* keep-alive and its answer change nothing */
	seg(TO_SERVER, TCP_ACK, 6, 1, "");
	seg(TO_CLIENT, TCP_ACK, 1, 7, "");
	assert_false(last.any_event);
	assert_int_equal(stream_size(stream, TO_SERVER), 7);
	expect(TO_SERVER, "abcdef");
	end();
}

static void
test_reset(void **state)
{
	(void) state;
	begin();
	handshake();
	seg(TO_SERVER, TCP_ACK, 1, 1, "held");
	seg(TO_CLIENT, TCP_RST, 77, 0, "");
	assert_int_equal(stream_state(stream), STREAM_ESTABLISHED);
	assert_true(last.flags & PACKET_STREAM_BAD);
	seg(TO_CLIENT, TCP_RST, 1, 0, "");
	assert_int_equal(stream_state(stream), STREAM_CLOSED);
	expect(TO_SERVER, "");
	assert_true(stream_wants_flush(stream, TO_SERVER));
	seg(TO_CLIENT, TCP_ACK, 1, 1, "x");
	seg(TO_SERVER, TCP_ACK, 5, 1, "");
	assert_true(event(EV_STREAM_SUSPECTED_RST_INJECT));
	stream_flush(engine, stream);
	collect();
	expect(TO_SERVER, "held");
	assert_true(told[TO_SERVER].eof && told[TO_SERVER].gap == 0);
	/* RST against a SYN */
	stream_clear(engine, &stream);
	told[0].eof = told[1].eof = false;
	told[0].n = told[1].n = 0;
	seg(TO_SERVER, TCP_SYN, 0, 0, "");
	seg(TO_CLIENT, TCP_RST | TCP_ACK, 0, 1, "");
	assert_int_equal(stream_state(stream), STREAM_CLOSED);
	end();
}

static void
test_midstream(void **state)
{
	struct stream_conf c = conf_default();

	(void) state;
	c.midstream = true;
	begin_with(&c);
	seg(TO_SERVER, TCP_ACK, 500, 700, "middle");
	assert_true(stream_is_midstream(stream) && stream_established(stream));
	assert_true(last.flags & PACKET_STREAM_EST);
	seg(TO_CLIENT, TCP_ACK, 700, 506, "answer");
	expect(TO_SERVER, "middle");
	seg(TO_SERVER, TCP_ACK, 506, 706, "");
	expect(TO_CLIENT, "answer");
	stream_clear(engine, &stream);
	told[0].n = told[1].n = 0;
	/* SYN/ACK first: the flow thought its sender to be the client */
	make(TO_SERVER, TCP_SYN | TCP_ACK, 0, 1, SPAN_NONE);
	push();
	assert_true(swapped);
	assert_int_equal(last.dir, TO_CLIENT);
	isn[TO_CLIENT] = 1000;
	isn[TO_SERVER] = 5000;
	seg(TO_SERVER, TCP_ACK, 1, 1, "");
	seg(TO_SERVER, TCP_ACK, 1, 1, "req");
	seg(TO_CLIENT, TCP_ACK, 1, 4, "");
	isn[TO_CLIENT] = 5000;
	isn[TO_SERVER] = 1000;
	expect(TO_SERVER, "req");
	end();
}

static void
test_async(void **state)
{
	struct stream_conf c = conf_default();

	(void) state;
	c.async_oneside = true;
	begin_with(&c);
	seg(TO_SERVER, TCP_SYN, 0, 0, "");
	seg(TO_SERVER, TCP_ACK, 1, 1, "");
	assert_true(stream_established(stream));
	seg(TO_SERVER, TCP_ACK, 1, 1, "one");
	expect(TO_SERVER, "one");
	seg(TO_SERVER, TCP_ACK, 4, 90, "two");
	seg(TO_SERVER, TCP_ACK, 10, 90, "three");
	expect(TO_SERVER, "onetwo???three");
	seg(TO_SERVER, TCP_FIN | TCP_ACK, 15, 90, "");
	assert_true(told[TO_SERVER].eof);
	stream_clear(engine, &stream);
	seg(TO_SERVER, TCP_SYN, 0, 0, "");
	seg(TO_SERVER, TCP_ACK, 2, 1, "");
	assert_true(event(EV_STREAM_3WHS_ASYNC_WRONG_SEQ));
	end();
}

static void
test_fast_open(void **state)
{
	(void) state;
	begin();
	make(TO_SERVER, TCP_SYN, 0, 0, SPAN_LIT("early"));
	last.tcp.fast_open = true;
	push();
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 6, "");
	expect(TO_SERVER, "early");
	seg(TO_SERVER, TCP_ACK, 6, 1, " late");
	seg(TO_CLIENT, TCP_ACK, 1, 11, "");
	expect(TO_SERVER, "early late");
	stream_clear(engine, &stream);
	told[0].n = 0;
	/* the server did not take the data */
	make(TO_SERVER, TCP_SYN, 0, 0, SPAN_LIT("early"));
	last.tcp.fast_open = true;
	push();
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 1, "");
	assert_true(event(EV_STREAM_3WHS_SYNACK_TFO_DATA_IGNORED));
	seg(TO_SERVER, TCP_ACK, 1, 1, "again");
	seg(TO_CLIENT, TCP_ACK, 1, 6, "");
	expect(TO_SERVER, "again");
	end();
}

static void
test_split_handshake(void **state)
{
	(void) state;
	begin();
	seg(TO_SERVER, TCP_SYN, 0, 0, "");
	seg(TO_CLIENT, TCP_SYN, 0, 0, "");
	seg(TO_SERVER, TCP_SYN | TCP_ACK, 0, 2, "");
	assert_true(event(EV_STREAM_4WHS_SYNACK_WITH_WRONG_ACK));
	seg(TO_SERVER, TCP_SYN | TCP_ACK, 1, 1, "");
	assert_true(event(EV_STREAM_4WHS_SYNACK_WITH_WRONG_SYN));
	seg(TO_SERVER, TCP_SYN | TCP_ACK, 0, 1, "");
	seg(TO_CLIENT, TCP_ACK, 3, 1, "");
	assert_true(event(EV_STREAM_4WHS_WRONG_SEQ));
	seg(TO_CLIENT, TCP_ACK, 1, 1, "");
	assert_int_equal(stream_state(stream), STREAM_ESTABLISHED);
	seg(TO_SERVER, TCP_ACK, 1, 1, "EVIL");
	seg(TO_CLIENT, TCP_ACK, 1, 5, "");
	expect(TO_SERVER, "EVIL");
	end();
}

static void
timed(int dir, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t ts, const char *data)
{
	make(dir, flags, seq, ack, span_str(data));
	last.tcp.has_ts = true;
	last.tcp.tsval = ts;
	push();
}

static void
test_timestamps(void **state)
{
	(void) state;
	begin();
	timed(TO_SERVER, TCP_SYN, 0, 0, 100, "");
	make(TO_CLIENT, TCP_RST | TCP_ACK, 0, 1, SPAN_NONE);
	last.tcp.has_ts = true;
	last.tcp.tsecr = 99; /* forged: the SYN said 100 */
	push();
	assert_true(event(EV_STREAM_PKT_INVALID_TIMESTAMP));
	assert_int_equal(stream_state(stream), STREAM_SYN_SENT);
	timed(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 1, 900, "");
	timed(TO_SERVER, TCP_ACK, 1, 1, 101, "");
	timed(TO_SERVER, TCP_ACK, 1, 1, 50, "old");
	assert_true(event(EV_STREAM_PKT_INVALID_TIMESTAMP));
	assert_true(last.flags & PACKET_STREAM_BAD);
	timed(TO_SERVER, TCP_ACK, 1, 1, 102, "new");
	timed(TO_CLIENT, TCP_ACK, 1, 4, 901, "");
	expect(TO_SERVER, "new");
	now += INT64_C(30) * 24 * 3600 * 1000000000;
	timed(TO_SERVER, TCP_ACK, 4, 1, 2, "er");
	assert_false(last.any_event);
	end();
}

static void
test_window_scale(void **state)
{
	char big[3001];

	(void) state;
	memset(big, 'w', 3000);
	big[3000] = 0;
	begin();
	make(TO_SERVER, TCP_SYN, 0, 0, SPAN_NONE);
	last.tcp.wscale = 7;
	push();
	make(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 1, SPAN_NONE);
	last.tcp.wscale = 3;
	last.tcp.window = 1000;
	push();
	make(TO_SERVER, TCP_ACK, 1, 1, SPAN_NONE);
	last.tcp.window = 10;
	push();
	/* the window in the SYN/ACK is not scaled, later ones are */
	seg(TO_SERVER, TCP_ACK, 1, 1, big);
	assert_true(event(EV_STREAM_EST_PACKET_OUT_OF_WINDOW));
	make(TO_CLIENT, TCP_ACK, 1, 1, SPAN_NONE);
	last.tcp.window = 1000;
	push();
	seg(TO_SERVER, TCP_ACK, 1, 1, big);
	assert_false(last.any_event);
	end();
}

static void
test_reuse(void **state)
{
	(void) state;
	begin();
	handshake();
	make(TO_SERVER, TCP_SYN, 90, 0, SPAN_NONE);
	assert_false(stream_reuse(stream, &last, TO_SERVER));
	seg(TO_CLIENT, TCP_RST, 1, 0, "");
	make(TO_SERVER, TCP_SYN, 0, 0, SPAN_NONE);
	assert_false(stream_reuse(stream, &last, TO_SERVER));
	make(TO_SERVER, TCP_SYN, 90, 0, SPAN_NONE);
	assert_true(stream_reuse(stream, &last, TO_SERVER));
	last.tcp.flags = TCP_ACK;
	assert_false(stream_reuse(stream, &last, TO_SERVER));
	end();
}

/* A session that is over takes less, and what comes late finds it as it was. */
static void
test_settled(void **state)
{
	struct stream_conf c = conf_default();
	size_t running;

	(void) state;
	c.raw = false; /* or the bytes would wait to be looked at */
	begin_with(&c);
	handshake();
	seg(TO_SERVER, TCP_ACK | TCP_PSH, 1, 1, "GET /");
	seg(TO_CLIENT, TCP_ACK, 1, 6, "200");
	seg(TO_SERVER, TCP_FIN | TCP_ACK, 6, 4, "");
	stream_settle(engine, &stream);
	running = streams_memory(engine);
	seg(TO_CLIENT, TCP_FIN | TCP_ACK, 4, 7, "");
	seg(TO_SERVER, TCP_ACK, 7, 5, "");
	assert_int_equal(stream_state(stream), STREAM_CLOSED);
	stream_settle(engine, &stream);
	assert_true(streams_memory(engine) * 2 < running);
	assert_int_equal(streams_memory(engine), pool_used(pool));
	make(TO_SERVER, TCP_SYN, 0, 0, SPAN_NONE);
	assert_false(stream_reuse(stream, &last, TO_SERVER));
	make(TO_SERVER, TCP_SYN, 77, 0, SPAN_NONE);
	assert_true(stream_reuse(stream, &last, TO_SERVER));
	stream_wake(engine, &stream);
	assert_int_equal(stream_state(stream), STREAM_CLOSED);
	assert_int_equal(stream_size(stream, TO_SERVER), 7); /* the FIN counts */
	assert_int_equal(stream_size(stream, TO_CLIENT), 5);
	assert_false(stream_wants_flush(stream, TO_SERVER) || stream_wants_flush(stream, TO_CLIENT));
	seg(TO_SERVER, TCP_ACK | TCP_PSH, 1, 4, "GET /"); /* again */
	assert_true(last.flags & PACKET_RETRANSMIT);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_server_closes),
		cmocka_unit_test(test_no_session),
		cmocka_unit_test(test_handshake_events),
		cmocka_unit_test(test_established_events),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_async),
		cmocka_unit_test(test_fast_open),
		cmocka_unit_test(test_split_handshake),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_window_scale),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
