/*
 * script - runs the statements of a script, in order, and keeps the packets by their time.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "mkpcap.h"

#define START 1795143600000000 /* 2026-11-20T03:00:00Z, when a script says no time */

struct statement {
	const char *name, *usage;
	bool (*run)(struct script *s);
};

static bool
statement_host(struct script *s)
{
	const char *name, *text;
	struct host *h = arena_zalloc(&s->keep, sizeof *h);

	if (!take_word(s, "a name for the host", &name))
		return false;
	h->name = arena_strdup(&s->keep, name);
	if (!take_word(s, "an address", &text))
		return false;
	if (addr_parse(&h->a, text) != 0)
		return s->at--, fail(s, "\"%s\" is not an address", text);
	h->mac[0] = 2;
	memcpy(h->mac + 2, h->a.b + 12, 4);
	if (accept(s, "mac") && !take_mac(s, h->mac))
		return false;
	h->next = s->hosts;
	s->hosts = h;
	return true;
}

static bool
statement_at(struct script *s)
{
	return take_time(s, &s->now);
}

static bool
statement_start(struct script *s)
{
	if (!take_time(s, &s->start))
		return false;
	s->now = s->start;
	return true;
}

static bool
statement_wait(struct script *s)
{
	int64_t d;

	if (!take_duration(s, &d))
		return false;
	s->now += d;
	return true;
}

static bool
set_vlan(struct script *s)
{
	int64_t v = 0, w = 0;

	if (accept(s, "none")) {
		s->set.vlan[0] = s->set.vlan[1] = 0;
		return true;
	}
	if (!take_number(s, "a VLAN", 1, 4094, &v) || (!at_end(s) && !take_number(s, "a VLAN", 1, 4094, &w)))
		return false;
	s->set.vlan[0] = (uint32_t) v;
	s->set.vlan[1] = (uint32_t) w;
	return true;
}

static bool
statement_set(struct script *s)
{
	const struct {
		const char *name;
		uint32_t *to;
		int64_t lo, hi;
	} numbers[] = { { "ttl", &s->set.ttl, 0, 255 }, { "window", &s->set.window, 0, 65535 },
		{ "segment", &s->set.segment, 1, 65000 }, { "fragment", &s->set.fragment, 0, 65000 } };
	int64_t v;

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (accept(s, numbers[i].name)) {
			if (!take_number(s, numbers[i].name, numbers[i].lo, numbers[i].hi, &v))
				return false;
			*numbers[i].to = (uint32_t) v;
			return true;
		}
	}
	if (accept(s, "gap"))
		return take_duration(s, &s->set.gap);
	if (accept(s, "vlan"))
		return set_vlan(s);
	bool checksum = accept(s, "checksum"), acks = !checksum && accept(s, "acks");
	bool off = accept(s, checksum ? "bad" : "off");
	if (checksum && (off || accept(s, "good")))
		return s->set.bad_checksum = off, true;
	if (acks && (off || accept(s, "on")))
		return s->set.no_acks = off, true;
	return fail(s, "expected ttl N, window N, segment N, fragment N, gap TIME, vlan N [N], checksum good|bad or acks on|off");
}

/* The body once for each value; from the token of { each time. */
static bool
loop(struct script *s, struct span name, int64_t from, int64_t to, int64_t step, int64_t every)
{
	uint32_t body = s->at;
	int64_t begin = s->now, turns = 0;
	bool ok = true;

	if (peek(s)->kind != TOKEN_OPEN)
		return fail(s, "expected { and a blank, then what to repeat");
	if (s->n_variables == VARIABLES_MAX)
		return fail(s, "more than %d loops in each other", VARIABLES_MAX);
	s->variables[s->n_variables++] = (struct variable) { name, from };
	for (int64_t v = from; v <= to && ok; v += step, turns++) {
		if (every)
			s->now = begin + turns * every;
		s->variables[s->n_variables - 1].value = v;
		s->at = body;
		ok = run_block(s);
	}
	s->n_variables--;
	if (every)
		s->now = begin + turns * every;
	return ok;
}

