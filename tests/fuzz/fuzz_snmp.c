/* Bytes against the snmp parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(snmp)
