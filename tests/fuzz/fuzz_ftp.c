/* Bytes against the ftp parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(ftp)
