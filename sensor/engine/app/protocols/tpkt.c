/*
 * tpkt - ISO transport over TCP.
 *
 * Spec: RFC 1006 (TPKT); ISO 8073 / X.224 section 13 (COTP: CR, CC, DT).
 *
 *   TPKT  0x03 0x00 length(2)     COTP  length(1) type(1): 0xe0 CR, 0xd0 CC, 0xf0 DT + EOT|number(1)
 */
#include "engine/app/protocols/tpkt.h"

enum { COTP_CR = 0xe0, COTP_CC = 0xd0, COTP_DT = 0xf0 };

static void
tpdu(struct app *a, struct tpkt *st, int dir, struct span s, const struct tpkt_user *u)
{
	struct rd r = rd_of(s);
	uint8_t n = rd_u8(&r), type = rd_u8(&r), number = rd_u8(&r);
	struct bytes *part = &st->part[dir];

	if (r.bad || type != COTP_DT)
		return;
	r = rd_of(s);
	rd_skip(&r, n + 1u);
	if (number & 0x80 && part->n == 0) {
		u->unit(a, st, dir, rd_rest(&r));
		return;
	}
	if (app_keep(a, part, rd_rest(&r), 65536) < 0)
		bytes_release(a, part);
	if (number & 0x80) {
		u->unit(a, st, dir, bytes_span(part));
		bytes_release(a, part);
	}
}

int
tpkt_feed(struct app *a, void *state, int dir, struct span bytes, const struct tpkt_user *u)
{
	struct tpkt *st = state;
	uint32_t taken = 0;

	if (st->resync[dir] && tpkt_probe(bytes, dir, u) != PROBE_YES)
		return (int) bytes.n;
	st->resync[dir] = false;
	while (bytes.n - taken >= 4) {
		struct rd r = rd_of(span_skip(bytes, taken));
		uint16_t start = rd_u16(&r), n = rd_u16(&r);
		struct span body;

		if (start != 0x0300 || n < 7) {
			app_event(a, NULL, u->invalid);
			st->resync[dir] = true;
			return (int) bytes.n;
		}
		body = rd_span(&r, n - 4u);
		if (r.bad)
			break;
		tpdu(a, st, dir, body, u);
		taken += n;
	}
	return (int) taken;
}

int
tpkt_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct tpkt *st = state;

	bytes_release(a, &st->part[dir]);
	st->resync[dir] = true;
	return 0;
}

void
tpkt_clear(struct app *a, void *state)
{
	bytes_release(a, &((struct tpkt *) state)->part[0]);
	bytes_release(a, &((struct tpkt *) state)->part[1]);
}

/* CR and CC of S7 and MMS name their TSAPs, those of remote desktop do not. */
static bool
has_tsap(struct span s)
{
	struct rd r = rd_of(s);
	bool src = false, dst = false;

	rd_skip(&r, 7);
	while (rd_left(&r)) {
		uint8_t code = rd_u8(&r);

		src |= code == 0xc1;
		dst |= code == 0xc2;
		rd_skip(&r, rd_u8(&r));
	}
	return src && dst && !r.bad;
}

enum app_probe
tpkt_probe(struct span s, int dir, const struct tpkt_user *u)
{
	struct rd r = rd_of(s);
	bool reversed = false;

	while (rd_left(&r) >= 4) {
		uint16_t start = rd_u16(&r), n = rd_u16(&r);
		bool whole = true;
		struct span body;
		struct rd b;
		enum app_probe p;
		uint8_t type, number;

		if (start != 0x0300 || n < 7 || n > 8192)
			return PROBE_NO;
		body = rd_span(&r, n - 4u);
		if (r.bad) { /* of a data unit the first bytes may be enough */
			r.bad = whole = false;
			body = rd_rest(&r);
		}
		b = rd_of(body);
		n = rd_u8(&b);
		type = rd_u8(&b);
		if (b.bad)
			return PROBE_MORE;
		if (type == COTP_CR || type == COTP_CC) {
			if (body.n != n + 1u)
				return body.n > n + 1u ? PROBE_NO : PROBE_MORE;
			if (!has_tsap(body))
				return PROBE_NO;
			reversed |= (type == COTP_CR) == (dir == TO_CLIENT);
			continue;
		}
		if (type != COTP_DT || n != 2)
			return PROBE_NO;
		number = rd_u8(&b);
		if (b.bad)
			return PROBE_MORE;
		p = u->judge(rd_rest(&b), whole && number & 0x80);
		return p == PROBE_YES && reversed ? PROBE_REVERSED : p == PROBE_MORE && whole && number & 0x80 ? PROBE_NO : p;
	}
	return PROBE_MORE;
}
