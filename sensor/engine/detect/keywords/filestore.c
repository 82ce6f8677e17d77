/*
 * filestore - there is a file. Files are not kept: the option's words are read and have no effect.
 */
#include "engine/detect/build.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct protocol *p = c->tx->proto;
	struct app_file f;

	return p->file && p->file(c->tx, c->dir, 0, &f);
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char *const words[] = { "request", "to_server", "response", "to_client", "both", "file", "tx", "ssn", "flow", NULL };
	const char *text = build_text(b, value), *v[2];
	int n = text ? build_split(b, text, v, 2) : 0;

	for (int i = 0; i < n; i++) {
		unsigned k = 0;
		while (words[k] && strcmp(words[k], v[i]) != 0)
			k++;
		if (!words[k])
			return build_error(b, 0, "\"%s\" is not a direction or scope of filestore", v[i]);
	}
	return n < 0 ? build_error(b, 0, "a direction and a scope are expected") : 0;
}

const struct keyword keyword_filestore = {
	.name = "filestore", .help = "there is a file", .example = "filestore:request,file", .note = "accepted, files are not kept",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "http ftp-data nfs smb", .dirs = 3,
};
