/* Bytes against the imap parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(imap)
