/*
 * test_predict - ordinary segments take a short way through the stream engine; nothing may show which way one took. Two engines get the
 * same sessions. To the second, each segment says URG without an urgent byte, which means nothing, but is never ordinary.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/stream/stream.h"
#include "../engine/detect/dice.h"

#define SESSIONS 3000
#define SEGMENTS 60

static uint8_t bytes[4096];
static struct side {
	struct counters cnt;
	struct pool *pool;
	struct streams *engine;
	struct stream *s;
} sides[2];

/* What is known of the session by who makes it. */
static struct {
	uint32_t next[2], acked[2]; /* what the direction sends next; what it has acknowledged of the other one */
	uint32_t tsval[2];
	bool timestamps;
	uint64_t num;
	int64_t ts;
} made;
static uint64_t short_ways;

static struct stream_conf
conf_of(uint32_t k)
{
	return (struct stream_conf) { .midstream = k & 1, .async_oneside = (k & 6) == 6, .memcap = 1 << 20,
		.reassembly_memcap = k & 8 ? 6000 : 1 << 20, .depth = k & 16 ? 3000 : 0, .max_synack_queued = 5, .max_syn_queued = 5,
		.chunk_to_server = 500, .chunk_to_client = 500, .raw = !(k & 32), .inline_mode = (k & 192) == 192 };
}

static struct packet
segment(int dir, uint8_t flags, uint32_t n)
{
	struct packet p = { .num = ++made.num, .ts = made.ts += dice(20) ? 1000000 : 3000000000, .ip_version = 4, .proto = 6, .dir = (uint8_t) dir,
		.payload = span_of(bytes + dice(64), n) };

	p.tcp = (struct packet_tcp) { .seq = made.next[dir], .ack = flags & TCP_ACK ? made.acked[dir] : 0, .flags = flags, .header_len = 20,
		.window = (uint16_t) (dice(8) ? 60000 : dice(4000)), .wscale = flags & TCP_SYN ? (uint8_t) dice(4) : 0xff,
		.has_ts = made.timestamps, .tsval = made.timestamps ? made.tsval[dir] += dice(3) : 0 };
	made.next[dir] += n + ((flags & (TCP_SYN | TCP_FIN)) != 0);
	return p;
}

/* Mostly the next one with an acknowledgement of what came; now and then anything else. */
static struct packet
next_segment(void)
{
	int dir = (int) dice(2);
	uint32_t n = dice(3) ? dice(1400) : 0;
	uint8_t flags = TCP_ACK | (dice(4) ? 0 : TCP_PSH);

	if (dice(10))
		made.acked[dir] = made.next[!dir];
	if (!dice(150))
		flags |= (uint8_t[]) { TCP_FIN, TCP_RST, TCP_SYN }[dice(3)];
	if (!dice(100))
		made.next[dir] += dice(3000); /* the capture lost some */
	struct packet p = segment(dir, flags, n);
	if (!dice(30))
		p.tcp.seq += dice(6000) - 3000;
	if (!dice(30))
		p.tcp.ack += dice(10000) - 5000;
	if (!dice(60))
		p.tcp.tsval -= dice(100);
	p.tcp.has_ts ^= !dice(60);
	if (!dice(60)) { /* as keep-alives and probes of a window are */
		p.tcp.seq--;
		p.payload.n = dice(2);
	}
	if (!dice(60))
		p.tcp.flags &= (uint8_t) ~TCP_ACK;
	return p;
}

static void
assert_same_stream(int dir)
{
	const struct stream *a = sides[0].s, *b = sides[1].s;

	assert_int_equal(stream_state(a), stream_state(b));
	assert_int_equal(stream_size(a, dir), stream_size(b, dir));
	assert_int_equal(stream_lost(a, dir), stream_lost(b, dir));
	assert_int_equal(stream_cut(a, dir), stream_cut(b, dir));
	assert_int_equal(stream_wants_flush(a, dir), stream_wants_flush(b, dir));
	assert_int_equal(stream_raw_left(a, dir), stream_raw_left(b, dir));
}

/* All that is given out; `ready`: stream_push() said there may be something. */
static void
assert_same_chunks(bool ready)
{
	for (;;) {
		struct stream_chunk a, b;
		bool more = stream_next(sides[1].engine, sides[1].s, &b);

		assert_int_equal(stream_next(sides[0].engine, sides[0].s, &a), more);
		if (!more)
			return;
		assert_true(ready);
		assert_int_equal(a.dir, b.dir);
		assert_int_equal(a.offset, b.offset);
		assert_int_equal(a.gap, b.gap);
		assert_int_equal(a.eof, b.eof);
		assert_int_equal(a.first_midstream, b.first_midstream);
		assert_true(span_eq(a.bytes, b.bytes));
		uint64_t pass = dice(6) ? 0 : dice(4000);
		for (int k = 0; k < 2; k++)
			stream_pass(sides[k].s, a.dir, pass);
	}
}

