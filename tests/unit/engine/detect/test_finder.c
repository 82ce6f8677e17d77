/*
 * However rules are found - by a pattern at its one place or another one that is, by ports, by the size of the payload, by between whom
 * a packet goes, by a search, by comparing - the same ones match: random rules on random payloads against what each of them says, computed here byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/detect/detect.h"
#include "dice.h"

#define RULES 240
#define PACKETS 4000
#define PAYLOAD 24

struct wish {
	char text[10];
	uint32_t n;
	uint32_t lo, hi; /* places from and to (end), of a payload of any length */
	bool nocase;
	char also[3];
	uint32_t n_also, also_at; /* a second content, at one place */
	uint32_t least, most;     /* bytes of payload */
	uint16_t sport, dport; /* 0: any; 1: 1000 and above */
	uint8_t src, dst;      /* of nets */
	bool both_ways;
};

/* Most rules name the first two, or everything but them; hosts are in none of those named behind it. */
static const struct net {
	const char *text;
	uint8_t has; /* of hosts, a bit each */
} nets[] = { { "[10.0.0.0/8,2001:db8:1::/48]", 0x23 }, { "![10.0.0.0/8,2001:db8:1::/48]", 0x5c }, { "any", 0x7f }, { "10.1.0.0/16", 0x02 },
	{ "[10.1.0.0/16,192.0.2.0/24]", 0x06 }, { "![10.1.0.0/16,192.0.2.0/24]", 0x79 }, { "2001:db8::/32", 0x60 } };
static const char *const hosts[] = { "10.0.0.1", "10.1.0.1", "192.0.2.2", "198.51.100.1", "9.255.255.255", "2001:db8:1::1", "2001:db8:2::1" };

static struct wish wishes[RULES];
static uint16_t
some_port(bool wide)
{
	static const uint16_t ports[] = { 9, 53, 80, 1000, 4000 };
	uint32_t k = dice(wide ? 9 : 5);

	return k < 5 ? ports[k] : k == 5 ? 1 : 0;
}

static void
port_text(char *out, size_t cap, uint16_t port)
{
	if (port > 1)
		snprintf(out, cap, "[%u,7]", port);
	else
		snprintf(out, cap, "%s", port ? "1000:" : "any");
}

/* A second content, and what the rule asks of the size. */
static void
write_more(struct wish *w, char *out, size_t cap)
{
	uint32_t a = dice(PAYLOAD), b = dice(8);
	int n = 0;

	w->n_also = dice(3) == 0 ? 1 + dice(3) : 0;
	w->also_at = dice(4);
	for (uint32_t k = 0; k < w->n_also; k++)
		w->also[k] = "aAbx"[dice(4)];
	if (w->n_also)
		n = snprintf(out, cap, "content:\"%.*s\"; offset:%u; depth:%u; ", (int) w->n_also, w->also, w->also_at, w->n_also);
	w->least = 0;
	w->most = PAYLOAD;
	switch (w->n && dice(3) ? 6 : dice(6)) {
	case 0:
		w->least = w->most = a;
		snprintf(out + n, cap - (size_t) n, "dsize:%u; ", a);
		break;
	case 1:
		w->least = a + 1;
		snprintf(out + n, cap - (size_t) n, "dsize:>%u; ", a);
		break;
	case 2:
		w->most = a;
		snprintf(out + n, cap - (size_t) n, "dsize:<%u; ", a + 1);
		break;
	case 3:
		w->least = a + 1;
		w->most = a + b + 1;
		snprintf(out + n, cap - (size_t) n, "dsize:%u<>%u; ", a, a + b + 2);
		break;
	case 4:
		w->least = a;
		snprintf(out + n, cap - (size_t) n, "dsize:>=%u; ", a);
		break;
	case 5:
		w->most = a;
		snprintf(out + n, cap - (size_t) n, "dsize:<=%u; ", a);
		break;
	}
}

static int
write_rule(char *out, size_t cap, uint32_t i)
{
	struct wish *w = &wishes[i];
	char place[96] = "", from[16], to[16], more[96] = "", content[160] = "";
	static const uint8_t often[] = { 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6 };
	uint32_t kind = dice(5), at = dice(6);

	w->n = i % 6 ? 1 + dice(6) : 0;
	for (uint32_t k = 0; k < w->n; k++)
		w->text[k] = "aAbx"[dice(4)];
	w->nocase = dice(3) == 0;
	w->sport = dice(4) ? 0 : some_port(true);
	w->dport = some_port(true);
	w->lo = 0;
	w->hi = PAYLOAD;
	if (kind == 0) { /* one place, by depth */
		w->lo = at;
		w->hi = at + w->n;
		snprintf(place, sizeof(place), at ? "offset:%u; depth:%u; " : "depth:%u; ", at ? at : w->n, w->n);
	} else if (kind == 1) { /* the beginning */
		w->hi = w->n;
		snprintf(place, sizeof(place), "startswith; ");
	} else if (kind == 2) { /* a stretch */
		w->lo = at;
		w->hi = at + w->n + 1 + dice(4);
		snprintf(place, sizeof(place), "offset:%u; depth:%u; ", w->lo, w->hi - w->lo);
	} else if (kind == 3) {
		w->lo = at;
		snprintf(place, sizeof(place), "offset:%u; ", at);
	}
	if (w->n > 2 && dice(4) == 0)
		snprintf(place + strlen(place), sizeof(place) - strlen(place), "fast_pattern:1,%u; ", w->n - 1);
	port_text(from, sizeof(from), w->sport);
	port_text(to, sizeof(to), w->dport);
	w->src = often[dice(11)];
	w->dst = often[dice(11)];
	w->both_ways = dice(6) == 0;
	write_more(w, more, sizeof(more));
	if (w->n)
		snprintf(content, sizeof(content), "content:\"%.*s\"; %s%s", (int) w->n, w->text, place, w->nocase ? "nocase; " : "");
	return snprintf(out, cap, "alert udp %s %s %s %s %s (%s%ssid:%u;)\n", nets[w->src].text, from, w->both_ways ? "<>" : "->",
	    nets[w->dst].text, to, content, more, i + 1);
}

