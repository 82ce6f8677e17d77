/* Bytes against the pop3 parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(pop3)
