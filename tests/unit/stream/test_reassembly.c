/*
 * test_reassembly - order, overlaps, gaps, depth, urgent bytes, raw inspection, and that no segmentation changes a string.
 */
#include "script.h"

#define TS TO_SERVER

static void
ack(uint32_t n)
{
	seg(TO_CLIENT, TCP_ACK, 1, n, "");
}

static void
test_out_of_order(void **state)
{
	(void) state;
	begin();
	handshake();
	seg(TS, TCP_ACK, 7, 1, "ghi");
	seg(TS, TCP_ACK, 4, 1, "def");
	ack(1);
	expect(TS, "");
	seg(TS, TCP_ACK, 1, 1, "abc");
	ack(5);
	expect(TS, "abcd");
	ack(10);
	expect(TS, "abcdefghi");
	assert_int_equal(told[TS].gap, 0);
	end();
}

static void
test_gap(void **state)
{
	struct stream_raw raw;

	(void) state;
	begin();
	handshake();
	seg(TS, TCP_ACK, 1, 1, "abc");
	seg(TS, TCP_ACK, 7, 1, "ghi");
	ack(10);
	assert_true(event(EV_STREAM_REASSEMBLY_SEQ_GAP));
	expect(TS, "abc???ghi");
	assert_int_equal(stream_lost(stream, TS), 3);
	/* too late */
	seg(TS, TCP_ACK, 4, 1, "def");
	seg(TS, TCP_ACK, 10, 1, "jkl");
	ack(16);
	/* nothing came after it yet: perhaps the ACK was captured first */
	assert_false(event(EV_STREAM_REASSEMBLY_SEQ_GAP));
	expect(TS, "abc???ghijkl");
	seg(TS, TCP_ACK, 16, 1, "mno");
	assert_true(event(EV_STREAM_REASSEMBLY_SEQ_GAP));
	ack(19);
	assert_false(event(EV_STREAM_REASSEMBLY_SEQ_GAP));
	expect(TS, "abc???ghijkl???mno");
	/* at the start */
	stream_clear(engine, &stream);
	told[TS].n = 0;
	handshake();
	seg(TS, TCP_ACK, 4, 1, "def");
	seg(TS, TCP_ACK, 7, 1, "ghi");
	stream_flush(engine, stream);
	collect();
	/* not acknowledged: no gap, but raw inspection sees it in one piece */
	expect(TS, "");
	assert_true(told[TS].eof);
	last.flags |= PACKET_PSEUDO;
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_true(span_eq(raw.bytes, SPAN_LIT("defghi")));
	stream_raw_done(engine, stream, TS, &raw);
	assert_false(stream_raw(engine, stream, &last, &raw));
	end();
}

/* An acknowledgement that was seen before what it acknowledges. */
static void
test_late_data(void **state)
{
	(void) state;
	begin();
	handshake();
	seg(TS, TCP_ACK, 1, 1, "abc");
	ack(7);
	seg(TS, TCP_ACK, 4, 1, "def");
	expect(TS, "abcdef");
	ack(11);
	seg(TS, TCP_FIN | TCP_ACK, 7, 1, "ghi");
	expect(TS, "abcdefghi");
	assert_true(told[TS].eof);
	end();
}

static enum stream_policy the_policy;

static enum stream_policy
policy_of(void *arg, const struct addr *dst)
{
	(void) arg;
	(void) dst;
	return the_policy;
}

