/* Bytes against the modbus parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(modbus)
