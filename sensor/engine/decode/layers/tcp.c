/*
 * tcp - header and options (RFC 9293 section 3.1; RFC 7323, 2018, 2385, 7413 for the options).
 */
#include "engine/decode/layer.h"

/* Shortest and longest length of an option, 0 = any; SACK has its own rule. */
static const struct {
	uint8_t min, max;
} option_len[35] = {
	[2] = { 4, 4 },   /* maximum segment size */
	[3] = { 3, 3 },   /* window scale */
	[4] = { 2, 2 },   /* SACK permitted */
	[5] = { 2, 34 },  /* SACK */
	[8] = { 10, 10 }, /* timestamps */
	[19] = { 18, 18 }, /* MD5 */
	[29] = { 4, 40 }, /* TCP-AO */
	[34] = { 2, 18 }, /* Fast Open cookie */
};

static void
option_value(struct packet *p, struct packet_tcp *t, uint8_t kind, uint8_t len, struct span data)
{
	struct rd r = rd_of(data);

	switch (kind) {
	case 2:
		t->mss = rd_u16(&r);
		break;
	case 3:
		t->wscale = rd_u8(&r);
		if (t->wscale > 14) /* RFC 7323 section 2.3 */
			packet_event_set(p, EV_TCP_OPT_WSCALE);
		break;
	case 4:
		t->sack_ok = true;
		break;
	case 5:
		for (t->sack_n = 0; t->sack_n < 4 && rd_left(&r) >= 8; t->sack_n++) {
			t->sack[t->sack_n].left = rd_u32(&r);
			t->sack[t->sack_n].right = rd_u32(&r);
		}
		break;
	case 8:
		t->has_ts = true;
		t->tsval = rd_u32(&r);
		t->tsecr = rd_u32(&r);
		break;
	case 19:
		t->md5 = true;
		break;
	case 34:
		t->fast_open = true;
		break;
	}
}

static bool
option_ok(uint8_t kind, uint8_t len)
{
	if (kind >= sizeof(option_len) / sizeof(option_len[0]) || option_len[kind].max == 0)
		return true;
	if (len < option_len[kind].min || len > option_len[kind].max)
		return false;
	if (kind == 5)
		return (len - 2) % 8 == 0; /* an empty one is odd but harmless */
	return kind != 34 || (len % 2 == 0 && (len == 2 || len >= 6));
}

static bool
seen_before(const struct packet_tcp *t, uint8_t kind)
{
	if (kind == 34)
		return t->fast_open;
	return kind < 32 && option_len[kind].max && t->options_seen >> kind & 1;
}

static void
options(struct packet *p, struct span in)
{
	struct packet_tcp *t = &p->tcp;
	struct rd r = rd_of(in);

	if (in.n == 12 && memcmp(in.p, "\1\1\10\12", 4) == 0) { /* as RFC 7323 appendix A has it: what most segments carry */
		rd_skip(&r, 4);
		option_value(p, t, 8, 10, rd_rest(&r));
		t->options_seen |= 1u << 1 | 1u << 8;
		return;
	}
	while (rd_left(&r) > 0) {
		uint8_t kind = rd_u8(&r), len;

		if (kind < 2) {
			t->options_seen |= UINT32_C(1) << kind;
			if (kind == 0)
				return;
			continue;
		}
		if (rd_left(&r) == 0)
			return;
		len = rd_u8(&r);
		struct span data = rd_span(&r, len < 2 ? UINT32_MAX : len - 2u);
		if (r.bad) {
			packet_event_set(p, EV_TCP_OPT_INVALID_LEN);
			return;
		}
		if (kind == 254 && data.n >= 2 && data.p[0] == 0xf9 && data.p[1] == 0x89) {
			kind = 34; /* Fast Open before it had a number (RFC 7413 section 4.1.1 footnote) */
			len = (uint8_t) (len - 2);
			data = span_skip(data, 2);
		}
		if (!option_ok(kind, len))
			packet_event_set(p, EV_TCP_OPT_INVALID_LEN);
		else if (seen_before(t, kind))
			packet_event_set(p, EV_TCP_OPT_DUPLICATE);
		else
			option_value(p, t, kind, len, data);
		if (kind < 32)
			t->options_seen |= UINT32_C(1) << kind;
	}
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 20) /* known here, no field below asks again */
		return decode_bad(p, EV_TCP_PKT_TOO_SMALL);
	struct rd r = rd_of(in);
	struct packet_tcp *t = &p->tcp;
	uint16_t sport = rd_u16(&r), dport = rd_u16(&r);

	t->wscale = 0xff;
	t->seq = rd_u32(&r);
	t->ack = rd_u32(&r);
	uint8_t off = rd_u8(&r);
	t->flags = rd_u8(&r);
	t->window = rd_u16(&r);
	rd_skip(&r, 2);
	t->urgent = rd_u16(&r);
	t->header_len = (uint8_t) (off >> 4 << 2);
	if (t->header_len > in.n)
		return decode_bad(p, EV_TCP_HLEN_TOO_SMALL);
	if (t->header_len < 20)
		return decode_bad(p, EV_TCP_INVALID_OPTLEN);
	counter_inc(d->cnt, C_DECODE_TCP);
	p->sport = sport;
	p->dport = dport;
	p->l4_header = span_head(in, t->header_len);
	p->payload = span_skip(in, t->header_len);
	if (t->header_len > 20)
		options(p, span_skip(p->l4_header, 20));
	return true;
}

const struct layer layer_tcp = {
	.name = "tcp",
	.decode = decode,
	.protocols = (const uint16_t[]) { 6, LAYER_END },
};
