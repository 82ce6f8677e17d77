/*
 * checksum - Internet checksums of a packet, computed when somebody asks (RFC 1071; RFC 8200 section 8.1).
 *
 * Thread:    any; values only.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  what a wrong one means -> ../stream/, ../detect/
 */
#include "engine/decode/layer.h"

uint16_t
checksum_fold(struct span s, uint64_t sum)
{
	const uint8_t *p = s.p;
	uint32_t n = s.n;
	uint64_t acc = 0;

	/* The sum is the same in any byte order, so words are added as they lie and swapped once. */
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t w;
		memcpy(&w, p, 8);
		acc += w;
		acc += acc < w;
	}
	acc = (acc & 0xffffffff) + (acc >> 32);
	for (; n >= 2; n -= 2, p += 2) {
		uint16_t w;
		memcpy(&w, p, 2);
		acc += w;
	}
	if (n) {
		uint8_t last[2] = { *p, 0 };
		uint16_t w;
		memcpy(&w, last, 2);
		acc += w;
	}
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	sum += __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16((uint16_t) acc) : acc;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~sum;
}

bool
packet_checksum_l3_ok(const struct packet *p)
{
	return p->ip_version != 4 || checksum_fold(p->l3_header, 0) == 0;
}

static uint64_t
sum_of(const uint8_t *b, unsigned n)
{
	return (uint16_t) ~checksum_fold(span_of(b, n), 0);
}

static uint64_t
pseudo_header(const struct packet *p)
{
	unsigned from = p->ip_version == 4 ? 12 : 0;

	return sum_of(p->src.b + from, 16 - from) + sum_of(p->dst.b + from, 16 - from) + p->proto + p->l4.n;
}

bool
packet_checksum_l4_ok(const struct packet *p)
{
	if (p->ip_version == 0 || p->l4_header.n == 0 || p->flags & (PACKET_FRAGMENT | PACKET_PSEUDO | PACKET_MALFORMED))
		return true;
	switch (p->proto) {
	case 1:
		return p->ip_version != 4 || checksum_fold(p->l4, 0) == 0;
	case 6:
		return checksum_fold(p->l4, pseudo_header(p)) == 0;
	case 17:
		if (p->ip_version == 4 && p->l4_header.n == 8 && p->l4_header.p[6] == 0 && p->l4_header.p[7] == 0)
			return true; /* none computed: RFC 768 */
		return checksum_fold(p->l4, pseudo_header(p)) == 0;
	case 58:
		return p->ip_version != 6 || checksum_fold(p->l4, pseudo_header(p)) == 0;
	}
	return true;
}