static const char *
overlapped(enum stream_policy policy, bool inside_window)
{
	struct stream_conf c = conf_default();
	static char out[16];

	c.policy_of = policy_of;
	the_policy = policy;
	begin_with(&c);
	handshake();
	if (inside_window)
		seg(TS, TCP_ACK, 1, 1, "aaa");
	/* same place, longer; before; after; same place and length */
	seg(TS, TCP_ACK, 4, 1, "111");
	seg(TS, TCP_ACK, 7, 1, "222");
	seg(TS, TCP_ACK, 4, 1, "333");
	assert_true(event(EV_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
	seg(TS, TCP_ACK, 6, 1, "44");
	assert_true(event(EV_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
	seg(TS, TCP_ACK, 7, 1, "5555");
	if (!inside_window)
		seg(TS, TCP_ACK, 1, 1, "aaa");
	ack(11);
	assert_int_equal(told[TS].n, 10);
	memcpy(out, told[TS].bytes, 10);
	out[10] = 0;
	end();
	return out;
}

static void
test_overlaps(void **state)
{
	static const struct {
		enum stream_policy policy;
		const char *want;
	} rows[] = {
		{ STREAM_FIRST, "aaa1112225" },
		{ STREAM_VISTA, "aaa1112225" },
		{ STREAM_LAST, "aaa3345555" },
		{ STREAM_BSD, "aaa1114225" },
		{ STREAM_WINDOWS, "aaa1114225" },
		{ STREAM_LINUX, "aaa1115555" },
		{ STREAM_OLD_LINUX, "aaa3335555" },
		{ STREAM_SOLARIS, "aaa3345555" },
		{ STREAM_HPUX11, "aaa3345555" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int window = 0; window < 2; window++)
			assert_string_equal(overlapped(rows[i].policy, window), rows[i].want);
}

static void
test_depth(void **state)
{
	struct stream_conf c = conf_default();

	(void) state;
	c.depth = 5;
	begin_with(&c);
	handshake();
	seg(TS, TCP_ACK, 1, 1, "abc");
	seg(TS, TCP_ACK, 4, 1, "def");
	assert_true(event(EV_STREAM_REASSEMBLY_DEPTH_REACHED));
	ack(7);
	expect(TS, "abcde");
	assert_true(told[TS].eof);
	seg(TS, TCP_ACK, 7, 1, "ghi");
	assert_false(event(EV_STREAM_REASSEMBLY_DEPTH_REACHED));
	ack(10);
	expect(TS, "abcde");
	end();
}

static void
test_inline(void **state)
{
	struct stream_conf c = conf_default();
	struct stream_raw raw;

	(void) state;
	c.inline_mode = true;
	begin_with(&c);
	handshake();
	seg(TS, TCP_ACK, 1, 1, "abc");
	expect(TS, "abc");
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_int_equal(raw.fresh, 3);
	stream_raw_done(engine, stream, TS, &raw);
	assert_false(stream_raw(engine, stream, &last, &raw));
	seg(TS, TCP_ACK, 1, 1, "xyzdef");
	assert_true(event(EV_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
	expect(TS, "abcdef");
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_int_equal(raw.fresh, 3);
	assert_true(span_eq(raw.bytes, SPAN_LIT("abcdef")));
	assert_int_equal(raw.offset, 0);
	end();
}

static void
test_raw(void **state)
{
	char big[2001];
	struct stream_raw raw;

	(void) state;
	memset(big, 'r', 2000);
	big[2000] = 0;
	begin();
	handshake();
	seg(TS, TCP_ACK, 1, 1, big);
	ack(2001);
	seg(TS, TCP_ACK, 2001, 1, big);
	assert_false(stream_raw(engine, stream, &last, &raw)); /* less than a chunk */
	ack(4001);
	seg(TS, TCP_ACK, 4001, 1, "end");
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_int_equal(raw.bytes.n, 4000);
	assert_int_equal(raw.fresh, 4000);
	stream_raw_done(engine, stream, TS, &raw);
	assert_false(stream_raw(engine, stream, &last, &raw));
	ack(4004);
	stream_raw_trigger(stream, TS);
	seg(TS, TCP_ACK, 4004, 1, "x");
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_int_equal(raw.bytes.n, 3);
	assert_int_equal(raw.offset, 4000);
	stream_raw_done(engine, stream, TS, &raw);
	/* a pseudo packet sees what nobody acknowledged */
	last.flags |= PACKET_PSEUDO;
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_true(span_eq(raw.bytes, SPAN_LIT("x")));
	/* a gap: first what was before it, then what is behind */
	stream_raw_done(engine, stream, TS, &raw);
	seg(TS, TCP_ACK, 4010, 1, "behind");
	seg(TO_CLIENT, TCP_ACK, 1, 4016, "");
	stream_raw_trigger(stream, TS);
	seg(TS, TCP_ACK, 4016, 1, "");
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_true(span_eq(raw.bytes, SPAN_LIT("behind")));
	/* encrypted from here on: what came is still looked at, what comes is not */
	stream_raw_disable(stream, TS);
	seg(TS, TCP_ACK, 4016, 1, "secret");
	seg(TO_CLIENT, TCP_ACK, 1, 4022, "");
	seg(TS, TCP_ACK, 4022, 1, "");
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_true(span_eq(raw.bytes, SPAN_LIT("behind")));
	stream_raw_done(engine, stream, TS, &raw);
	assert_false(stream_raw(engine, stream, &last, &raw));
	end();
}

static void
test_memory(void **state)
{
	size_t idle;

	(void) state;
	begin();
	handshake();
	idle = streams_memory(engine);
	assert_true(idle <= 384);
	stream_raw_disable(stream, TS);
	for (int i = 0; i < 1000; i++) {
		seg(TS, TCP_ACK, 1 + (uint32_t) i * 4, 1, "data");
		ack(5 + (uint32_t) i * 4);
	}
	assert_int_equal(told[TS].n, 4000);
	ack(4001);
	assert_int_equal(streams_memory(engine), idle);
	/* nobody wants them: nothing is kept */
	stream_pass(stream, TS, 4);
	seg(TS, TCP_ACK, 4001, 1, "data");
	assert_int_equal(streams_memory(engine), idle);
	ack(4005);
	assert_int_equal(told[TS].n, 4004);
	end();
}

static void
test_memcap(void **state)
{
	struct stream_conf c = conf_default();

	(void) state;
	c.reassembly_memcap = 256;
	begin_with(&c);
	handshake();
	seg(TS, TCP_ACK, 1, 1, "fits");
	make(TS, TCP_ACK, 5, 1, span_of(told[0].bytes, 1000));
	push();
	assert_true(event(EV_STREAM_REASSEMBLY_INSERT_MEMCAP));
	ack(1005);
	seg(TS, TCP_ACK, 1005, 1, "fits");
	ack(1009);
	assert_int_equal(told[TS].gap, 1000);
	end();
	c.reassembly_memcap = 0;
	c.memcap = 100;
	begin_with(&c);
	seg(TS, TCP_SYN, 0, 0, "");
	assert_null(stream);
	end();
}

static void
test_urgent(void **state)
{
	struct stream_conf c = conf_default();
	static const char *const want[] = { "abdefg", "abcdefg", "???defg", "ab?defg" };

	(void) state;
	for (int policy = 0; policy < 4; policy++) {
		c.urgent_policy = policy;
		begin_with(&c);
		handshake();
		make(TS, TCP_ACK | TCP_URG, 1, 1, SPAN_LIT("abc"));
		last.tcp.urgent = 3;
		push();
		seg(TS, TCP_ACK, 4, 1, "def");
		seg(TS, TCP_ACK | TCP_FIN, 7, 1, "g");
		ack(9);
		expect(TS, want[policy]);
		assert_true(told[TS].eof);
		end();
	}
}

static uint64_t rng = 88172645463325252u;

static uint32_t
any(uint32_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t) (rng >> 33) % below;
}

/* A string sent as pieces in any order, some twice, acknowledged now and then, never beyond what was sent without a
 * hole: what comes out is the string. Sequence numbers wrap on the way. */
static void
one_string(bool inline_mode, bool pass)
{
	static uint8_t text[20000];
	struct stream_conf c = conf_default();
	uint32_t n = 1 + any(sizeof text), done = 0, window = 1 + any(3000);
	uint32_t from = pass ? any(n) : n, to = pass ? from + any(n - from + 1) : n;

	c.inline_mode = inline_mode;
	for (uint32_t i = 0; i < n; i++)
		text[i] = (uint8_t) any(256);
	isn[TS] = UINT32_MAX - any(20000);
	begin_with(&c);
	handshake();
	if (pass)
		stream_raw_disable(stream, TS);
	while (done < n) {
		uint32_t span = n - done < window ? n - done : window;
		uint8_t seen[3001] = { 0 };
		for (uint32_t missing = span; missing;) {
			uint32_t at = any(span), len = 1 + any(span - at), back = done < 50 ? 0 : any(50);
			if (any(8) == 0)
				at = (uint32_t) ((uint8_t *) memchr(seen, 0, span) - seen);
			if (at + len > span)
				len = span - at;
			if (at)
				back = 0;
			make(TS, TCP_ACK, 1 + done + at - back, 1, span_of(text + done + at - back, len + back));
			stream_pass(stream, TS, told[TS].n >= from && told[TS].n < to ? to - told[TS].n : 0);
			push();
			for (uint32_t i = at; i < at + len; i++)
				if (!seen[i]) {
					seen[i] = 1;
					missing--;
				}
			if (!any(4)) {
				uint8_t *hole = memchr(seen, 0, span);
				ack(1 + done + (hole ? (uint32_t) (hole - seen) : span));
			}
		}
		done += span;
		ack(1 + done);
	}
	assert_int_equal(told[TS].n, n);
	assert_memory_equal(told[TS].bytes, text, from);
	assert_memory_equal(told[TS].bytes + to, text + to, n - to);
	assert_int_equal(told[TS].gap, 0);
	end();
	isn[TS] = 1000;
}

static void
test_any_order(void **state)
{
	(void) state;
	for (int i = 0; i < 100; i++)
		one_string(i & 1, i & 2);
}

/* More than 32 bits of offsets, in steps the window allows. */
static void
test_long_stream(void **state)
{
	static uint8_t block[60000];
	struct stream_conf conf = conf_default();
	struct stream_chunk c;
	uint64_t sent = 0, given = 0;
	size_t idle;

	(void) state;
	conf.depth = 0;
	begin_with(&conf);
	handshake();
	idle = streams_memory(engine);
	stream_raw_disable(stream, TS);
	while (sent < UINT64_C(5) << 30) {
		stream_pass(stream, TS, UINT64_MAX);
		for (int d = 0; d < 2; d++) {
			make(d, TCP_ACK, d == TS ? (uint32_t) (1 + sent) : 1, d == TS ? 1 : (uint32_t) (1 + sent), span_of(block, d == TS ? sizeof block : 0));
			stream_release(engine, stream);
			stream_push(engine, &stream, &last, &swapped);
			assert_false(last.any_event);
			sent += last.payload.n;
		}
		assert_int_equal(streams_memory(engine), idle);
		while (stream_next(engine, stream, &c)) {
			assert_true(c.offset == given && c.bytes.n);
			given += c.bytes.n;
		}
		assert_true(given == sent);
	}
	assert_true(stream_size(stream, TS) == sent + 1);
	end();
}

/* What nobody looks at is counted and acknowledged, but not kept; what is wanted behind it is. */
static void
test_passed_over(void **state)
{
	size_t idle;

	(void) state;
	begin();
	handshake();
	stream_raw_disable(stream, TS);
	idle = streams_memory(engine);
	stream_pass(stream, TS, 6);
	seg(TS, TCP_ACK, 1, 1, "abc");
	seg(TS, TCP_ACK, 4, 1, "def");
	assert_int_equal(streams_memory(engine), idle);
	assert_true(last.flags & PACKET_STREAM_ADDED);
	seg(TS, TCP_ACK, 4, 1, "xyz"); /* nothing to compare it with */
	assert_false(event(EV_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
	ack(3);
	assert_int_equal(told[TS].n, 2);
	stream_pass(stream, TS, 4);
	seg(TS, TCP_ACK, 7, 1, "ghi");
	assert_true(streams_memory(engine) > idle);
	seg(TS, TCP_ACK, 5, 1, "??gxi"); /* now there is; it began before, and wins */
	assert_true(event(EV_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
	ack(10);
	assert_int_equal(told[TS].n, 9);
	assert_memory_equal(told[TS].bytes + 6, "gxi", 3);
	/* where it ends inside of a segment, that is kept; so is what fills a hole */
	stream_pass(stream, TS, 2);
	seg(TS, TCP_ACK, 10, 1, "jkl");
	ack(13);
	stream_pass(stream, TS, 6);
	seg(TS, TCP_ACK, 16, 1, "pqr");
	seg(TS, TCP_ACK, 13, 1, "mno");
	ack(19);
	assert_memory_equal(told[TS].bytes + 6, "gxijklmnopqr", 12);
	/* raw inspection wants what the application layer does not */
	stream_pass(stream, TO_CLIENT, 100);
	seg(TO_CLIENT, TCP_ACK, 1, 19, "answer");
	seg(TS, TCP_ACK, 19, 7, "");
	expect(TO_CLIENT, "answer");
	end();
}

/* No more of it than one window is waited for. */
static void
test_passed_over_unacknowledged(void **state)
{
	static uint8_t block[60000];
	struct stream_conf c = conf_default();
	uint32_t sent = 0;

	(void) state;
	c.depth = 0;
	c.midstream = true; /* so that the window is not looked at */
	begin_with(&c);
	seg(TS, TCP_ACK, 1, 1, "a");
	ack(2);
	stream_raw_disable(stream, TS);
	do {
		stream_pass(stream, TS, UINT64_MAX);
		make(TS, TCP_ACK, 2 + sent, 1, span_of(block, sizeof block));
		push();
		sent += sizeof block;
	} while (sent < 2 << 20 && !event(EV_STREAM_REASSEMBLY_INSERT_MEMCAP));
	assert_true(event(EV_STREAM_REASSEMBLY_INSERT_MEMCAP) && sent > 1 << 20 && sent < (1 << 20) + 2 * sizeof block);
	end();
}

/* While nobody wants raw bytes none are kept for it; what comes when somebody does is there. */
static void
test_raw_unwanted(void **state)
{
	struct stream_raw raw;

	(void) state;
	begin();
	streams_want_raw(engine, false);
	handshake();
	seg(TS, TCP_ACK, 1, 1, "abc");
	ack(4);
	seg(TS, TCP_ACK, 4, 1, "def");
	ack(7);
	expect(TS, "abcdef");
	last.dir = TS;
	last.flags |= PACKET_PSEUDO;
	assert_false(stream_raw(engine, stream, &last, &raw));
	seg(TS, TCP_ACK, 7, 1, "ghi");
	streams_want_raw(engine, true);
	ack(10);
	expect(TS, "abcdefghi");
	last.dir = TS;
	last.flags |= PACKET_PSEUDO;
	assert_true(stream_raw(engine, stream, &last, &raw));
	assert_true(span_eq(raw.bytes, SPAN_LIT("ghi")));
	stream_raw_done(engine, stream, TS, &raw);
	assert_false(stream_raw(engine, stream, &last, &raw));
	end();
}

/* After a packet nothing stays that nobody wants any more. */
static void
test_released(void **state)
{
	size_t before;

	(void) state;
	begin();
	streams_want_raw(engine, false);
	stream_release(engine, NULL);
	handshake();
	before = pool_used(pool);
	seg(TS, TCP_ACK, 1, 1, "abc");
	stream_release(engine, stream);
	assert_true(pool_used(pool) > before); /* not acknowledged yet */
	ack(4);
	expect(TS, "abc");
	stream_release(engine, stream);
	assert_int_equal(pool_used(pool), before);
	seg(TS, TCP_ACK, 4, 1, "def");
	ack(7);
	expect(TS, "abcdef");
	end();
}

/* A new segment that begins before what is still held: what was given back does not decide who wins. */
static void
test_overlap_of_what_is_gone(void **state)
{
	(void) state;
	for (int raw = 0; raw < 2; raw++) {
		struct stream_conf c = conf_default();
		c.raw = raw;
		begin_with(&c);
		handshake();
		seg(TO_CLIENT, TCP_ACK, 1, 1, "0123456789");
		seg(TO_SERVER, TCP_ACK, 1, 11, "");
		assert_int_equal(told[TO_CLIENT].n, 10);
		seg(TO_CLIENT, TCP_ACK, 11, 1, "abcde");
		seg(TO_CLIENT, TCP_ACK, 6, 1, "56789ABCDE");
		seg(TO_SERVER, TCP_ACK, 1, 16, "");
		assert_int_equal(told[TO_CLIENT].n, 15);
		assert_memory_equal(told[TO_CLIENT].bytes, "0123456789ABCDE", 15);
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_late_data),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_inline),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_passed_over_unacknowledged),
		cmocka_unit_test(test_raw_unwanted),
		cmocka_unit_test(test_released),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memcap),
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_long_stream),
		cmocka_unit_test(test_overlap_of_what_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
