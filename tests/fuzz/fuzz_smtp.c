/* Bytes against the smtp parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(smtp)
