/* Bytes against the ntp parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(ntp)
