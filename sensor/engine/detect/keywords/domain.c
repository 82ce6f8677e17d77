/*
 * domain - the registrable domain of a host name, its public suffix and one label.
 */
#include "engine/detect/domain.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	return domain_of(in, false, scratch);
}

const struct keyword keyword_domain = {
	.name = "domain", .help = "the registrable domain of a host name: its public suffix and one label", .example = "dns.query; domain; content:\"example.jp\"",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
