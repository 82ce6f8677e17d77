/* Bytes against the dnp3 parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(dnp3)
