/* Bytes against the sip parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(sip)