static bool
statement_repeat(struct script *s)
{
	struct span name = peek(s)->text;
	const char *range, *why;
	int64_t from = 0, to = 0, step = 1, every = 0;

	if (peek(s)->kind != TOKEN_WORD)
		return fail(s, "expected the name of a counter");
	s->at++;
	if (!take_word(s, "FROM..TO", &range))
		return false;
	const char *dots = strstr(range, "..");
	s->at--;
	if (!dots)
		return fail(s, "expected FROM..TO");
	if (!expression(s, span_of(range, (size_t) (dots - range)), &from, &why) || !expression(s, span_str(dots + 2), &to, &why))
		return fail(s, "%s: %s", range, why);
	if (to < from || to - from > 10000000)
		return fail(s, "%s: expected at least one and at most 10000000 turns", range);
	s->at++;
	if (!option_number(s, "step", 1, 1000000, &step) || (accept(s, "every") && !take_duration(s, &every)))
		return false;
	return loop(s, name, from, to, step, every);
}

/* every 10ms x 100 { ... } */
static bool
statement_every(struct script *s)
{
	int64_t every, times;

	if (!take_duration(s, &every))
		return false;
	if (!accept(s, "x"))
		return fail(s, "expected x and how often");
	return take_number(s, "how often", 1, 10000000, &times) && loop(s, SPAN_LIT("n"), 1, times, 1, every);
}

/* What happens at the same time: the clock goes back to where it was. */
static bool
statement_aside(struct script *s)
{
	int64_t now = s->now;

	if (peek(s)->kind != TOKEN_OPEN)
		return fail(s, "expected { and a blank");
	bool ok = run_block(s);
	s->now = now;
	return ok;
}

static bool
statement_to_server(struct script *s)
{
	return statement_send(s, 0);
}

static bool
statement_to_client(struct script *s)
{
	return statement_send(s, 1);
}

static const struct statement statements[] = {
	{ "start", "start TIME                           where the clock begins; at +T counts from here", statement_start },
	{ "at", "at TIME | at +T                      sets the clock", statement_at },
	{ "wait", "wait T                               moves the clock on", statement_wait },
	{ "host", "host NAME ADDRESS [mac MAC]          a name for an address", statement_host },
	{ "set", "set NAME VALUE                       ttl window segment fragment gap vlan checksum acks", statement_set },
	{ "repeat", "repeat I A..B [step N] [every T] { } with a counter I", statement_repeat },
	{ "every", "every T x N { }                      N times, counter n", statement_every },
	{ "aside", "aside { }                            then the clock goes back", statement_aside },
	{ "tcp", "tcp A -> B:PORT [midstream] { } | no-answer [TRIES] | rst", statement_tcp },
	{ "udp", "udp A -> B:PORT { } | DATA", statement_udp },
	{ ">", "> DATA                               from the one who began the flow", statement_to_server },
	{ "<", "< DATA                               from the other", statement_to_client },
	{ "close", "close [server]                       FIN from the client, or the server first", statement_close },
	{ "reset", "reset [server]                       RST from the client, or the server", statement_reset },
	{ "open", "open                                 the connection is not closed", statement_open },
	{ "syn", "syn A -> B:PORT                      one SYN", statement_syn },
	{ "flags", "flags FSRPAUEC|none A -> B:PORT [seq N] [ack N] [DATA]  one TCP packet", statement_flags },
	{ "icmp", "icmp A -> B TYPE CODE [id N] [seq N] [DATA]", statement_icmp },
	{ "arp", "arp request A -> B | arp reply A -> B", statement_arp },
	{ "ip", "ip A -> B PROTOCOL DATA", statement_ip },
	{ "frame", "frame DATA                           a whole frame", statement_frame },
};

void
statements_help(FILE *out)
{
	for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
		fprintf(out, "  %s\n", statements[i].usage);
}

