/*
 * nfs_procedure - number of the procedure that is called; the ends of a range "3<>5" belong to it.
 */
#include "engine/app/protocols/nfs.h"
#include "engine/detect/keyword.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const struct kw_number *n;
	struct kw_number *own = arena_zalloc(build_arena(b), sizeof(*own));
	const char *text = value ? build_text(b, value) : NULL;

	if (!own)
		return E_NOMEM;
	if (!text || build_number(b, text, UINT32_MAX, &n) < 0)
		return build_error(b, 0, "\"%s\": a number, a comparison or a range such as 3<>5 was expected", text ? text : "");
	*own = *n;
	if (own->op == NUM_IN) {
		if (own->a)
			own->a--;
		own->b++;
	}
	out->number = own;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return kw_number_has(a->number, ((const struct nfs_tx *) c->tx)->procedure);
}

const struct keyword keyword_nfs_procedure = {
	.name = "nfs_procedure", .help = "number of the NFS procedure that is called", .example = "nfs_procedure:6", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "nfs", .dirs = 1,
};
