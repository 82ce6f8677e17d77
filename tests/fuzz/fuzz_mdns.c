/* Bytes against the mdns parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(mdns)
