/* The signature of a journal segment: any text. What is read can be written and read again. */
#include <stdlib.h>

#include "pipeline/output/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seal s;

	if (seal_read(&s, span_of(data, size)) < 0)
		return 0;
	if (s.signed_n > size || strlen(s.sensor) >= sizeof s.sensor || strlen(s.epoch) >= sizeof s.epoch)
		abort();
	return 0;
}
