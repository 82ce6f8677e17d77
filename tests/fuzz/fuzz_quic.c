/*
 * Bytes against the parser of QUIC. Nobody finds a packet that decrypts by chance: an input whose first byte is odd is sealed first,
 * so that the frames inside are reached.
 */
#include "protocol_harness.h"
#include "../unit/engine/app/protocols/quic_seal.h"

extern const struct protocol protocol_quic;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t packet[4096];
	static struct arena scratch;
	struct rd r = rd_of(span_of(data, (uint32_t) n));
	struct fake f;

	if (!scratch.ceiling)
		arena_init(&scratch, 1 << 20);
	if (n < 2 || !(data[0] & 1))
		return fuzz_protocol(&protocol_quic, data, n);
	fake_begin(&f, &protocol_quic);
	rd_skip(&r, 1);
	for (unsigned k = 0; k < 16 && rd_left(&r) >= 2; k++) {
		uint8_t head = rd_u8(&r);
		uint32_t len = rd_u8(&r) * 4u;
		struct span s;

		if (len > rd_left(&r))
			len = rd_left(&r);
		s = quic_seal(packet, head & 2 ? QUIC_V2 : QUIC_V1, head & 1, k, rd_span(&r, len));
		fake_feed(&f, head & 1, s);
		if (head & 4)
			fake_touch(&f, &scratch);
	}
	fake_touch(&f, &scratch);
	fake_end(&f);
	return 0;
}
