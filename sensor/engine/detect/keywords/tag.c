/*
 * tag - further packets of the flow or of a host are logged.
 *
 * Semantics: Suricata 8 user guide, "Tag". Each worker keeps its own table of hosts, as with xbits.
 */
#include <stdlib.h>

#include "engine/detect/build.h"
#include "engine/detect/tags.h"

#define COUNT_USUAL 256

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char *const metric[] = { "packets", "bytes", "seconds" };
	struct tag_spec *s = arena_zalloc(build_arena(b), sizeof(*s));
	const char *text = build_text(b, value), *v[4];
	int n = text ? build_split(b, text, v, 4) : 0;
	unsigned m = 0;
	char *end;

	if (!s)
		return E_NOMEM;
	if (n < 1 || n == 2 || (strcmp(v[0], "session") && strcmp(v[0], "host")))
		return build_error(b, 0, "expected session or host[, count, packets|bytes|seconds[, src|dst]]");
	*s = (struct tag_spec) { .host = v[0][0] == 'h', .metric = TAG_PACKETS, .count = COUNT_USUAL };
	if (n > 1) {
		unsigned long c = strtoul(v[1], &end, 10);
		for (; m < 3 && strcmp(v[2], metric[m]); m++)
			;
		if (*end || c > UINT32_MAX || m == 3)
			return build_error(b, 0, "\"%s,%s\" is not a count of packets, bytes or seconds", v[1], v[2]);
		s->metric = (enum tag_metric) m;
		s->count = (uint32_t) c;
	}
	if (n == 4 && strcmp(v[3], "src") && strcmp(v[3], "dst"))
		return build_error(b, 0, "\"%s\" is no direction, src or dst", v[3]);
	if (n == 4 && !s->host)
		build_warning(b, "sid %u: only host has a direction, %s is without effect", build_rule(b)->sid, v[3]);
	s->by_src = n == 4 && v[3][0] == 's';
	if (s->host)
		b->rs->host_tags = true;
	out->p = s;
	return 0;
}

static void
act(const struct match_ctx *c, const union kw_arg *a)
{
	const struct tag_spec *s = a->p;

	if (s->host)
		detect_tag_host(c->d, s, c->p);
	else if (c->in->marks)
		tag_flow(c->in->marks, detect_pool(c->d), s, c->p);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_act(b, act, a);
}

const struct keyword keyword_tag = {
	.name = "tag", .help = "further packets of the flow or host are logged (records of the type packet)", .example = "tag:session,5,packets",
	.scope = KW_ACTION, .arg = ARG_CUSTOM, .flags = KW_IPONLY, .parse = parse, .setup = setup,
};
