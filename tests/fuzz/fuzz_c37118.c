/* Bytes against the c37118 parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(c37118)
