/*
 * fuzz_stream - a script of segments, from both sides, in any order and with any numbers.
 *
 * What must hold: offsets given out go up without a jump, nothing follows an eof, raw inspection never goes back, and
 * after stream_clear() nothing is held.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/stream/stream.h"

static struct counters cnt;
static uint64_t offset[2], raw_end[2];
static bool ended[2];

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static volatile unsigned sum;

static void
read_all(struct span s)
{
	for (uint32_t i = 0; i < s.n; i++)
		sum += s.p[i];
}

static unsigned
collect(struct streams *e, struct stream *s)
{
	struct stream_chunk c;
	unsigned n = 0;

	while (s && stream_next(e, s, &c)) {
		must(!ended[c.dir] && c.offset == offset[c.dir]);
		must((c.bytes.n > 0) + (c.gap > 0) + c.eof == 1);
		read_all(c.bytes);
		offset[c.dir] += c.bytes.n + c.gap;
		ended[c.dir] = c.eof;
		n++;
	}
	return n;
}

static void
look(struct streams *e, struct stream *s, const struct packet *p)
{
	struct stream_raw raw;

	if (s == NULL || !stream_raw(e, s, p, &raw))
		return;
	must(raw.fresh > 0 && raw.fresh <= raw.bytes.n);
	must(raw.offset + raw.bytes.n - raw.fresh >= raw_end[p->dir]);
	read_all(raw.bytes);
	raw_end[p->dir] = raw.offset + raw.bytes.n;
	stream_raw_done(e, s, p->dir, &raw);
}

static void
forget(void)
{
	for (int d = 0; d < 2; d++) {
		offset[d] = raw_end[d] = 0;
		ended[d] = false;
	}
}

static enum stream_policy policy;

static enum stream_policy
policy_of(void *arg, const struct addr *dst)
{
	(void) arg;
	(void) dst;
	return policy;
}

static struct stream_conf
conf_of(uint8_t a, uint8_t b)
{
	policy = (enum stream_policy) (b % 15);
	return (struct stream_conf) { .midstream = a & 1, .async_oneside = a & 2, .inline_mode = a & 4, .drop_invalid = a & 8,
		.memcap = a & 16 ? 1 << 16 : 0, .reassembly_memcap = a & 32 ? 8192 : 0, .depth = a & 64 ? 1000 : 0,
		.max_synack_queued = 5, .max_syn_queued = 3, .chunk_to_server = 100, .chunk_to_client = 200, .raw = !(a & 128),
		.urgent_policy = b >> 6, .policy_of = policy_of };
}

static const struct packet_tcp step_flags[16] = { { .flags = TCP_ACK }, { .flags = TCP_ACK | TCP_PSH }, { .flags = TCP_SYN },
	{ .flags = TCP_SYN | TCP_ACK }, { .flags = TCP_FIN | TCP_ACK }, { .flags = TCP_RST }, { .flags = TCP_RST | TCP_ACK },
	{ .flags = TCP_ACK | TCP_URG }, { .flags = TCP_ACK }, { .flags = TCP_ACK }, { .flags = TCP_ACK }, { .flags = TCP_ACK },
	{ .flags = TCP_FIN }, { .flags = 0 }, { .flags = 0xff }, { .flags = TCP_SYN, .fast_open = true } };

static struct packet
segment(struct rd *r, const uint8_t *data, uint64_t *num, uint32_t next[2])
{
	uint8_t op = rd_u8(r), opt = rd_u8(r);
	int dir = op >> 7;
	struct packet p = { .ip_version = 4, .proto = 6, .dir = (uint8_t) dir, .num = ++*num, .ts = (int64_t) *num * 1000000 };

	p.tcp = step_flags[op & 15];
	p.tcp.window = opt & 1 ? rd_u16(r) : 8192;
	p.tcp.wscale = opt & 2 ? rd_u8(r) : 0xff;
	p.tcp.has_ts = opt & 4;
	p.tcp.tsval = opt & 4 ? rd_u16(r) : 0;
	p.tcp.urgent = opt & 8 ? rd_u8(r) : 0;
	p.tcp.seq = op & 64 ? rd_u32(r) : next[dir] + (uint32_t) (int8_t) rd_u8(r);
	p.tcp.ack = op & 32 ? rd_u32(r) : next[!dir] + (uint32_t) (int8_t) rd_u8(r);
	p.payload = span_of(data + (opt & 15), opt & 16 ? rd_u8(r) * (opt & 32 ? 8u : 1u) : 0);
	if (opt & 64)
		p.flags |= PACKET_PSEUDO;
	if (!(opt & 128))
		next[dir] = p.tcp.seq + p.payload.n + (p.tcp.flags & TCP_SYN ? 1 : 0);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	static uint8_t data[4096];
	struct rd r = rd_of(span_of(in, size));
	struct stream_conf c = conf_of(rd_u8(&r), rd_u8(&r));
	struct pool *pool = pool_new(1 << 20);
	struct streams *e = streams_new(&c, pool, &cnt);
	struct stream *s = NULL;
	uint32_t next[2] = { 0xffffff00, 77 };
	uint64_t num = 0;
	bool swap;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t) (i * 7 + (i >> 8));
	forget();
	while (!r.bad && rd_left(&r) > 1) {
		struct packet p = segment(&r, data, &num, next);
		stream_release(e, s);
		stream_settle(e, &s);
		stream_wake(e, &s);
		bool ready = stream_push(e, &s, &p, &swap);
		if (rd_left(&r) && s && *r.p == 0xfe) {
			rd_skip(&r, 1);
			stream_pass(s, p.dir, rd_u16(&r));
		} else if (rd_left(&r) && s && *r.p == 0xfd) {
			rd_skip(&r, 1);
			stream_raw_disable(s, !p.dir);
		} else if (rd_left(&r) && s && *r.p == 0xfc) {
			rd_skip(&r, 1);
			stream_raw_trigger(s, !p.dir);
		}
		must(collect(e, s) == 0 || ready);
		look(e, s, &p);
		if (s && stream_reuse(s, &p, p.dir)) {
			stream_clear(e, &s);
			forget();
		}
	}
	if (s) {
		stream_flush(e, s);
		collect(e, s);
		for (int d = 0; d < 2; d++) {
			struct packet p = { .dir = (uint8_t) d, .flags = PACKET_PSEUDO };
			look(e, s, &p);
		}
	}
	stream_clear(e, &s);
	must(streams_memory(e) == 0 && pool_used(pool) == 0);
	streams_free(e);
	pool_free(pool);
	return 0;
}