static bool
port_fits(uint16_t want, uint16_t port)
{
	return want == 0 || (want == 1 ? port >= 1000 : port == want || port == 7);
}

static bool
bytes_fit(const struct wish *w, const uint8_t *p)
{
	for (uint32_t i = 0; i < w->n; i++) {
		char a = (char) p[i], b = w->text[i];
		if (w->nocase ? (a | 0x20) != (b | 0x20) : a != b)
			return false;
	}
	return true;
}

static bool
ends_fit(const struct wish *w, uint16_t sport, uint16_t dport, uint32_t src, uint32_t dst)
{
	return port_fits(w->sport, sport) && port_fits(w->dport, dport) && nets[w->src].has >> src & 1 && nets[w->dst].has >> dst & 1;
}

static bool
fits(const struct wish *w, const struct packet *p, uint32_t src, uint32_t dst)
{
	uint32_t end = p->payload.n < w->hi ? p->payload.n : w->hi;

	if (!ends_fit(w, p->sport, p->dport, src, dst) && !(w->both_ways && ends_fit(w, p->dport, p->sport, dst, src)))
		return false;
	if (p->payload.n < w->least || p->payload.n > w->most)
		return false;
	if (w->n_also && (p->payload.n < w->also_at + w->n_also || memcmp(p->payload.p + w->also_at, w->also, w->n_also)))
		return false;
	if (!w->n)
		return true;
	for (uint32_t at = w->lo; at + w->n <= end; at++)
		if (bytes_fit(w, p->payload.p + at))
			return true;
	return false;
}

static void
test_same_as_said(void **state)
{
	static const struct detect_conf conf = { .packet_alert_max = 255, .pcre_match_limit = 3500, .pcre_recursion_limit = 1500,
		.inspection_recursion_limit = 3000 };
	static const struct apps_conf apps;
	static const uint8_t header[28] = { 0x45 };
	struct rule_set set;
	struct rule_vars *vars = rule_vars_new();
	struct diag diag;
	struct counters counters = { 0 };
	char *text = malloc((size_t) RULES * 256);
	size_t n = 0;
	uint64_t matched = 0;

	(void) state;
	assert_non_null(text);
	for (uint32_t i = 0; i < RULES; i++)
		n += (size_t) write_rule(text + n, 256, i);
	rule_set_init(&set);
	diag_init(&diag, 0);
	assert_int_equal(rule_set_read_text(&set, "t.rules", span_of(text, n), vars, &diag), 0);
	struct ruleset_in in = { .rules = &set, .apps = &apps, .conf = &conf, .generation = 1 };
	struct ruleset *rules = ruleset_build(&in, &diag);
	if (diag.errors)
		diag_print(&diag, stderr);
	assert_int_equal(diag.errors, 0);
	struct pool *pool = pool_new((size_t) 8 << 20);
	struct detect *detect = detect_new(rules, &conf, pool, &counters);
	assert_non_null(detect);
	for (uint32_t i = 0; i < PACKETS; i++) {
		const struct detect_alert *out;
		bool told[RULES] = { false };
		uint8_t payload[PAYLOAD];
		uint32_t size = dice(PAYLOAD + 1);
		for (uint32_t k = 0; k < size; k++)
			payload[k] = (uint8_t) "aAbx"[dice(4)];
		uint32_t src = dice(7), dst = src < 5 ? dice(5) : 5 + dice(2);
		struct packet p = { .num = i + 1, .ts = 1, .ip_version = src < 5 ? 4 : 6, .proto = 17, .sport = some_port(false), .dport = some_port(false),
			.payload = span_of(payload, size), .l3 = span_of(header, 20), .l4 = span_of(header + 20, 8) };
		struct detect_in now = { .p = &p };
		addr_parse(&p.src, hosts[src]);
		addr_parse(&p.dst, hosts[dst]);
		unsigned alerts = detect_packet(detect, &now, &out);
		for (unsigned k = 0; k < alerts; k++)
			told[ruleset_cards(rules)->card[out[k].card].sid - 1] = true;
		for (uint32_t k = 0; k < RULES; k++) {
			matched += told[k];
			if (told[k] != fits(&wishes[k], &p, src, dst))
				fail_msg("packet %u \"%.*s\" %s %u -> %s %u, rule %u: %s", i, (int) size, (const char *) payload, hosts[src], p.sport, hosts[dst], p.dport, k + 1,
				    told[k] ? "must not match" : "must match");
		}
	}
	assert_true(matched > PACKETS / 2); /* there was something to find */
	detect_free(detect);
	ruleset_unref(rules);
	pool_free(pool);
	diag_clear(&diag);
	rule_vars_free(vars);
	rule_set_clear(&set);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_said),
	};

	seed = 7;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
