/*
 * protocol_harness - drives one parser with a fuzzer's bytes: chunks of either direction, gaps, ends; asks every field.
 *
 * Input: { head(1) length(1) bytes }...   head: bit 0 direction, bit 1 gap, bit 2 ask now, bit 3 end of the chunk list's
 * short form: the length counts eights. What is left over goes to the probe too.
 */
#ifndef TESTS_FUZZ_PROTOCOL_HARNESS_H
#define TESTS_FUZZ_PROTOCOL_HARNESS_H

#include "../unit/engine/app/protocols/protocol_fake.h"

static int
fuzz_protocol(const struct protocol *p, const uint8_t *data, size_t n)
{
	static struct arena scratch;
	struct rd r = rd_of(span_of(data, n));
	struct fake f;
	unsigned asks = 4; /* asking everything is slow: a few times an input */

	if (!scratch.ceiling)
		arena_init(&scratch, 1 << 24);
	if (n >= p->probe_min && p->probe)
		for (int dir = 0; dir < 2; dir++)
			p->probe(span_of(data, n), dir, p->transport);
	fake_begin(&f, p);
	while (rd_left(&r) >= 2) {
		uint8_t head = rd_u8(&r);
		uint32_t len = rd_u8(&r) * (head & 8 ? 8u : 1u);
		int dir = head & 1;

		if (head & 2) {
			fake_gap(&f, dir, len);
		} else {
			if (len > rd_left(&r))
				len = rd_left(&r);
			fake_feed(&f, dir, rd_span(&r, len));
		}
		if (head & 4 && asks && asks--)
			fake_touch(&f, &scratch);
		if (head & 16)
			fake_prune(&f);
	}
	fake_touch(&f, &scratch);
	fake_eof(&f);
	fake_touch(&f, &scratch);
	fake_end(&f);
	return 0;
}

#define FUZZ_PROTOCOL(name) \
	extern const struct protocol protocol_##name; \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n); \
	int \
	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) \
	{ \
		return fuzz_protocol(&protocol_##name, data, n); \
	}

#endif
