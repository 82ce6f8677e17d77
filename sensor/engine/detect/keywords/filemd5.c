/*
 * filemd5 - the MD5 of a file that came whole is in a list, or with '!' is not.
 */
#include "engine/detect/filekw.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	return filehash_parse(b, value, HASH_MD5, out);
}

const struct keyword keyword_filemd5 = {
	.name = "filemd5", .help = "the MD5 of a file is one of a list", .example = "filemd5:bad-files.md5",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = filehash_match, .protocols = FILE_PROTOCOLS, .dirs = 3, .cost = 1,
};
