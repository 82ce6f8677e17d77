/*
 * key - what makes two packets one flow: addresses, ports, VLANs, tunnel depth, in an order both directions share.
 *
 * Thread:    any; values only.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the table -> flow.h
 */
#include "engine/flow/key.h"

enum { PROTO_ICMP = 1, PROTO_IGMP = 2, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };
enum { ICMP_UNREACHABLE = 3 };

struct icmp_pair {
	uint8_t ask, answer;
};

/* RFC 792, RFC 950 */
static const struct icmp_pair icmp4_pairs[] = { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 } };
/* RFC 4443, RFC 2710, RFC 4861, RFC 4620, RFC 6275 */
static const struct icmp_pair icmp6_pairs[] = { { 128, 129 }, { 130, 131 }, { 133, 134 }, { 135, 136 },
	{ 139, 140 }, { 144, 145 } };

/* The type that answers this one, 0 when none does. */
static uint16_t
icmp_counterpart(const struct icmp_pair *pairs, size_t n, uint8_t type)
{
	for (size_t i = 0; i < n; i++) {
		if (pairs[i].ask == type)
			return pairs[i].answer;
		if (pairs[i].answer == type)
			return pairs[i].ask;
	}
	return 0;
}

/* By masks: which end is first is a coin toss, and a branch would be guessed wrong every other time. */
static bool
key_fill(struct flow_key *key, const struct addr *src, const struct addr *dst, uint16_t sport, uint16_t dport)
{
	bool src_first = addr_eq(src, dst) ? sport <= dport : addr_cmp(src, dst) < 0;
	uint64_t swap = (uint64_t) src_first - 1;
	uint16_t ports = (uint16_t) ((sport ^ dport) & swap);

	for (int i = 0; i < 2; i++) {
		uint64_t both = (src->q[i] ^ dst->q[i]) & swap;
		key->a.q[i] = src->q[i] ^ both;
		key->b.q[i] = dst->q[i] ^ both;
	}
	key->path.a_port = sport ^ ports;
	key->path.b_port = dport ^ ports;
	return src_first;
}

static void
key_path(struct flow_key *key, const struct packet *p, bool vlan_use)
{
	memset(key, 0, sizeof *key);
	for (int i = 0; vlan_use && i < p->vlan_n && i < PACKET_VLANS; i++)
		key->path.vlan[i] = p->vlan[i];
	key->path.ip_version = p->ip_version;
	key->path.depth = p->depth;
	key->path.proto = p->proto;
}

bool
flow_key_of(struct flow_key *key, const struct packet *p, bool vlan_use, bool *src_is_a)
{
	uint16_t sport = 0, dport = 0;

	if (p->ip_version == 0 || (p->flags & PACKET_FRAGMENT))
		return false;
	switch (p->proto) {
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_SCTP:
		if (p->l4_header.n == 0)
			return false;
		sport = p->sport;
		dport = p->dport;
		break;
	case PROTO_ICMP:
		if (p->l4.n == 0)
			return false;
		sport = p->icmp_type;
		dport = icmp_counterpart(icmp4_pairs, sizeof icmp4_pairs / sizeof *icmp4_pairs, p->icmp_type);
		break;
	case PROTO_ICMPV6:
		if (p->l4.n == 0)
			return false;
		sport = p->icmp_type;
		dport = icmp_counterpart(icmp6_pairs, sizeof icmp6_pairs / sizeof *icmp6_pairs, p->icmp_type);
		break;
	case PROTO_IGMP: /* hosts tell their routers; nobody is asked, nobody answers */
		return false;
	default:
		break;
	}
	key_path(key, p, vlan_use);
	*src_is_a = key_fill(key, &p->src, &p->dst, sport, dport);
	return true;
}

static bool
quotes_packet(const struct packet *p)
{
	return p->proto == PROTO_ICMP && p->icmp_type == ICMP_UNREACHABLE && p->icmp_inner.n >= 28 &&
	    !(p->flags & PACKET_FRAGMENT);
}

bool
flow_key_quoted(struct flow_key *key, const struct packet *p, bool vlan_use, bool *src_is_a)
{
	uint16_t frag, sport, dport;
	struct span src, dst;
	struct addr s, d;
	struct rd r;
	uint8_t vihl;

	if (!quotes_packet(p))
		return false;
	r = rd_of(p->icmp_inner);
	vihl = rd_u8(&r);
	rd_skip(&r, 5);
	frag = rd_u16(&r);
	rd_skip(&r, 1);
	key_path(key, p, vlan_use);
	key->path.proto = rd_u8(&r);
	rd_skip(&r, 2);
	src = rd_span(&r, 4);
	dst = rd_span(&r, 4);
	if (vihl >> 4 != 4 || (vihl & 15) < 5 || (frag & 0x1fff))
		return false;
	rd_skip(&r, (vihl & 15) * 4u - 20);
	sport = rd_u16(&r);
	dport = rd_u16(&r);
	if (r.bad || (key->path.proto != PROTO_TCP && key->path.proto != PROTO_UDP && key->path.proto != PROTO_SCTP))
		return false;
	s = addr_v4(src.p);
	d = addr_v4(dst.p);
	*src_is_a = key_fill(key, &s, &d, sport, dport);
	return true;
}

void
flow_key_write(struct flow *f, const struct flow_key *key, struct addr *v6)
{
	f->path = key->path;
	if (key->path.ip_version == 4) {
		f->at.v4[0] = key->a.w[3];
		f->at.v4[1] = key->b.w[3];
		return;
	}
	v6[0] = key->a;
	v6[1] = key->b;
	f->at.v6 = v6;
}

void
flow_key_read(const struct flow *f, struct flow_key *key)
{
	memset(key, 0, sizeof *key);
	key->a = flow_addr_at(f, true);
	key->b = flow_addr_at(f, false);
	key->path = f->path;
}

__extension__ typedef unsigned __int128 wide;

static uint64_t
fold(uint64_t a, uint64_t b)
{
	wide w = (wide) a * b;
	return (uint64_t) w ^ (uint64_t) (w >> 64);
}

static uint64_t
turned(uint64_t seed, unsigned n)
{
	return seed << n | seed >> (64 - n);
}

/* Multiply-and-fold over the words of the key, each mixed with a secret of its own: seeded, so buckets cannot be aimed at, nor two products
 * made to cancel each other. They do not wait for each other. What was just written in small pieces is read in the same ones: the processor would wait to read it as words. */
uint64_t
flow_key_hash(const struct flow_key *key, uint64_t seed)
{
	const struct flow_path *path = &key->path;
	uint64_t ports = path->a_port | (uint64_t) path->b_port << 16 | (uint64_t) path->vlan[0] << 32 | (uint64_t) path->vlan[1] << 48;
	uint64_t rest = path->vlan[2] | (uint64_t) path->proto << 16 | (uint64_t) path->ip_version << 24 | (uint64_t) path->depth << 32;

	_Static_assert(PACKET_VLANS == 3, "all of them are hashed");
	return fold(key->a.q[0] ^ UINT64_C(0x9e3779b97f4a7c15) ^ seed, key->a.q[1] ^ UINT64_C(0xe7037ed1a0b428db) ^ turned(seed, 11)) ^
	    fold(key->b.q[0] ^ UINT64_C(0xeb44accab455d165) ^ turned(seed, 23), key->b.q[1] ^ UINT64_C(0x8ebc6af09c88c6e3) ^ turned(seed, 31)) ^
	    fold(ports ^ UINT64_C(0xa0761d6478bd642f) ^ turned(seed, 41), rest ^ UINT64_C(0x589965cc75374cc3) ^ turned(seed, 53));
}
