/* Bytes against the enip parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(enip)
