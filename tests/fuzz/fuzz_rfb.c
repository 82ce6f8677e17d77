/* Bytes against the rfb parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(rfb)
