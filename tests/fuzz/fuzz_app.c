/* Any protocol: see app_script.h for the format. */
#include "app_script.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return script_run(data, size, -1, -1);
}
