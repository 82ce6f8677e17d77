/*
 * tos - the type of service byte of the IPv4 header; hexadecimal is written x10, as Snort did.
 */
#include "engine/detect/keyword.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const char *text = build_text(b, value), *x = text ? text + strspn(text, "! ") : NULL;

	if (x && (*x == 'x' || *x == 'X'))
		text = arena_printf(build_arena(b), "%s0%s", *text == '!' ? "!" : "", x);
	if (!text || build_number(b, text, 255, &out->number) < 0)
		return build_error(b, 0, "bad tos, expected 0..255 or x00..xff, perhaps with '!' before it");
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->ip_version == 4 && kw_number_has(a->number, c->p->tos);
}

const struct keyword keyword_tos = {
	.name = "tos", .help = "type of service byte of the IPv4 header", .example = "tos:!8",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .parse = parse, .match = match,
};
