/* Bytes against the pgsql parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(pgsql)
