/* Bytes against the bittorrent_dht parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(bittorrent_dht)
