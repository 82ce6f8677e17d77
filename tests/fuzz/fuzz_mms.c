/* Bytes against the mms parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(mms)