static void
assert_same_raw(const struct packet *p)
{
	struct stream_raw raw[2];
	bool more = stream_raw(sides[0].engine, sides[0].s, p, &raw[0]);

	assert_int_equal(stream_raw(sides[1].engine, sides[1].s, p, &raw[1]), more);
	if (!more)
		return;
	assert_int_equal(raw[0].offset, raw[1].offset);
	assert_int_equal(raw[0].fresh, raw[1].fresh);
	assert_true(span_eq(raw[0].bytes, raw[1].bytes));
	for (int k = 0; k < 2; k++)
		stream_raw_done(sides[k].engine, sides[k].s, p->dir, &raw[k]);
}

static void
push_both(struct packet p)
{
	struct packet both[2] = { p, p };
	bool swap[2], ready[2];

	both[1].tcp.flags |= TCP_URG;
	for (int k = 0; k < 2; k++) {
		struct side *x = &sides[k];
		stream_release(x->engine, x->s);
		stream_settle(x->engine, &x->s);
		stream_wake(x->engine, &x->s);
		ready[k] = stream_push(x->engine, &x->s, &both[k], &swap[k]);
	}
	assert_int_equal(swap[0], swap[1]);
	assert_true(ready[1]);
	short_ways += !ready[0];
	assert_int_equal(both[0].flags, both[1].flags);
	assert_int_equal(both[0].any_event, both[1].any_event);
	assert_memory_equal(both[0].events, both[1].events, sizeof(both[0].events));
	assert_int_equal(sides[0].s != NULL, sides[1].s != NULL);
	if (!sides[0].s)
		return;
	assert_same_chunks(ready[0]);
	assert_same_raw(&both[0]);
	for (int d = 0; d < 2; d++)
		assert_same_stream(d);
	assert_int_equal(streams_memory(sides[0].engine), streams_memory(sides[1].engine));
}

static void
one_session(uint32_t k)
{
	struct stream_conf c = conf_of(dice(2) ? k & 0xff : 0);

	for (int i = 0; i < 2; i++) {
		sides[i].pool = pool_new(4u << 20);
		sides[i].engine = streams_new(&c, sides[i].pool, &sides[i].cnt);
		assert_non_null(sides[i].engine);
	}
	made.timestamps = dice(2);
	for (int d = 0; d < 2; d++) {
		made.next[d] = dice(2) ? UINT32_MAX - dice(5000) : dice(1u << 24);
		made.tsval[d] = dice(4) ? UINT32_MAX - dice(20) : 0;
	}
	if (dice(10)) {
		push_both(segment(TO_SERVER, TCP_SYN, 0));
		made.acked[TO_CLIENT] = made.next[TO_SERVER];
		push_both(segment(TO_CLIENT, TCP_SYN | TCP_ACK, 0));
		made.acked[TO_SERVER] = made.next[TO_CLIENT];
		push_both(segment(TO_SERVER, TCP_ACK, 0));
	}
	for (int i = 0; i < SEGMENTS; i++)
		push_both(next_segment());
	for (int i = 0; i < 2 && sides[i].s; i++)
		stream_flush(sides[i].engine, sides[i].s);
	if (sides[0].s)
		assert_same_chunks(true);
	for (int i = 0; i < 2; i++) {
		stream_clear(sides[i].engine, &sides[i].s);
		assert_int_equal(pool_used(sides[i].pool), 0);
		streams_free(sides[i].engine);
		pool_free(sides[i].pool);
	}
	assert_memory_equal(&sides[0].cnt, &sides[1].cnt, sizeof(sides[0].cnt));
}

static void
test_same_either_way(void **state)
{
	(void) state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t) (i * 7 + (i >> 8));
	seed = 1;
	made.ts = INT64_C(1700000000) * 1000000000;
	for (uint32_t k = 0; k < SESSIONS; k++)
		one_session(k);
	assert_true(short_ways > SESSIONS * SEGMENTS / 10); /* it is taken at all */
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_either_way) };

	return cmocka_run_group_tests_name("predict", tests, NULL, NULL);
}
