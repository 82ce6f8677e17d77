/*
 * tls_cert_notbefore - notBefore of the server's certificate, held against a time.
 */
#include "engine/detect/keywords/tls_validity.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	int64_t from, to;

	return tls_cert_times(c->tx, TO_CLIENT, &from, &to) && tls_validity_has(a, from);
}

const struct keyword keyword_tls_cert_notbefore = {
	.name = "tls_cert_notbefore", .help = "the certificate of the server is valid from that time on", .example = "tls_cert_notbefore:1998-05-01<>2008-05-01",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = tls_validity_parse, .match = match, .protocols = "tls", .dirs = 2,
	.progress = { TLS_C_CERT, TLS_S_CERT },
};
