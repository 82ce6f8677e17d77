/*
 * xbits - marks of addresses or pairs of them, with an end, or of a transaction. hostbits is the older form.
 *
 * Each worker keeps its own table: marks of an address whose flows fall to different workers are not shared.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "engine/detect/build.h"
#include "engine/detect/marks.h"

enum side { BY_SRC, BY_DST, BY_PAIR };
struct xbit {
	uint32_t id;
	enum side side;
	int64_t expire;
};

static const struct addr *
first(const struct match_ctx *c, const struct xbit *x)
{
	return x->side == BY_DST ? &c->p->dst : &c->p->src;
}

static const struct addr *
second(const struct match_ctx *c, const struct xbit *x)
{
	return x->side == BY_PAIR ? &c->p->dst : NULL;
}

static bool
isset(const struct match_ctx *c, const union kw_arg *a)
{
	const struct xbit *x = a->p;

	return addr_bits_has(detect_bits(c->d), x->id, first(c, x), second(c, x), c->p->ts);
}

static bool
isnotset(const struct match_ctx *c, const union kw_arg *a)
{
	return !isset(c, a);
}

static void
set(const struct match_ctx *c, const union kw_arg *a)
{
	const struct xbit *x = a->p;

	addr_bits_set(detect_bits(c->d), x->id, first(c, x), second(c, x), c->p->ts, c->p->ts + x->expire);
}

static void
unset(const struct match_ctx *c, const union kw_arg *a)
{
	const struct xbit *x = a->p;

	addr_bits_clear(detect_bits(c->d), x->id, first(c, x), second(c, x));
}

static void
toggle(const struct match_ctx *c, const union kw_arg *a)
{
	if (isset(c, a))
		unset(c, a);
	else
		set(c, a);
}

static int
command(struct build *b, const char *cmd, const struct xbit *x, enum order_class order)
{
	union kw_arg arg = { .p = x };
	bool reads = !strcmp(cmd, "isset") || !strcmp(cmd, "isnotset");

	build_order(b, order, reads ? ORDER_READS : ORDER_SETS);
	if (!strcmp(cmd, "isset"))
		return build_match(b, isset, &arg, 1);
	if (!strcmp(cmd, "isnotset"))
		return build_match(b, isnotset, &arg, 1);
	if (!strcmp(cmd, "set"))
		return build_act(b, set, &arg);
	if (!strcmp(cmd, "unset"))
		return build_act(b, unset, &arg);
	if (!strcmp(cmd, "toggle"))
		return build_act(b, toggle, &arg);
	return build_error(b, 0, "unknown command \"%s\": set, unset, toggle, isset or isnotset was expected", cmd);
}

/* ---- of a transaction ---- */

static bool
tx_isset(const struct match_ctx *c, const union kw_arg *a)
{
	return tx_bit(c->tx, ((const struct xbit *) a->p)->id);
}

static void
tx_set(const struct match_ctx *c, const union kw_arg *a)
{
	if (c->tx)
		tx_bit_set(c->tx, detect_pool(c->d), ((const struct xbit *) a->p)->id);
}

static int
of_tx(struct build *b, const char *cmd, struct xbit *x)
{
	static const struct keyword asks = { .name = "xbits", .match = tx_isset };
	union kw_arg *arg = arena_zalloc(build_arena(b), sizeof(*arg));

	if (!arg)
		return E_NOMEM;
	arg->p = x;
	if (!b->apps)
		build_warning(b, "sid %u: track tx has no effect in a rule that is not on a protocol's transactions", build_rule(b)->sid);
	if (strcmp(cmd, "set") && !b->apps)
		return build_error(b, 0, "track tx is for rules on a protocol's transactions");
	build_order(b, ORDER_XBITS, strcmp(cmd, "set") ? ORDER_READS : ORDER_SETS);
	if (!strcmp(cmd, "set"))
		return build_act(b, tx_set, arg);
	if (!strcmp(cmd, "isset"))
		return build_part(b, &(struct part) { .kind = PART_TX, .dirs = 3, .tx = { &asks, arg } });
	return build_error(b, 0, "\"%s\": of a transaction there are set and isset only", cmd);
}

