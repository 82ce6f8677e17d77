/*
 * rpc - a call of ONC RPC at the beginning of the payload: program, version and procedure; * for any.
 *
 * Spec: RFC 5531 section 9 (call), section 11 (record marking over TCP: 4 bytes in front).
 */
#include "engine/detect/keyword.h"

enum { PROGRAM, VERSION, PROCEDURE, PARTS };
#define CALL 0
#define RPC_VERSION 2

struct arg {
	uint32_t want[PARTS];
	bool any[PARTS];
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char *const names[] = { "program", "version", "procedure" };
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = build_text(b, value), *part[PARTS];
	int n = text ? build_split(b, text, part, PARTS) : 0;

	if (!g)
		return E_NOMEM;
	if (n < 1)
		return build_error(b, 0, "a program, and perhaps a version and a procedure were expected, such as 100003,3,*");
	for (int i = 0; i < PARTS; i++) {
		const struct kw_number *number;

		if (i >= n || (i > PROGRAM && strcmp(part[i], "*") == 0)) {
			g->any[i] = true;
			continue;
		}
		if (build_number(b, part[i], UINT32_MAX, &number) < 0 || number->op != NUM_EQ)
			return build_error(b, 0, "\"%s\": the number of a %s%s was expected", part[i], names[i], i > PROGRAM ? " or *" : "");
		g->want[i] = (uint32_t) number->a;
	}
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct arg *g = a->p;
	struct rd r = rd_of(c->p->payload);

	if (c->p->proto == 6)
		rd_skip(&r, 4);
	rd_skip(&r, 4); /* transaction id */
	if (rd_u32(&r) != CALL || rd_u32(&r) != RPC_VERSION)
		return false;
	for (int i = 0; i < PARTS; i++)
		if (rd_u32(&r) != g->want[i] && !g->any[i])
			return false;
	return !r.bad;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 6, 17 };

	return build_ip_proto(b, protos, 2) < 0 ? E_BAD : build_match(b, match, a, 0);
}

const struct keyword keyword_rpc = {
	.name = "rpc", .help = "a call of ONC RPC: program, version, procedure", .example = "rpc:100003,3,*",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .parse = parse, .setup = setup,
};
