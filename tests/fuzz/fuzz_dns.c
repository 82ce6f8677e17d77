/* DNS, port 53, over UDP or TCP by the first bit: see app_script.h for the format. */
#include "app_script.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return script_run(data, size, size && (data[0] & 1) ? 17 : 6, 53);
}
