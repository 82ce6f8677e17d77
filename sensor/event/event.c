/*
 * event - names for EVE and the community id.
 */
#include "event/event.h"

#include "base/hash.h"

#define ICMP 1
#define TCP 6
#define UDP 17
#define ICMPV6 58
#define SCTP 132

/* In the order of enum packet_source. */
const char *const event_pkt_src[] = { "wire/pcap", "gre tunnel", "ipv4 tunnel", "ipv6 tunnel", "teredo tunnel",
	"erspan tunnel", "vxlan encapsulation", "geneve encapsulation", "mpls", "defrag", "stream (flow timeout)",
	"stream (detect/log)", "wire/pcap" };

/* IANA "Assigned Internet Protocol Numbers", spelt as EVE readers know them. */
static const char *const proto_name[256] = { "HOPOPT", "ICMP", "IGMP", "GGP", "IPv4", "ST", "TCP", "CBT", "EGP", "IGP",
	"BBN-RCC-MON", "NVP-II", "PUP", "ARGUS", "EMCON", "XNET", "CHAOS", "UDP", "MUX", "DCN-MEAS", "HMP", "PRM",
	"XNS-IDP", "TRUNK-1", "TRUNK-2", "LEAF-1", "LEAF-2", "RDP", "IRTP", "ISO-TP4", "NETBLT", "MFE-NSP", "MERIT-INP",
	"DCCP", "3PC", "IDPR", "XTP", "DDP", "IDPR-CMTP", "TP++", "IL", "IPv6", "SDRP", "IPv6-Route", "IPv6-Frag", "IDRP",
	"RSVP", "GRE", "DSR", "BNA", "ESP", "AH", "I-NLSP", "SWIPE", "NARP", "MOBILE", "TLSP", "SKIP", "IPv6-ICMP",
	"IPv6-NoNxt", "IPv6-Opts", [88] = "EIGRP", "OSPFIGP", [94] = "IPIP", [97] = "ETHERIP", "ENCAP", [103] = "PIM",
	[108] = "IPComp", [112] = "VRRP", [115] = "L2TP", [SCTP] = "SCTP", "FC", [136] = "UDPLite", "MPLS-in-IP",
	[139] = "HIP" };

const char *
event_proto_name(uint8_t proto, char number[static 4])
{
	char *p = number;

	if (proto_name[proto])
		return proto_name[proto];
	if (proto >= 100)
		*p++ = (char) ('0' + proto / 100);
	if (proto >= 10)
		*p++ = (char) ('0' + proto / 10 % 10);
	*p++ = (char) ('0' + proto % 10);
	*p = 0;
	return number;
}

/* What the community id hashes, in its order. */
struct tuple {
	const struct addr *src, *dst;
	uint16_t sport, dport;
	bool ports;   /* the protocol has them */
	bool one_way; /* ICMP without an answer: never turned round */
};

/* The type that answers this one, -1 when none does. */
static int
icmp_answer(uint8_t proto, uint8_t type)
{
	static const uint8_t v4[][2] = { { 0, 8 }, { 8, 0 }, { 9, 10 }, { 10, 9 }, { 13, 14 }, { 14, 13 }, { 15, 16 },
		{ 16, 15 }, { 17, 18 }, { 18, 17 } };
	static const uint8_t v6[][2] = { { 128, 129 }, { 129, 128 }, { 130, 131 }, { 131, 130 }, { 133, 134 }, { 134, 133 },
		{ 135, 136 }, { 136, 135 }, { 139, 140 }, { 140, 139 }, { 144, 145 }, { 145, 144 } };
	const uint8_t (*map)[2] = proto == ICMP ? v4 : v6;
	size_t n = proto == ICMP ? sizeof(v4) / sizeof(v4[0]) : sizeof(v6) / sizeof(v6[0]);

	for (size_t i = 0; i < n; i++)
		if (map[i][0] == type)
			return map[i][1];
	return -1;
}

static struct tuple
tuple_of(const struct event *e)
{
	struct tuple t = { &e->src, &e->dst, e->sport, e->dport, false, false };

	if (e->proto == ICMP || e->proto == ICMPV6) {
		int answer = icmp_answer(e->proto, e->icmp_type);
		t.sport = e->icmp_type;
		t.dport = answer < 0 ? e->icmp_code : (uint16_t) answer;
		t.one_way = answer < 0;
		t.ports = true;
	} else {
		t.ports = e->proto == TCP || e->proto == UDP || e->proto == SCTP;
	}
	return t;
}

/* The smaller end comes first. */
static void
put_in_order(struct tuple *t)
{
	int c = addr_cmp(t->src, t->dst);

	if (t->one_way || c < 0 || (c == 0 && t->sport <= t->dport))
		return;
	*t = (struct tuple) { t->dst, t->src, t->dport, t->sport, t->ports, t->one_way };
}

static uint8_t *
put16(uint8_t *p, uint16_t v)
{
	*p++ = (uint8_t) (v >> 8);
	*p++ = (uint8_t) v;
	return p;
}

static uint8_t *
put_addr(uint8_t *p, const struct addr *a)
{
	bool v4 = addr_is_v4(a);

	memcpy(p, v4 ? a->b + 12 : a->b, v4 ? 4 : 16);
	return p + (v4 ? 4 : 16);
}

/* 20 bytes as 28 characters. */
static void
base64_sha1(const uint8_t h[20], char out[29])
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int i = 0; i < 20; i += 3) {
		uint32_t v = (uint32_t) h[i] << 16 | (uint32_t) h[i + 1] << 8 | (i + 2 < 20 ? h[i + 2] : 0);
		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = digit[v >> 6 & 63];
		*out++ = i + 2 < 20 ? digit[v & 63] : '=';
	}
	*out = 0;
}

void
event_community_id(const struct event *e, uint16_t seed, char out[static COMMUNITY_ID_LEN])
{
	struct tuple t = tuple_of(e);
	uint8_t bytes[2 + 16 + 16 + 2 + 4], hash[20], *p = bytes;

	out[0] = 0;
	if (e->ip_version == 0)
		return;
	put_in_order(&t);
	p = put16(p, seed);
	p = put_addr(p, t.src);
	p = put_addr(p, t.dst);
	*p++ = e->proto;
	*p++ = 0;
	if (t.ports) {
		p = put16(p, t.sport);
		p = put16(p, t.dport);
	}
	hash_sha1(span_of(bytes, (size_t) (p - bytes)), hash);
	memcpy(out, "1:", 2);
	base64_sha1(hash, out + 2);
}
