/*
 * tls.subject - old form of tls.cert_subject; content.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_content_of(b, a, "tls.cert_subject", false);
}

const struct keyword keyword_tls_subject = {
	.name = "tls.subject", .help = "old form of tls.cert_subject; content", .example = "tls.subject:\"CN=*.example.com\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
