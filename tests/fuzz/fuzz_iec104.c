/* Bytes against the iec104 parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(iec104)
