/*
 * flow_count - reading "toserver,>5".
 */
#include "engine/detect/flow_count.h"

uint8_t
flow_dirs(const char *text)
{
	static const char *const names[] = { "", "toserver", "toclient", "either", "both" };

	for (uint8_t i = 1; i < 5; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return 0;
}

int
flow_count_parse(struct build *b, const char *value, uint64_t max, union kw_arg *out)
{
	static const char expected[] = "expected toserver, toclient, either or both, a comma and a number such as >5";
	struct flow_count *c = arena_zalloc(build_arena(b), sizeof(*c));
	const char *text = build_text(b, value), *part[2];

	if (!c)
		return E_NOMEM;
	if (!text || build_split(b, text, part, 2) != 2 || !(c->dirs = flow_dirs(part[0])))
		return build_error(b, 0, "bad direction, %s", expected);
	if ((c->both = c->dirs == 4))
		c->dirs = 3;
	if (build_number(b, part[1], max, &c->number) < 0)
		return build_error(b, 0, "bad number \"%s\", %s", part[1], expected);
	out->p = c;
	return 0;
}
