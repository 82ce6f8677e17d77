/*
 * cip_service - a CIP message has this service; of requests also class and attribute.
 */
#include "engine/app/protocols/enip.h"
#include "engine/detect/build.h"

struct service {
	unsigned n;
	uint32_t want[3]; /* service, class, attribute */
};

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct service *s = a->p;

	return enip_has_service(c->tx, c->dir, s->want, s->n);
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const uint64_t max[3] = { 127, UINT16_MAX, UINT16_MAX };
	struct service *s = arena_zalloc(build_arena(b), sizeof(*s));
	const struct kw_number *number;
	const char *text = build_text(b, value), *part[3];
	int n = text ? build_split(b, text, part, 3) : -1;

	if (!s)
		return E_NOMEM;
	if (n < 1)
		return build_error(b, 0, "a service is expected, then maybe a class and an attribute, such as 16,246,6");
	for (int i = 0; i < n; i++) {
		if (build_number(b, part[i], max[i], &number) < 0 || number->op != NUM_EQ)
			return build_error(b, 0, "\"%s\" is not a number from 0 to %u", part[i], (unsigned) max[i]);
		s->want[i] = (uint32_t) number->a;
	}
	s->n = (unsigned) n;
	out->p = s;
	return 0;
}

const struct keyword keyword_cip_service = {
	.name = "cip_service", .help = "a CIP message has this service; of requests also class and attribute", .example = "cip_service:16,246,6",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "enip", .dirs = 3, .progress = { 1, 1 },
};
