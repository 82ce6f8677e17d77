/*
 * Rule text, a line of 0xff, payload: the rules are built and look at the payload as UDP and as TCP.
 */
#include <stdlib.h>

#include "engine/detect/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(struct ruleset *r, const struct detect_conf *conf, struct span payload)
{
	static struct counters cnt;
	struct pool *pool = pool_new(1 << 20);
	struct detect *d = pool ? detect_new(r, conf, pool, &cnt) : NULL;
	struct flow *f = calloc(1, sizeof(*f));
	struct marks marks = { 0 };
	const struct detect_alert *a;

	for (unsigned i = 0; d && f && i < 4; i++) {
		struct packet p = { .ip_version = 4, .proto = i & 1 ? 6 : 17, .payload = payload, .sport = 1, .dport = 2, .dir = i / 2 };
		struct detect_in in = { .p = &p, .flow = f, .marks = &marks, .established = true };
		p.src.w[2] = p.dst.w[2] = __builtin_bswap32(0xffff);
		unsigned n = detect_packet(d, &in, &a);
		if (n > conf->packet_alert_max)
			abort();
	}
	if (d)
		detect_flow_end(d, &marks, NULL);
	if (pool && pool_used(pool))
		abort();
	detect_free(d);
	free(f);
	pool_free(pool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct detect_conf conf = { .packet_alert_max = 15, .pcre_match_limit = 500, .pcre_recursion_limit = 200,
		.inspection_recursion_limit = 500 };
	const uint8_t *cut = memchr(data, 0xff, size);
	struct span text = span_of(data, cut ? (size_t) (cut - data) : size);
	struct span payload = cut ? span_of(cut + 1, size - text.n - 1) : SPAN_NONE;
	struct rule_set set;
	struct diag d;
	struct rule_vars *vars = rule_vars_new();

	rule_set_init(&set);
	diag_init(&d, 100);
	rule_set_read_text(&set, "fuzz.rules", text, vars, &d);
	struct ruleset_in in = { .rules = &set, .conf = &conf };
	struct ruleset *r = ruleset_build(&in, &d);
	if (r) {
		look(r, &conf, payload);
		ruleset_unref(r);
	}
	rule_set_clear(&set);
	rule_vars_free(vars);
	diag_clear(&d);
	return 0;
}
