/* Bytes against the mqtt parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(mqtt)
