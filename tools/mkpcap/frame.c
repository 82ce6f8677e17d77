/*
 * frame - Ethernet, IP and what has no flow: ICMP, ARP, raw frames.
 */
#include <stdlib.h>

#include "mkpcap.h"

#define FRAME_MAX 65600

bool
send_frame(struct script *s, struct span bytes)
{
	if (s->n_packets == s->cap_packets) {
		uint32_t cap = s->cap_packets ? s->cap_packets * 2 : 1024;
		struct packet *p = realloc(s->packets, cap * sizeof *p);
		if (!p)
			return fail(s, "out of memory");
		s->packets = p;
		s->cap_packets = cap;
	}
	struct span copy = arena_dup(&s->keep, bytes);
	if (s->n_packets == s->packets_max || (bytes.n && !copy.p)) {
		s->stopped = true;
		return fail(s, "more packets than fit: %u", s->n_packets);
	}
	if (s->now < 0 || s->now / 1000000 > UINT32_MAX)
		return fail(s, "the clock left the years 1970 to 2106");
	s->packets[s->n_packets] = (struct packet) { s->now, s->n_packets, copy.n, copy.p };
	s->n_packets++;
	s->now += s->set.gap;
	return true;
}

static void
put_ethernet(struct script *s, struct buf *b, const uint8_t from[6], const uint8_t to[6], uint32_t type)
{
	buf_add(b, to, 6);
	buf_add(b, from, 6);
	if (s->set.vlan[1])
		put_u16(b, 0x88a8), put_u16(b, s->set.vlan[0]), put_u16(b, 0x8100), put_u16(b, s->set.vlan[1]);
	else if (s->set.vlan[0])
		put_u16(b, 0x8100), put_u16(b, s->set.vlan[0]);
	put_u16(b, type);
}

/* RFC 1071 */
static uint32_t
add_sum(uint32_t sum, struct span t)
{
	for (uint32_t i = 0; i < t.n; i++)
		sum += i % 2 ? t.p[i] : (uint32_t) t.p[i] << 8;
	return sum;
}

static uint32_t
fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static uint32_t
pseudo_header(const struct endpoint *from, const struct endpoint *to, uint8_t protocol, uint32_t n)
{
	uint32_t skip = addr_is_v4(&from->a) ? 12 : 0;
	uint32_t sum = add_sum(0, span_of(from->a.b + skip, 16 - skip));

	return add_sum(sum, span_of(to->a.b + skip, 16 - skip)) + protocol + n;
}

struct fragment {
	uint32_t id, offset; /* bytes */
	bool more, whole;
	struct span payload;
};

