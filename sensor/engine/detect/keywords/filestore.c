/*
 * filestore - there is a file, and it goes to the store where outputs has one (file-store). Scope: the file that the rule's
 * other options found (default), every file of the transaction, or every file of the flow from here on.
 *
 * Language: Suricata user guide, "File Keywords".
 */
#include "engine/detect/filekw.h"

enum { SCOPE_FILE, SCOPE_TX, SCOPE_FLOW };
struct filestore {
	uint32_t sid;
	uint8_t dirs;  /* 0: that of the rule */
	uint8_t scope;
};

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct protocol *p = c->tx->proto;
	struct app_file f;

	return p->file && p->file(c->tx, c->dir, 0, &f);
}

static void
keep(const struct match_ctx *c, const struct filestore *fs, int dir)
{
	const struct protocol *p = c->tx->proto;
	uint16_t only = fs->scope == SCOPE_FILE && dir == c->dir ? c->d->file : 0;
	struct app_file f;

	for (unsigned i = 0; p->file && p->file(c->tx, dir, i, &f); i++)
		if (!only || i + 1 == only)
			file_keep(f.f, fs->sid);
	if (only)
		return;
	c->tx->keep_files |= (uint8_t) (1 << dir); /* those that come yet */
	c->tx->keep_sid = fs->sid;
}

static void
act(const struct match_ctx *c, const union kw_arg *a)
{
	const struct filestore *fs = a->p;
	uint8_t dirs = fs->dirs ? fs->dirs : (uint8_t) (1 << c->dir);

	if (!c->tx)
		return;
	for (int dir = 0; dir < 2; dir++)
		if (dirs >> dir & 1)
			keep(c, fs, dir);
	if (fs->scope == SCOPE_FLOW)
		file_keep_flow(c->in->app, dirs, fs->sid);
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const struct {
		const char *word;
		uint8_t dirs, scope;
	} words[] = { { "request", 1, 0 }, { "to_server", 1, 0 }, { "response", 2, 0 }, { "to_client", 2, 0 }, { "both", 3, 0 },
		{ "file", 0, SCOPE_FILE }, { "tx", 0, SCOPE_TX }, { "ssn", 0, SCOPE_FLOW }, { "flow", 0, SCOPE_FLOW }, { NULL, 0, 0 } };
	struct filestore *fs = arena_zalloc(build_arena(b), sizeof(*fs));
	const char *text = build_text(b, value), *v[2];
	int n = text ? build_split(b, text, v, 2) : 0;

	if (!fs)
		return E_NOMEM;
	for (int i = 0; i < n; i++) {
		unsigned k = 0;
		while (words[k].word && strcmp(words[k].word, v[i]) != 0)
			k++;
		if (!words[k].word)
			return build_error(b, 0, "\"%s\" is not a direction or scope of filestore", v[i]);
		if (words[k].dirs)
			fs->dirs = words[k].dirs;
		else
			fs->scope = words[k].scope;
	}
	fs->sid = build_rule(b)->sid;
	b->rs->file_store = true;
	out->p = fs;
	return n < 0 ? build_error(b, 0, "a direction and a scope are expected") : 0;
}

const struct keyword keyword_filestore = {
	.name = "filestore", .help = "there is a file; it goes to the store of outputs, file-store", .example = "filestore:request,file",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .act = act, .protocols = FILE_PROTOCOLS, .dirs = 3,
};
