/*
 * tls_cert_valid - the certificate of the server is valid at the time of the packet.
 */
#include "base/clock.h"
#include "engine/app/protocols/tls.h"
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	int64_t from, to, now = c->p->ts / NS_PER_S;

	return tls_cert_times(c->tx, TO_CLIENT, &from, &to) && from <= now && now < to;
}

const struct keyword keyword_tls_cert_valid = {
	.name = "tls_cert_valid", .help = "the certificate of the server is valid at the time of the packet", .example = "tls_cert_valid",
	.scope = KW_TX, .arg = ARG_NONE, .match = match, .protocols = "tls", .dirs = 2,
	.progress = { TLS_C_CERT, TLS_S_CERT },
};
