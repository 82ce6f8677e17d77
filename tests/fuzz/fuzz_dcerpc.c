/* Bytes against the dcerpc parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(dcerpc)
