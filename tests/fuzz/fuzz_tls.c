/* Bytes against the tls parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(tls)
