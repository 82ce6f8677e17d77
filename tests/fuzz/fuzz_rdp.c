/* Bytes against the rdp parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(rdp)
