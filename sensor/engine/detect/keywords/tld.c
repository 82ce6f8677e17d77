/*
 * tld - the public suffix of a host name.
 */
#include "engine/detect/domain.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	return domain_of(in, true, scratch);
}

const struct keyword keyword_tld = {
	.name = "tld", .help = "the public suffix of a host name", .example = "dns.query; tld; content:\"co.jp\"",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