static bool
run_statement(struct script *s)
{
	const struct token *t = peek(s);

	arena_reset(&s->scratch);
	if (++s->steps > s->steps_max) {
		s->stopped = true;
		return fail(s, "more than %" PRIu64 " statements are run", s->steps_max);
	}
	if (t->kind == TOKEN_WORD && t->text.n > 1 && t->text.p[0] == '+')
		return statement_wait(s);
	for (size_t i = 0; t->kind == TOKEN_WORD && i < sizeof statements / sizeof statements[0]; i++) {
		if (accept(s, statements[i].name))
			return statements[i].run(s) && (at_end(s) || fail(s, "expected the end of the statement"));
	}
	return fail(s, "unknown statement \"%.*s\", see mkpcap --help", (int) (t->text.n < 40 ? t->text.n : 40),
	    (const char *) t->text.p);
}

/* Behind the statement that failed: its end outside of blocks. */
static void
skip_statement(struct script *s)
{
	uint32_t depth = 0;

	for (; peek(s)->kind != TOKEN_EOF; s->at++) {
		enum token_kind k = peek(s)->kind;
		if (depth == 0 && (k == TOKEN_END || k == TOKEN_CLOSE))
			return;
		depth += k == TOKEN_OPEN;
		depth -= k == TOKEN_CLOSE;
	}
}

/* Statements up to } or the end. False: one failed; inside a block that ends the block. */
static bool
run_statements(struct script *s, bool inside)
{
	bool ok = true;

	while (!s->stopped) {
		while (peek(s)->kind == TOKEN_END)
			s->at++;
		if (peek(s)->kind == TOKEN_EOF)
			return inside ? fail(s, "expected }") : ok;
		if (peek(s)->kind == TOKEN_CLOSE) {
			if (inside)
				return ok;
			ok = fail(s, "} without {");
			s->at++;
		} else {
			uint32_t begin = s->at;
			if (!run_statement(s)) {
				ok = false;
				s->n_variables = inside ? s->n_variables : 0;
				if (inside)
					return false;
				s->flow = NULL;
				s->at = begin;
				skip_statement(s);
			}
		}
	}
	return false;
}

bool
run_block(struct script *s)
{
	struct settings before = s->set;

	if (s->depth == 64)
		return fail(s, "more than 64 blocks in each other");
	s->at++;
	s->depth++;
	bool ok = run_statements(s, true);
	s->depth--;
	s->set = before;
	if (ok)
		s->at++;
	return ok;
}

void
script_init(struct script *s, struct diag *d)
{
	*s = (struct script) { .diag = d, .start = START, .now = START, .steps_max = 20000000, .packets_max = 5000000 };
	s->set = (struct settings) { .gap = 100, .ttl = 64, .window = 64240, .segment = 1460 };
	arena_init(&s->keep, (size_t) 1 << 30);
	arena_init(&s->scratch, (size_t) 64 << 20);
}

static int
by_time(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : x->number < y->number ? -1 : 1;
}

int
script_run(struct script *s, const char *name, struct span text)
{
	s->name = name;
	if (!lex(s, text) || !run_statements(s, false) || s->diag->errors)
		return E_BAD;
	if (s->n_packets)
		qsort(s->packets, s->n_packets, sizeof *s->packets, by_time);
	return 0;
}

/* The classic format: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/, little-endian. */
void
script_write(const struct script *s, struct buf *out)
{
	put_le32(out, 0xa1b2c3d4);
	put_le16(out, 2);
	put_le16(out, 4);
	put_le32(out, 0);
	put_le32(out, 0);
	put_le32(out, 262144);
	put_le32(out, 1);
	for (uint32_t i = 0; i < s->n_packets; i++) {
		const struct packet *p = &s->packets[i];
		put_le32(out, (uint32_t) (p->at / 1000000));
		put_le32(out, (uint32_t) (p->at % 1000000));
		put_le32(out, p->n);
		put_le32(out, p->n);
		buf_add(out, p->bytes, p->n);
	}
}

void
script_clear(struct script *s)
{
	arena_clear(&s->keep);
	arena_clear(&s->scratch);
	free(s->tokens);
	free(s->packets);
}
