/* Bytes against the opcua parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(opcua)
