/*
 * tls_store - keeps the certificates of the handshake in files. Accepted for rules that ask for it; the match is the same.
 */
#include "engine/detect/keyword.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_app(b, "tls");
}

const struct keyword keyword_tls_store = {
	.name = "tls.store", .aliases = "tls_store", .help = "keeps the certificates of the handshake in files", .example = "tls.store",
	.scope = KW_ACTION, .arg = ARG_NONE, .setup = setup,
	.note = "accepted without effect: the tls record tells certificates, no file is written",
};
