/* Bytes against the parser of WebSocket. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(websocket)
