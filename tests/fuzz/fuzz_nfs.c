/* Bytes against the nfs parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(nfs)
