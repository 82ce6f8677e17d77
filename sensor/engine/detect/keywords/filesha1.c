/*
 * filesha1 - the SHA-1 of a file that came whole is in a list, or with '!' is not.
 */
#include "engine/detect/filekw.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	return filehash_parse(b, value, HASH_SHA1, out);
}

const struct keyword keyword_filesha1 = {
	.name = "filesha1", .help = "the SHA-1 of a file is one of a list", .example = "filesha1:bad-files.sha1",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = filehash_match, .protocols = FILE_PROTOCOLS, .dirs = 3, .cost = 1,
};
