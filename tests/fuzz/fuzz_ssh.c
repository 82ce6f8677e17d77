/* Bytes against the ssh parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(ssh)
