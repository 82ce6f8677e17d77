/* Bytes against the parser of HTTP/2, DNS inside included. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(http2)
