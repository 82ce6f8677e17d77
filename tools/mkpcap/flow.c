/*
 * flow - TCP connections that shake hands, count, acknowledge and close by themselves, and UDP.
 */
#include "mkpcap.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static bool
send_tcp(struct script *s, const struct endpoint *from, const struct endpoint *to, uint32_t seq, uint32_t ack,
    uint32_t flags, struct span data)
{
	struct buf b;

	buf_init(&b, DATA_MAX);
	put_u16(&b, from->port);
	put_u16(&b, to->port);
	put_u32(&b, seq);
	put_u32(&b, ack);
	put_u16(&b, (flags & SYN ? 6u : 5u) << 12 | flags);
	put_u16(&b, s->set.window);
	put_u32(&b, 0);
	if (flags & SYN) { /* MSS, RFC 9293 section 3.7.1 */
		put_u16(&b, 0x0204);
		put_u16(&b, 1460);
	}
	buf_add(&b, data.p, data.n);
	bool ok = send_ip(s, from, to, (struct layer4) { 6, 16, true }, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}

/* A packet of the connection from one side; counts what it takes of the sequence space. */
static bool
segment(struct script *s, struct flow *f, uint32_t side, uint32_t flags, struct span data)
{
	uint32_t ack = flags & ACK ? f->seq[!side] : 0;
	bool ok = send_tcp(s, &f->side[side], &f->side[!side], f->seq[side], ack, flags, data);

	f->seq[side] += data.n + !!(flags & SYN) + !!(flags & FIN);
	return ok;
}

static bool
handshake(struct script *s, struct flow *f)
{
	return segment(s, f, 0, SYN, SPAN_NONE) && segment(s, f, 1, SYN | ACK, SPAN_NONE) && segment(s, f, 0, ACK, SPAN_NONE);
}

static bool
close_flow(struct script *s, struct flow *f, uint32_t first)
{
	f->over = true;
	return segment(s, f, first, FIN | ACK, SPAN_NONE) && segment(s, f, !first, FIN | ACK, SPAN_NONE)
	    && segment(s, f, first, ACK, SPAN_NONE);
}

/* SYNs as a stack sends them again: after 1, 2, 4 ... seconds. */
static bool
no_answer(struct script *s, struct flow *f)
{
	int64_t tries = 1, wait = 1000000;

	if (!at_end(s) && !take_number(s, "how many SYN", 1, 10, &tries))
		return false;
	for (int64_t i = 0; i < tries; i++, wait *= 2) {
		if (!segment(s, f, 0, SYN, SPAN_NONE))
			return false;
		f->seq[0]--;
		if (i + 1 < tries)
			s->now += wait;
	}
	return true;
}

static bool
run_flow(struct script *s, struct flow *f)
{
	struct flow *outer = s->flow;

	s->flow = f;
	bool ok = run_block(s);
	s->flow = outer;
	return ok;
}

bool
statement_tcp(struct script *s)
{
	struct flow f = { .tcp = true };
	uint32_t k = s->next_flow++;

	if (!take_pair(s, true, f.side))
		return false;
	f.seq[0] = 0x10000000u + k * 64007u;
	f.seq[1] = 0x50000000u + k * 64009u;
	if (accept(s, "no-answer"))
		return no_answer(s, &f);
	if (accept(s, "rst"))
		return segment(s, &f, 0, SYN, SPAN_NONE) && segment(s, &f, 1, RST | ACK, SPAN_NONE);
	if (!accept(s, "midstream") && !handshake(s, &f))
		return false;
	if (peek(s)->kind != TOKEN_OPEN)
		return fail(s, "expected { and a blank, no-answer, rst or midstream");
	return run_flow(s, &f) && (f.over || close_flow(s, &f, 0));
}

static bool
send_udp(struct script *s, const struct endpoint *from, const struct endpoint *to, struct span data)
{
	struct buf b;

	buf_init(&b, DATA_MAX);
	put_u16(&b, from->port);
	put_u16(&b, to->port);
	put_u16(&b, 8 + data.n);
	put_u16(&b, 0);
	buf_add(&b, data.p, data.n);
	bool ok = send_ip(s, from, to, (struct layer4) { 17, 6, true }, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}

bool
statement_udp(struct script *s)
{
	struct flow f = { .tcp = false };

	if (!take_pair(s, true, f.side))
		return false;
	if (peek(s)->kind == TOKEN_OPEN)
		return run_flow(s, &f);
	s->flow = &f;
	bool ok = statement_send(s, 0);
	s->flow = NULL;
	return ok;
}

static bool
send_stream(struct script *s, struct flow *f, uint32_t side, struct span data)
{
	while (data.n) {
		struct span part = span_head(data, s->set.segment);
		data = span_skip(data, part.n);
		if (!segment(s, f, side, (data.n ? 0 : PSH) | ACK, part))
			return false;
	}
	return s->set.no_acks || segment(s, f, !side, ACK, SPAN_NONE);
}

bool
statement_send(struct script *s, uint32_t side)
{
	struct flow *f = s->flow;
	struct buf b;

	if (!f)
		return fail(s, "> and < belong into the block of tcp or udp");
	if (f->over)
		return fail(s, "the connection is closed already");
	s->side = side;
	buf_init(&b, DATA_MAX);
	bool ok = take_data(s, &b);
	struct span data = span_of(b.p, b.n);
	if (ok)
		ok = f->tcp ? send_stream(s, f, side, data) : send_udp(s, &f->side[side], &f->side[!side], data);
	buf_clear(&b);
	return ok;
}

static struct flow *
connection(struct script *s)
{
	if (s->flow && s->flow->tcp && !s->flow->over)
		return s->flow;
	fail(s, "no open TCP connection here");
	return NULL;
}

bool
statement_close(struct script *s)
{
	struct flow *f = connection(s);

	return f && close_flow(s, f, accept(s, "server"));
}

bool
statement_reset(struct script *s)
{
	struct flow *f = connection(s);

	if (f)
		f->over = true;
	return f && segment(s, f, accept(s, "server"), RST | ACK, SPAN_NONE);
}

bool
statement_open(struct script *s)
{
	struct flow *f = connection(s);

	if (f)
		f->over = true;
	return f;
}

bool
statement_syn(struct script *s)
{
	struct endpoint e[2];

	return take_pair(s, true, e) && send_tcp(s, &e[0], &e[1], 0x10000000u + s->next_flow++ * 64007u, 0, SYN, SPAN_NONE);
}

bool
statement_flags(struct script *s)
{
	static const char letters[] = "FSRPAUEC";
	struct endpoint e[2];
	const char *text;
	uint32_t flags = 0;
	int64_t seq = 1, ack = 0;
	struct buf b;

	if (!take_word(s, "letters of FSRPAUEC, or none", &text))
		return false;
	for (const char *c = strcmp(text, "none") == 0 ? "" : text; *c; c++) {
		if (!strchr(letters, *c))
			return s->at--, fail(s, "\"%c\" is no TCP flag, expected letters of %s", *c, letters);
		flags |= 1u << (strchr(letters, *c) - letters);
	}
	if (!take_pair(s, true, e) || !option_number(s, "seq", 0, UINT32_MAX, &seq) || !option_number(s, "ack", 0, UINT32_MAX, &ack))
		return false;
	buf_init(&b, DATA_MAX);
	bool ok = take_data(s, &b)
	    && send_tcp(s, &e[0], &e[1], (uint32_t) seq, (uint32_t) ack, flags, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}
