#include "pipeline/legal/pack_private.h"

const char *
pack_text(struct pack_reader *r, const struct yaml *map, const char *key, bool needed)
{
	const struct yaml *y = yaml_get(map, key);

	if (!y) {
		if (needed)
			yaml_error(map, r->d, "%s is missing", key);
		return NULL;
	}
	const char *t = yaml_text(y, r->d);
	return t ? arena_strdup(r->arena, t) : NULL;
}

void
pack_words(struct pack_reader *r, const struct yaml *y, const char *const **out, uint32_t *n)
{
	const char **w = arena_alloc(r->arena, ((y ? y->n : 0) + 1) * sizeof(*w));

	*n = 0;
	*out = w;
	if (!w || !y)
		return;
	if (y->kind == YAML_SCALAR) {
		w[(*n)++] = arena_strdup(r->arena, y->text);
		return;
	}
	if (y->kind != YAML_LIST)
		yaml_error(y, r->d, "%s: a word or a list of words was expected", y->key ? y->key : "");
	yaml_each(c, y)
	{
		const char *t = y->kind == YAML_LIST ? yaml_text(c, r->d) : NULL;
		if (t)
			w[(*n)++] = arena_strdup(r->arena, t);
	}
}

const struct yaml *
pack_list(struct pack_reader *r, const struct yaml *map, const char *key)
{
	const struct yaml *y = yaml_get(map, key);

	if (!y || y->kind == YAML_LIST)
		return y;
	yaml_error(y, r->d, "%s: a list was expected", key);
	return NULL;
}

void
pack_unique(struct pack_reader *r, const struct yaml *y, const char *what, const void *entry, uint32_t n, size_t size)
{
	const char *const *last = (const char *const *) ((const char *) entry + (n - 1) * size);

	for (uint32_t i = 0; *last && i + 1 < n; i++) {
		const char *const *id = (const char *const *) ((const char *) entry + i * size);
		if (*id && strcmp(*id, *last) == 0) {
			yaml_error(y, r->d, "%s %s is there already: a name of its own was expected", what, *last);
			return;
		}
	}
}

void
pack_verified(struct pack_reader *r, const struct yaml *map, const struct cite *c, uint32_t n, bool *out)
{
	const struct yaml *y = yaml_get(map, "verified");
	bool any = false;

	if (!y)
		yaml_error(map, r->d, "verified is missing (true only when somebody has read the source)");
	if (!y || yaml_bool(y, out, r->d) < 0 || !*out)
		return;
	for (uint32_t i = 0; i < n; i++)
		any |= c[i].verified;
	if (!any)
		yaml_error(y, r->d, "verified: true, and none of its sources is: a source with verified: true was expected");
}

int
pack_band(struct pack_reader *r, const struct yaml *map, const char *key, bool needed, uint8_t otherwise)
{
	const struct yaml *y = yaml_get(map, key);
	int b;

	if (!y) {
		if (needed)
			yaml_error(map, r->d, "%s is missing (expected a band of the ladder)", key);
		return otherwise;
	}
	b = y->text ? packs_band(r->p, y->text) : -1;
	if (b < 0)
		yaml_error(y, r->d, "%s: \"%s\" is not a band of the ladder: one from %s to %s was expected", key, y->text ? y->text : "",
		    r->p->n_bands && r->p->band[0].id ? r->p->band[0].id : "?", r->p->n_bands && r->p->band[r->p->n_bands - 1].id ? r->p->band[r->p->n_bands - 1].id : "?");
	return b < 0 ? otherwise : b;
}

/* sources: [ {text, verified, note} | "text" ] */
void
pack_cites(struct pack_reader *r, const struct yaml *map, struct cite *c, uint32_t *n)
{
	static const char *const keys[] = { "text", "verified", "note", NULL };
	const struct yaml *list = yaml_get(map, "sources");

	if (!list || list->kind != YAML_LIST || !list->n) {
		yaml_error(list ? list : map, r->d, "no sources: every entry says where it comes from");
		return;
	}
	yaml_each(y, list)
	{
		struct cite *x = &c[*n];
		if (*n == CITES_MAX) {
			yaml_error(y, r->d, "more than %d sources", CITES_MAX);
			return;
		}
		if (y->kind != YAML_SCALAR && y->kind != YAML_MAP) {
			yaml_error(y, r->d, "a source such as { text: title, verified: false } was expected");
			continue;
		}
		if (y->kind == YAML_SCALAR) {
			*x = (struct cite) { .text = arena_strdup(r->arena, y->text) };
		} else {
			yaml_only(y, keys, r->d);
			*x = (struct cite) { .text = pack_text(r, y, "text", true), .note = pack_text(r, y, "note", false) };
			if (!yaml_get(y, "verified"))
				yaml_error(y, r->d, "verified is missing (true only when somebody has read the source)");
			else
				yaml_bool(yaml_get(y, "verified"), &x->verified, r->d);
		}
		(*n)++;
	}
}

struct expr *
pack_expr(struct pack_reader *r, const struct yaml *y)
{
	struct expr *e = y ? expr_read(y, &r->p->words, r->arena, r->d) : NULL;

	if (e)
		expr_uses(e, &r->p->used_features, &r->p->used_human);
	return e;
}
