/*
 * fuzz_mkpcap - any text as a script: problems are told, never a crash, and no file is read.
 */
#include "tools/mkpcap/mkpcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct diag d;
	struct script s;
	struct buf out;

	diag_init(&d, 20);
	script_init(&s, &d);
	s.steps_max = 2000;
	s.packets_max = 2000;
	if (script_run(&s, "fuzz.pkt", span_of(data, n)) == 0) {
		buf_init(&out, 64 << 20);
		script_write(&s, &out);
		buf_clear(&out);
	}
	script_clear(&s);
	diag_clear(&d);
	return 0;
}
