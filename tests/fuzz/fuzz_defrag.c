/*
 * fuzz_defrag - a list of fragments: each 8 bytes of input make one (offset, length, flags, id, time), of IPv4 or IPv6.
 */
#include "engine/decode/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum defrag_policy policy;

static enum defrag_policy
policy_of(void *arg, const struct addr *dst)
{
	return policy;
}

static uint32_t
make(uint8_t *b, const uint8_t *in)
{
	uint32_t off = (uint32_t) (in[0] << 8 | in[1]) & 0x1fff, len = (uint32_t) (in[2] << 8 | in[3]) % 4000, at;
	bool more = in[4] & 1, six = in[4] & 2;

	if (in[4] & 4)
		off &= 31, len &= 127;
	memset(b, 0, 64);
	if (six) {
		b[0] = 0x60;
		b[4] = (uint8_t) ((len + 8) >> 8);
		b[5] = (uint8_t) (len + 8);
		b[6] = 44;
		b[40] = 17;
		b[42] = (uint8_t) (off >> 5);
		b[43] = (uint8_t) (off << 3 | more);
		b[47] = in[5] & 7;
		at = 48;
	} else {
		b[0] = 0x45;
		b[2] = (uint8_t) ((len + 20) >> 8);
		b[3] = (uint8_t) (len + 20);
		b[5] = in[5] & 7;
		b[6] = (uint8_t) (off >> 8 | (more ? 0x20 : 0));
		b[7] = (uint8_t) off;
		b[9] = in[4] & 8 ? 4 : 17;
		at = 20;
	}
	memset(b + at, in[6], len);
	return at + len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct counters cnt;
	struct decode_conf c = { .max_layers = 16, .defrag_memcap = 65536, .defrag_trackers = 4, .defrag_timeout = INT64_C(1000) };
	struct decode *d = decode_new(&c, &cnt, 1);
	struct packet *p;
	uint64_t num = 0;
	int64_t ts = 0;

	if (!d)
		abort();
	policy = n ? data[0] % 7 : DEFRAG_BSD;
	decode_set_policy(d, policy_of, NULL);
	for (size_t at = 1; at + 8 <= n; at += 8) {
		static uint8_t b[5000];
		struct frame f = { .num = ++num, .ts = ts += data[at + 7], .linktype = 101 };

		f.wire_len = make(b, data + at);
		f.bytes = span_of(b, f.wire_len);
		unsigned k = decode_frame(d, &f, &p);
		volatile uint8_t sink = 0;
		for (unsigned i = 0; i < k; i++) {
			for (uint32_t x = 0; x < p[i].l3.n; x++)
				sink ^= p[i].l3.p[x];
			if (p[i].source == PKT_SRC_DEFRAG && !packet_checksum_l3_ok(&p[i]))
				abort();
		}
	}
	decode_free(d);
	return 0;
}
