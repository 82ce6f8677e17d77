/* A segment of any bytes: headers, frames, damage, resynchronisation. */
#include <stdlib.h>
#include <zstd.h>

#include "base/err.h"
#include "pipeline/output/frame.h"
#include "pipeline/output/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read must be written again as the same bytes when the chain fits. */
static void
write_again(const struct journal_record *r, struct span frame)
{
	uint8_t chain[FRAME_HASH] = { 0 };
	struct journal_record back;
	const uint8_t *hash;
	struct buf b;

	buf_init(&b, 64U << 20);
	if (frame_write(&b, r, chain) < 0)
		abort();
	if (b.n != frame.n || frame_read(&back, span_of(b.p, b.n), &hash) != (int64_t) b.n)
		abort();
	if (back.seq != r->seq || !span_eq(back.json, r->json) || !span_eq(back.hosts, r->hosts))
		abort();
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t chain[FRAME_HASH] = { 0 };
	struct scan s = { .bytes = span_of(data, size) };
	struct journal_record r;
	enum scan_result result;
	struct span frame, raw;

	if (size < 1 << 16 && ZSTD_getFrameContentSize(data, size) < 1 << 22 && scan_unpack(s.bytes, &raw) == 0) {
		s.bytes = raw;
		s.unpacked = true;
	}
	frame_header_read(&s.header, s.bytes);
	while ((result = scan_next(&s, &r, &frame)) == SCAN_RECORD || result == SCAN_DAMAGED) {
		if (result != SCAN_RECORD)
			continue;
		frame_chain(chain, frame);
		write_again(&r, frame);
	}
	if (s.unpacked)
		scan_close(&s);
	return 0;
}
