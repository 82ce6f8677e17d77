/* Bytes against the krb5 parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(krb5)
