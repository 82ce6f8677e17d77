/* Bytes against the ike parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(ike)