static bool
never(const struct match_ctx *c, const union kw_arg *a)
{
	return false;
}

/* Without "track" there is nothing to mark: as in the reference such a rule loads, sets nothing and finds nothing set. */
static int
of_nothing(struct build *b, const char *cmd)
{
	bool reads = !strcmp(cmd, "isset") || !strcmp(cmd, "isnotset");

	if (!reads && strcmp(cmd, "set") && strcmp(cmd, "unset") && strcmp(cmd, "toggle"))
		return build_error(b, 0, "unknown command \"%s\": set, unset, toggle, isset or isnotset was expected", cmd);
	build_warning(b, "sid %u: xbits without track %s; expected track ip_src, ip_dst, ip_pair or tx", build_rule(b)->sid,
	    reads ? "never matches" : "has no effect");
	return reads ? build_match(b, never, NULL, 0) : 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct xbit *x = arena_zalloc(build_arena(b), sizeof(*x));
	const char *v[4], *track, *by;
	int n = build_split(b, a->text, v, 4);

	if (!x)
		return E_NOMEM;
	if (n == 1 && !strcmp(v[0], "noalert")) {
		build_require(b, KW_NOALERT);
		return 0;
	}
	track = n >= 3 ? v[2] : "";
	if (n == 2 || (n == 3 && !strncmp(track, "expire ", 7)))
		return of_nothing(b, v[0]);
	by = strncmp(track, "track", 5) ? NULL : track + 5 + strspn(track + 5, " ");
	if (!by)
		return build_error(b, 0, "\"command,name,track ip_src|ip_dst|ip_pair|tx[,expire seconds]\" was expected");
	if (!strcmp(by, "ip_src"))
		x->side = BY_SRC;
	else if (!strcmp(by, "ip_dst"))
		x->side = BY_DST;
	else if (!strcmp(by, "ip_pair"))
		x->side = BY_PAIR;
	else if (!strcmp(by, "tx")) {
		x->id = build_name(b, NAME_XBIT, arena_printf(build_arena(b), "tx %s", v[1]));
		return of_tx(b, v[0], x);
	} else
		return build_error(b, 0, "\"%s\": ip_src, ip_dst, ip_pair or tx was expected", by);
	x->expire = 30 * NS_PER_S;
	if (n == 4) {
		char *end = NULL;
		long s = strncmp(v[3], "expire", 6) ? -1 : strtol(v[3] + 6, &end, 10);
		if (s <= 0 || *end)
			return build_error(b, 0, "\"%s\": expire and a number of seconds was expected", v[3]);
		x->expire = s * NS_PER_S;
	}
	x->id = build_name(b, NAME_XBIT, v[1]);
	return command(b, v[0], x, ORDER_XBITS);
}

int
xbits_setup_hostbits(struct build *b, const union kw_arg *a)
{
	struct xbit *x = arena_zalloc(build_arena(b), sizeof(*x));
	const char *v[3];
	int n = build_split(b, a->text, v, 3);

	if (!x)
		return E_NOMEM;
	if (n == 1 && !strcmp(v[0], "noalert")) {
		build_require(b, KW_NOALERT);
		return 0;
	}
	if (n < 2)
		return build_error(b, 0, "\"command,name[,src|dst]\" was expected");
	if (n == 3 && strcmp(v[2], "src") && strcmp(v[2], "dst"))
		return build_error(b, 0, "\"%s\": src or dst was expected", v[2]);
	x->side = n == 3 && !strcmp(v[2], "dst") ? BY_DST : BY_SRC;
	x->expire = 300 * NS_PER_S;
	x->id = build_name(b, NAME_XBIT, arena_printf(build_arena(b), "host %s", v[1]));
	return command(b, v[0], x, ORDER_HOSTBITS);
}

const struct keyword keyword_xbits = {
	.name = "xbits", .help = "marks an address or a pair of them for some time, or asks for a mark",
	.example = "xbits:set,name,track ip_src,expire 60", .scope = KW_FLOW, .arg = ARG_STRING, .setup = setup,
};
