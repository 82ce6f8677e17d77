/* Bytes against the dhcp parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(dhcp)