static bool
send_ipv4(struct script *s, const struct endpoint *from, const struct endpoint *to, uint8_t protocol,
    const struct fragment *f)
{
	struct buf b;

	buf_init(&b, FRAME_MAX);
	put_ethernet(s, &b, from->mac, to->mac, 0x0800);
	size_t ip = b.n;
	put_u16(&b, 0x4500);
	put_u16(&b, 20 + f->payload.n);
	put_u16(&b, f->id);
	put_u16(&b, f->whole ? 0x4000 : (f->more ? 0x2000u : 0) | f->offset / 8);
	put_u8(&b, s->set.ttl);
	put_u8(&b, protocol);
	put_u16(&b, 0);
	buf_add(&b, from->a.b + 12, 4);
	buf_add(&b, to->a.b + 12, 4);
	set_u16(&b, ip + 10, fold(add_sum(0, span_of(b.p + ip, 20))));
	buf_add(&b, f->payload.p, f->payload.n);
	bool ok = b.full ? fail(s, "the packet is too long") : send_frame(s, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}

static bool
send_ipv6(struct script *s, const struct endpoint *from, const struct endpoint *to, uint8_t protocol,
    const struct fragment *f)
{
	struct buf b;

	buf_init(&b, FRAME_MAX);
	put_ethernet(s, &b, from->mac, to->mac, 0x86dd);
	put_u32(&b, 0x60000000);
	put_u16(&b, f->payload.n + (f->whole ? 0 : 8));
	put_u8(&b, f->whole ? protocol : 44);
	put_u8(&b, s->set.ttl);
	buf_add(&b, from->a.b, 16);
	buf_add(&b, to->a.b, 16);
	if (!f->whole) { /* RFC 8200 section 4.5 */
		put_u8(&b, protocol);
		put_u8(&b, 0);
		put_u16(&b, f->offset | f->more);
		put_u32(&b, f->id);
	}
	buf_add(&b, f->payload.p, f->payload.n);
	bool ok = b.full ? fail(s, "the packet is too long") : send_frame(s, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}

static uint8_t *
checksummed(struct script *s, const struct endpoint *from, const struct endpoint *to, struct layer4 l, struct span payload)
{
	uint8_t *p = arena_alloc(&s->scratch, payload.n + 1);
	uint32_t sum, at = (uint32_t) l.checksum_at;

	if (!p)
		return NULL;
	if (payload.n)
		memcpy(p, payload.p, payload.n);
	if (l.checksum_at < 0 || at + 2 > payload.n)
		return p;
	sum = l.pseudo ? pseudo_header(from, to, l.protocol, payload.n) : 0;
	sum = fold(add_sum(sum, payload));
	if (sum == 0 && l.protocol == 17)
		sum = 0xffff; /* RFC 768 */
	if (s->set.bad_checksum)
		sum ^= 0x5555;
	p[at] = (uint8_t) (sum >> 8);
	p[at + 1] = (uint8_t) sum;
	return p;
}

/* One packet, or its fragments; the checksum field of the payload is still 0. */
bool
send_ip(struct script *s, const struct endpoint *from, const struct endpoint *to, struct layer4 l, struct span payload)
{
	uint32_t size = s->set.fragment ? (s->set.fragment + 7) / 8 * 8 : 0;
	struct fragment f = { .id = s->next_ip_id++ & 0xffff };
	const uint8_t *p = payload.n > 65400 ? NULL : checksummed(s, from, to, l, payload);

	if (!p)
		return fail(s, "the packet is too long: %u bytes of payload", payload.n);
	f.whole = size == 0 || size >= payload.n;
	do {
		f.payload = span_head(span_of(p + f.offset, payload.n - f.offset), f.whole ? payload.n : size);
		f.more = f.offset + f.payload.n < payload.n;
		if (!(addr_is_v4(&from->a) ? send_ipv4 : send_ipv6)(s, from, to, l.protocol, &f))
			return false;
		f.offset += f.payload.n;
	} while (f.offset < payload.n);
	return true;
}

bool
statement_icmp(struct script *s)
{
	struct endpoint e[2];
	int64_t type, code, id = 1, seq = 1;
	struct buf b;

	if (!take_pair(s, false, e) || !take_number(s, "an ICMP type", 0, 255, &type) || !take_number(s, "an ICMP code", 0, 255, &code)
	    || !option_number(s, "id", 0, 65535, &id) || !option_number(s, "seq", 0, 65535, &seq))
		return false;
	bool v4 = addr_is_v4(&e[0].a);
	buf_init(&b, DATA_MAX);
	put_u8(&b, (uint32_t) type);
	put_u8(&b, (uint32_t) code);
	put_u16(&b, 0);
	put_u16(&b, (uint32_t) id);
	put_u16(&b, (uint32_t) seq);
	bool ok = take_data(s, &b)
	    && send_ip(s, &e[0], &e[1], (struct layer4) { v4 ? 1 : 58, 2, !v4 }, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}

/* RFC 826 */
bool
statement_arp(struct script *s)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 }, none[6];
	struct endpoint e[2];
	struct buf b;

	bool request = accept(s, "request");
	if (!request && !accept(s, "reply"))
		return fail(s, "expected request or reply");
	if (!take_pair(s, false, e))
		return false;
	if (!addr_is_v4(&e[0].a))
		return fail(s, "ARP is of IPv4");
	buf_init(&b, FRAME_MAX);
	put_ethernet(s, &b, e[0].mac, request ? all : e[1].mac, 0x0806);
	put_u32(&b, 0x00010800);
	put_u16(&b, 0x0604);
	put_u16(&b, request ? 1 : 2);
	buf_add(&b, e[0].mac, 6);
	buf_add(&b, e[0].a.b + 12, 4);
	buf_add(&b, request ? none : e[1].mac, 6);
	buf_add(&b, e[1].a.b + 12, 4);
	bool ok = send_frame(s, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}

bool
statement_frame(struct script *s)
{
	struct buf b;

	buf_init(&b, FRAME_MAX);
	bool ok = take_data(s, &b) && (!b.full || fail(s, "the frame is too long"));
	ok = ok && send_frame(s, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}

bool
statement_ip(struct script *s)
{
	struct endpoint e[2];
	int64_t protocol;
	struct buf b;

	if (!take_pair(s, false, e) || !take_number(s, "an IP protocol", 0, 255, &protocol))
		return false;
	buf_init(&b, DATA_MAX);
	bool ok = take_data(s, &b)
	    && send_ip(s, &e[0], &e[1], (struct layer4) { (uint8_t) protocol, -1, false }, span_of(b.p, b.n));
	buf_clear(&b);
	return ok;
}
