/* Bytes against the parser of FTP data connections. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(ftp_data)
