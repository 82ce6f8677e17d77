/*
 * filesize - the size of a file that came whole; of one that did not, only what it has already passed.
 */
#include "engine/detect/filekw.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct protocol *p = c->tx->proto;
	struct app_file f;

	for (unsigned i = 0; p->file && p->file(c->tx, c->dir, i, &f); i++) {
		bool above = a->number->op == NUM_GT || a->number->op == NUM_GE;
		if ((f.closed || above) && kw_number_has(a->number, f.size))
			return true;
	}
	return false;
}

const struct keyword keyword_filesize = {
	.name = "filesize", .help = "size of a file in bytes", .example = "filesize:>100000",
	.scope = KW_TX, .arg = ARG_U64, .match = match, .protocols = FILE_PROTOCOLS, .dirs = 3,
};
