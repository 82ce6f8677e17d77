/* Bytes against the telnet parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(telnet)
