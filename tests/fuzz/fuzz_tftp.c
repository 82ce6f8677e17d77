/* Bytes against the tftp parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(tftp)
