/*
 * share - whose frame it is, when several workers read one file.
 *
 * Thread:    any; values only.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  live interfaces: the kernel shares those -> ../capture/sources/live.c
 */
#include "engine/decode/decode.h"

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* The same for both orders of the two addresses: the sum of what each gives alone. */
static uint64_t
of_ip(struct span ip)
{
	struct rd r = rd_of(ip);
	uint8_t version = rd_u8(&r) >> 4;
	uint64_t a, b, c, e;

	if (version == 4) {
		rd_skip(&r, 11);
		a = rd_u32(&r);
		b = rd_u32(&r);
		return r.bad ? 0 : mix(mix(a + 1) + mix(b + 1));
	}
	if (version != 6)
		return 0;
	rd_skip(&r, 7);
	a = rd_u64(&r);
	b = rd_u64(&r);
	c = rd_u64(&r);
	e = rd_u64(&r);
	return r.bad ? 0 : mix(mix(mix(a) + b + 1) + mix(mix(c) + e + 1));
}

/* Past the MPLS labels; behind a control word there is an Ethernet frame, which has its type in front of its payload. */
static uint64_t
of_mpls(struct rd *r)
{
	uint32_t entry;

	do
		entry = rd_u32(r);
	while (!r->bad && !(entry & 0x100));
	struct span in = rd_rest(r);
	if (in.n >= 18 && in.p[0] >> 4 == 0) {
		struct rd type = rd_of(span_skip(in, 16));
		uint16_t t = rd_u16(&type);
		return t == 0x0800 || t == 0x86dd ? of_ip(rd_rest(&type)) : 0;
	}
	return of_ip(in);
}

static uint64_t
of_ethertype(uint16_t type, struct rd *r)
{
	for (unsigned n = 0; n < 4 && !r->bad; n++) {
		switch (type) {
		case 0x0800:
		case 0x86dd:
			return of_ip(rd_rest(r));
		case 0x8100:
		case 0x88a8:
		case 0x9100:
			rd_skip(r, 2);
			type = rd_u16(r);
			continue;
		case 0x8847:
		case 0x8848:
			return of_mpls(r);
		case 0x8864:
			rd_skip(r, 6);
			rd_skip(r, rd_left(r) > 0 && r->p[0] & 1 ? 1 : 2);
			return of_ip(rd_rest(r));
		}
		return 0;
	}
	return 0;
}

static uint64_t
of_ppp(struct rd *r)
{
	struct span in = rd_rest(r);

	if (in.n >= 2 && in.p[0] == 0xff && in.p[1] == 3)
		rd_skip(r, 2);
	rd_skip(r, rd_left(r) > 0 && r->p[0] & 1 ? 1 : 2);
	return of_ip(rd_rest(r));
}

uint64_t
decode_share(const struct frame *f)
{
	struct rd r = rd_of(f->bytes);
	uint16_t type;

	switch (f->linktype) {
	case 1:
		rd_skip(&r, 12);
		type = rd_u16(&r);
		return of_ethertype(type, &r);
	case 113:
		rd_skip(&r, 14);
		type = rd_u16(&r);
		return of_ethertype(type, &r);
	case 276:
		type = rd_u16(&r);
		rd_skip(&r, 18);
		return of_ethertype(type, &r);
	case 104:
		rd_skip(&r, 2);
		type = rd_u16(&r);
		return of_ethertype(type, &r);
	case 0:
	case 108:
		rd_skip(&r, 4);
		return of_ip(rd_rest(&r));
	case 9:
	case 166:
		return of_ppp(&r);
	case 50:
		if (f->bytes.n >= 4 && (f->bytes.p[0] == 0x0f || f->bytes.p[0] == 0x8f)) {
			rd_skip(&r, 2);
			type = rd_u16(&r);
			return of_ethertype(type, &r);
		}
		return of_ppp(&r);
	case 12:
	case 14:
	case 101:
	case 228:
	case 229:
		return of_ip(f->bytes);
	}
	return 0;
}
