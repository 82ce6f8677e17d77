/* Bytes against the bacnet parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(bacnet)
