/* Bytes against the smb parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(smb)
