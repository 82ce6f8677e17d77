/*
 * tls.issuerdn - old form of tls.cert_issuer; content.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_content_of(b, a, "tls.cert_issuer", false);
}

const struct keyword keyword_tls_issuerdn = {
	.name = "tls.issuerdn", .help = "old form of tls.cert_issuer; content", .example = "tls.issuerdn:\"CN=Example CA\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
