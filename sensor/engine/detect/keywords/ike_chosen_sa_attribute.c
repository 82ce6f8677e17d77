/*
 * ike.chosen_sa_attribute - an attribute of what the responder chose: "alg_enc=7".
 */
#include "engine/app/protocols/ike.h"
#include "engine/detect/build.h"

struct wanted {
	unsigned kind;
	const struct kw_number *value;
};

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct wanted *w = a->p;
	uint32_t value;

	return ike_chosen((const struct ike_tx *) c->tx, w->kind, &value) && kw_number_has(w->value, value);
}

/* "name=number", or another comparison where = stands. */
static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const uint8_t kinds[] = { IKE_ENC, IKE_HASH, IKE_AUTH, IKE_DH, IKE_PRF, IKE_GROUP_TYPE, IKE_LIFE_TYPE, IKE_LIFE_DURATION,
		IKE_KEY_LENGTH, IKE_FIELD_SIZE };
	struct wanted *w = arena_zalloc(build_arena(b), sizeof(*w));
	const char *text = build_text(b, value);
	size_t n = text ? strcspn(text, " =<>!") : 0;

	if (!w)
		return E_NOMEM;
	for (size_t i = 0; i < sizeof(kinds); i++)
		if (n == strlen(ike_attribute_name(kinds[i])) && memcmp(text, ike_attribute_name(kinds[i]), n) == 0)
			w->kind = kinds[i];
	if (!w->kind)
		return build_error(b, 0, "alg_enc, alg_hash, alg_auth, alg_dh, alg_prf, sa_group_type, sa_life_type, sa_life_duration, "
		    "sa_key_length or sa_field_size and a number are expected, such as alg_enc=7");
	text += n + strspn(text + n, " ");
	text += *text == '=';
	if (build_number(b, text, UINT32_MAX, &w->value) < 0)
		return build_error(b, 0, "\"%s\" is not a number", text);
	out->p = w;
	return 0;
}

const struct keyword keyword_ike_chosen_sa_attribute = {
	.name = "ike.chosen_sa_attribute", .help = "an attribute of the security association that the responder chose",
	.example = "ike.chosen_sa_attribute:alg_hash=2", .scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "ike",
	.dirs = 2, .progress = { 1, 1 },
};
