/*
 * tls_cert_expired - the certificate of the server is no longer valid.
 */
#include "base/clock.h"
#include "engine/app/protocols/tls.h"
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	int64_t from, to, now = c->p->ts / NS_PER_S;

	return tls_cert_times(c->tx, TO_CLIENT, &from, &to) && to <= now;
}

const struct keyword keyword_tls_cert_expired = {
	.name = "tls_cert_expired", .help = "the certificate of the server is no longer valid", .example = "tls_cert_expired",
	.scope = KW_TX, .arg = ARG_NONE, .match = match, .protocols = "tls", .dirs = 2,
	.progress = { TLS_C_CERT, TLS_S_CERT },
};
