/*
 * script - a TCP session written by hand, segment by segment, and what comes out of it.
 *
 * Thread:    one.
 * Memory:    static.
 * Owns:      one engine and one stream at a time.
 * Not here:  expectations -> test_stream.c, test_reassembly.c
 */
#ifndef TEST_STREAM_SCRIPT_H
#define TEST_STREAM_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/stream/stream.h"

#define OUT_MAX (1 << 21)

static struct counters cnt;
static struct pool *pool;
static struct streams *engine;
static struct stream *stream;
static struct packet last; /* the last packet pushed */
static bool swapped;
static uint32_t isn[2] = { 1000, 5000 };
static int64_t now;
static uint64_t frame;

static struct told {
	uint8_t bytes[OUT_MAX]; /* gaps as '?' */
	uint32_t n;
	uint64_t gap, chunks;
	bool eof;
} told[2];

static struct stream_conf
conf_default(void)
{
	return (struct stream_conf) { .memcap = 1 << 24, .reassembly_memcap = 1 << 26, .depth = 1 << 20,
		.max_synack_queued = 5, .max_syn_queued = 10, .chunk_to_server = 2560, .chunk_to_client = 2560, .raw = true };
}

static void
begin_with(const struct stream_conf *c)
{
	pool = pool_new(64u << 20);
	assert_non_null(pool);
	engine = streams_new(c, pool, &cnt);
	assert_non_null(engine);
	stream = NULL;
	now = INT64_C(1700000000) * 1000000000;
	for (int d = 0; d < 2; d++) {
		told[d].n = 0;
		told[d].gap = told[d].chunks = 0;
		told[d].eof = false;
	}
}

static inline void
begin(void)
{
	struct stream_conf c = conf_default();

	begin_with(&c);
}

static void
end(void)
{
	stream_clear(engine, &stream);
	assert_null(stream);
	assert_int_equal(streams_memory(engine), 0);
	assert_int_equal(pool_used(pool), 0);
	streams_free(engine);
	pool_free(pool);
}

static void
collect(void)
{
	struct stream_chunk c;

	while (stream && stream_next(engine, stream, &c)) {
		struct told *t = &told[c.dir];
		assert_false(t->eof);
		assert_int_equal(c.offset, t->n);
		assert_true(t->n + c.bytes.n + c.gap <= OUT_MAX);
		assert_true((c.bytes.n > 0) + (c.gap > 0) + c.eof == 1);
		if (c.bytes.n)
			memcpy(t->bytes + t->n, c.bytes.p, c.bytes.n);
		memset(t->bytes + t->n + c.bytes.n, '?', c.gap);
		t->n += c.bytes.n + c.gap;
		t->gap += c.gap;
		t->chunks++;
		t->eof = c.eof;
	}
}

/* Ends, too, come as one: collect() counts them. */
static uint64_t
chunks_told(void)
{
	return told[0].chunks + told[1].chunks;
}

/* Sends what `last` holds. */
static void
push(void)
{
	last.num = ++frame;
	last.ts = now += 1000000;
	stream_release(engine, stream);
	stream_settle(engine, &stream); /* of a session that is over, this changes nothing that shows */
	stream_wake(engine, &stream);
	bool ready = stream_push(engine, &stream, &last, &swapped);
	uint64_t had = chunks_told();
	collect();
	assert_true(ready || chunks_told() == had);
}

/* A segment; seq and ack are relative to the two ISNs. */
static void
make(int dir, uint8_t flags, uint32_t seq, uint32_t ack, struct span data)
{
	last = (struct packet) { .ip_version = 4, .proto = 6, .dir = (uint8_t) dir, .payload = data,
		.sport = dir == TO_SERVER ? 40000 : 80, .dport = dir == TO_SERVER ? 80 : 40000 };
	last.src = addr_v4((uint8_t[]) { 10, 0, 0, (uint8_t) (dir + 1) });
	last.dst = addr_v4((uint8_t[]) { 10, 0, 0, (uint8_t) (2 - dir) });
	last.tcp = (struct packet_tcp) { .seq = isn[dir] + seq, .ack = flags & TCP_ACK ? isn[!dir] + ack : 0,
		.window = 65535, .flags = flags, .header_len = 20, .wscale = 0xff };
}

static inline void
seg(int dir, uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
	make(dir, flags, seq, ack, span_str(data));
	push();
}

static inline void
handshake(void)
{
	seg(TO_SERVER, TCP_SYN, 0, 0, "");
	seg(TO_CLIENT, TCP_SYN | TCP_ACK, 0, 1, "");
	seg(TO_SERVER, TCP_ACK, 1, 1, "");
	assert_int_equal(stream_state(stream), STREAM_ESTABLISHED);
}

static inline bool
event(enum packet_event ev)
{
	return packet_event_has(&last, ev);
}

static inline void
expect(int dir, const char *text)
{
	struct span want = span_str(text);

	if (told[dir].n != want.n || memcmp(told[dir].bytes, want.p, want.n) != 0)
		print_error("got \"%.*s\", not \"%s\"\n", (int) told[dir].n, (const char *) told[dir].bytes, text);
	assert_int_equal(told[dir].n, want.n);
	assert_memory_equal(told[dir].bytes, want.p, want.n);
}

#endif
