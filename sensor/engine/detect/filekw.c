/*
 * filekw - digests of files against a list; what rules ask of files.
 *
 * Language: Suricata user guide, "File Keywords".
 */
#include "engine/detect/filekw.h"

struct hash_list {
	struct dataset set;
	enum hash_kind kind;
	bool wanted;
};

int
filehash_parse(struct build *b, const char *value, enum hash_kind kind, union kw_arg *out)
{
	static const enum dataset_type type[] = { [HASH_MD5] = DATASET_MD5, [HASH_SHA1] = DATASET_SHA1, [HASH_SHA256] = DATASET_SHA256 };
	struct hash_list *l = arena_zalloc(build_arena(b), sizeof(*l));
	const char *text = build_text(b, value);

	if (!l)
		return E_NOMEM;
	if (text && *text == '!')
		text = build_text(b, text + 1);
	else
		l->wanted = true;
	if (!text)
		return build_error(b, 0, "a file with digests is expected, one a line");
	l->kind = kind;
	l->set.type = type[kind];
	l->set.first_word = true;
	l->set.load = text;
	if (dataset_read(b, &l->set) < 0)
		return E_BAD;
	b->rs->file_wants |= FILE_WANT(kind);
	out->p = l;
	return 0;
}

bool
filehash_match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct hash_list *l = a->p;
	const struct protocol *p = c->tx->proto;
	const uint8_t *digest;
	struct app_file f;

	for (unsigned i = 0; p->file && p->file(c->tx, c->dir, i, &f); i++)
		if ((digest = file_digest(&f, l->kind)) && (dataset_find(&l->set, span_of(digest, hash_size[l->kind])) != NULL) == l->wanted)
			return true;
	return false;
}

unsigned
ruleset_files(const struct ruleset *r, bool *store)
{
	unsigned want = r->file_wants;

	for (uint32_t i = 0; i < r->n_buffers; i++)
		if (strcmp(r->buffers[i].name, "file.magic") == 0)
			want |= FILE_WANT_MAGIC;
	*store = r->file_store;
	return want;
}

bool
ruleset_whole_bodies(const struct ruleset *r)
{
	return r->whole_bodies;
}
