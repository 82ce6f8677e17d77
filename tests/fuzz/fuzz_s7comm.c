/* Bytes against the s7comm parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(s7comm)
