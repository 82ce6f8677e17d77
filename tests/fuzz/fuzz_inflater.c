/*
 * Bytes against the inflater: what comes out is what zlib makes of them, in whatever pieces.
 *
 * Bytes: [0] how many at a time, from 128 on in steps of 64, [1] room for how many, in steps of 16; then the stream. Of a damaged stream more may come out.
 */
#include "inflater_twin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct twin t;

	if (size < 2 || size > TWIN_IN)
		return 0;
	if (!t.pool) {
		struct diag d;
		diag_init(&d, 0);
		twin_begin(&t, &d);
		diag_clear(&d);
	}
	struct span in = span_of(data + 2, (uint32_t) size - 2);
	struct twin_result a = twin_zlibs(&t, 47, in), b = twin_ours(&t, 47, in, data[0] < 128 ? 1u + data[0] : (data[0] - 127) * 64u, 1 + data[1] * 16u);

	assert(b.n >= a.n && memcmp(t.ours, t.zlibs, a.n) == 0);
	if (a.end == Z_DATA_ERROR)
		return 0;
	assert(a.n == b.n && (a.n >= TWIN_OUT - TWIN_ROOM || (a.end == b.end && a.left == b.left)));
	return 0;
}
