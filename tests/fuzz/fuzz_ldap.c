/* Bytes against the ldap parser. */
#include "protocol_harness.h"

FUZZ_PROTOCOL(ldap)
