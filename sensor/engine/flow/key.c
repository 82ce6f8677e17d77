/*
 * key - what makes two packets one flow: addresses, ports, VLANs, tunnel depth, in an order both directions share.
 *
 * Thread:    any; values only.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the table -> flow.h
 */
#include "engine/flow/key.h"

#include "base/hash.h"

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

/* Words as they are read and compared: the processor would wait to read together what was written in pieces. */
static inline void
path_write(struct flow_path *to, const struct packet *p, uint8_t ip_version, uint8_t proto, uint32_t ports, bool vlan_use)
{
	uint64_t first = ports;
	uint32_t then = (uint32_t) proto << 16 | (uint32_t) ip_version << 24;
	uint16_t last = p->depth;

	_Static_assert(PACKET_VLANS == 3 && offsetof(struct flow_path, vlan) == 4 && offsetof(struct flow_path, proto) == 10 &&
	    offsetof(struct flow_path, depth) == 12 && sizeof(*to) == 14, "8, 4 and 2 bytes");
	if (vlan_use && p->vlan_n) {
		first |= (uint64_t) p->vlan[0] << 32 | (uint64_t) p->vlan[1] << 48;
		then |= p->vlan[2];
	}
	memcpy(to, &first, sizeof(first));
	memcpy(&to->vlan[2], &then, sizeof(then));
	memcpy(&to->depth, &last, sizeof(last));
}

/* By masks: which end is first is a coin toss, and a branch would be guessed wrong every other time. Returns the ports, a's first. */
static __attribute__((noinline)) uint32_t
ends_write(struct flow_key *key, const struct addr *src, const struct addr *dst, uint16_t sport, uint16_t dport, bool *src_is_a)
{
	bool src_first = addr_eq(src, dst) ? sport <= dport : addr_cmp(src, dst) < 0;
	uint64_t swap = (uint64_t) src_first - 1;
	uint16_t ports = (uint16_t) ((sport ^ dport) & swap);

	for (int i = 0; i < 2; i++) {
		uint64_t both = (src->q[i] ^ dst->q[i]) & swap;
		key->a.q[i] = src->q[i] ^ both;
		key->b.q[i] = dst->q[i] ^ both;
	}
	*src_is_a = src_first;
	return (uint32_t) (sport ^ ports) | (uint32_t) (dport ^ ports) << 16;
}

/* The same of IPv4, where only the last four bytes of the addresses differ. */
static inline uint32_t
ends_write4(struct flow_key *key, const struct addr *src, const struct addr *dst, uint16_t sport, uint16_t dport, bool *src_is_a)
{
	uint64_t from = (uint64_t) __builtin_bswap32(src->w[3]) << 16 | sport, to = (uint64_t) __builtin_bswap32(dst->w[3]) << 16 | dport;
	bool src_first = from <= to;
	uint64_t both = (from ^ to) & ((uint64_t) src_first - 1);

	from ^= both;
	to ^= both;
	key->a = addr_mapped(__builtin_bswap32((uint32_t) (from >> 16)));
	key->b = addr_mapped(__builtin_bswap32((uint32_t) (to >> 16)));
	*src_is_a = src_first;
	return (uint32_t) (from & 0xffff) | (uint32_t) (to & 0xffff) << 16;
}

static inline void
key_fill(struct flow_key *key, const struct packet *p, const struct addr *src, const struct addr *dst, uint8_t proto, uint16_t sport,
    uint16_t dport, bool vlan_use, bool *src_is_a)
{
	if (p->ip_version == 4)
		path_write(&key->path, p, 4, proto, ends_write4(key, src, dst, sport, dport, src_is_a), vlan_use);
	else
		path_write(&key->path, p, p->ip_version, proto, ends_write(key, src, dst, sport, dport, src_is_a), vlan_use);
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
	key_fill(key, p, &p->src, &p->dst, p->proto, sport, dport, vlan_use, src_is_a);
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
	uint8_t vihl, proto;

	if (!quotes_packet(p))
		return false;
	r = rd_of(p->icmp_inner);
	vihl = rd_u8(&r);
	rd_skip(&r, 5);
	frag = rd_u16(&r);
	rd_skip(&r, 1);
	proto = rd_u8(&r);
	rd_skip(&r, 2);
	src = rd_span(&r, 4);
	dst = rd_span(&r, 4);
	if (vihl >> 4 != 4 || (vihl & 15) < 5 || (frag & 0x1fff))
		return false;
	rd_skip(&r, (vihl & 15) * 4u - 20);
	sport = rd_u16(&r);
	dport = rd_u16(&r);
	if (r.bad || (proto != PROTO_TCP && proto != PROTO_UDP && proto != PROTO_SCTP))
		return false;
	s = addr_v4(src.p);
	d = addr_v4(dst.p);
	key_fill(key, p, &s, &d, proto, sport, dport, vlan_use, src_is_a);
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

void
flow_secret_make(struct flow_secret *out, uint64_t seed)
{
	for (unsigned i = 0; i < 6; i++)
		out->k[i] = hash_bytes(&i, sizeof(i), seed);
}
