/*
 * Tests of the layers: one handwritten frame for each, and the ways in which it can be damaged.
 */
#include "frames.h"

#include "base/clock.h"

static void
tcp_body(struct out *o)
{
	hex(o, "3039 0050 00000001 00000002 5018 2000 0000 0000 41424344");
}

static void
is_tcp(const struct packet *p)
{
	assert_int_equal(p->proto, 6);
	assert_int_equal(p->sport, 12345);
	assert_int_equal(p->dport, 80);
	assert_int_equal(p->tcp.seq, 1);
	assert_int_equal(p->tcp.ack, 2);
	assert_int_equal(p->tcp.flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->payload.n, 4);
	assert_memory_equal(p->payload.p, "ABCD", 4);
}

static void
put_tcp4(struct out *o)
{
	put_ip4(o, 6, 24, 0, 1);
	tcp_body(o);
}

static void
ethernet_ipv4_tcp(void **state)
{
	struct out o = { .n = 0 };
	char a[ADDR_STRLEN];

	put_eth(&o, 0x0800);
	put_tcp4(&o);
	fill(&o, 0, 6); /* padding is not payload */
	assert_int_equal(run(&o), 1);
	is_tcp(pkt);
	assert_true(pkt->has_mac);
	assert_int_equal(pkt->mac_src[5], 1);
	assert_int_equal(pkt->ip_version, 4);
	addr_print(&pkt->src, a);
	assert_string_equal(a, "10.0.0.1");
	addr_print(&pkt->dst, a);
	assert_string_equal(a, "10.0.0.2");
	assert_int_equal(pkt->ttl, 64);
	assert_int_equal(pkt->l3.n, 44);
	assert_int_equal(pkt->flags, 0);
	assert_false(pkt->any_event);
	assert_int_equal(pkt->source, PKT_SRC_WIRE);
}

/* Every prefix of a good frame: never a step too far, and an event as soon as a header is cut. */
static void
every_prefix(void **state)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x8100);
	hex(&o, "0064 0800");
	put_ip4(&o, 17, 8 + 8 + 14 + 40 + 20, 0, 1);
	put_udp(&o, 4789, 4789, 8 + 14 + 40 + 20);
	hex(&o, "0800 0000 000005 00");
	put_eth(&o, 0x86dd);
	put_ip6(&o, 6, 20);
	hex(&o, "3039 0050 00000001 00000002 5018 2000 0000 0000");
	assert_int_equal(run(&o), 2);
	for (uint32_t n = o.n; n-- > 0;) {
		struct out cut = o;
		cut.n = n;
		assert_int_equal(run(&cut), 1);
		assert_true(pkt->flags & PACKET_MALFORMED);
	}
}

static void
link_types(void **state)
{
	static const struct {
		unsigned link;
		const char *header;
	} t[] = {
		{ 1, "020000000002 020000000001 0800" },
		{ 113, "0000 0001 0006 020000000001 0000 0800" },
		{ 276, "0800 0000 00000001 0001 00 06 020000000001 0000" },
		{ 101, "" }, { 12, "" }, { 14, "" }, { 228, "" },
		{ 0, "02000000" }, { 108, "00000002" },
		{ 9, "0021" }, { 9, "21" }, { 9, "ff03 0021" }, { 50, "ff03 0021" }, { 50, "0f00 0800" }, { 104, "0f00 0800" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct out o = { .n = 0 };

		hex(&o, t[i].header);
		put_tcp4(&o);
		assert_int_equal(run_link(&o, t[i].link), 1);
		is_tcp(pkt);
	}
}

/* What stands between Ethernet and IP without making a packet of its own. */
static void
shims(void **state)
{
	static const struct {
		unsigned type;
		const char *header;
		unsigned vlans;
	} t[] = {
		{ 0x8100, "2064 0800", 1 }, { 0x88a8, "0064 8100 0065 0800", 2 }, { 0x9100, "0001 88a8 0002 8100 0003 0800", 3 },
		{ 0x8847, "00010140", 0 }, { 0x8847, "00010040 00010140", 0 }, { 0x8848, "00000140", 0 },
		{ 0x8847, "00010140 00000000 020000000002 020000000001 0800", 0 },
		{ 0x8864, "1100 0001 002e 0021", 0 }, { 0x8926, "00000000 0800", 0 }, { 0x893f, "000000000000 0800", 0 },
		{ 0x88e7, "00000001 020000000002 020000000001 0800", 0 }, { 0x8903, "0001 020000000002 020000000001 0800", 0 },
		{ 0x894f, "0006 01 01 00000100 00000000000000000000000000000000", 0 },
		{ 0x894f, "0002 02 03 00000100 020000000002 020000000001 0800", 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct out o = { .n = 0 };

		put_eth(&o, t[i].type);
		hex(&o, t[i].header);
		put_tcp4(&o);
		assert_int_equal(run(&o), 1);
		is_tcp(pkt);
		assert_int_equal(pkt->vlan_n, t[i].vlans);
		assert_false(pkt->any_event);
	}
	/* the last one of the list but in order */
	struct out o = { .n = 0 };
	put_eth(&o, 0x88a8);
	hex(&o, "0064 8100 0065 0800");
	put_tcp4(&o);
	run(&o);
	assert_int_equal(pkt->vlan[0], 0x64);
	assert_int_equal(pkt->vlan[1], 0x65);
}

/* Each of these carries the same packet: two come out, the inner one first. */
static void
tunnels(void **state)
{
	static const struct {
		unsigned proto;
		const char *header;
		unsigned source;
	} t[] = {
		{ 4, "", PKT_SRC_IPV4 },
		{ 47, "0000 0800", PKT_SRC_GRE }, { 47, "b000 0800 00000000 00000001 00000002", PKT_SRC_GRE },
		{ 47, "4000 0800 00000000 0800 00 04 01020304 0000 00 00", PKT_SRC_GRE },
		{ 47, "3081 880b 00000001 00000002 00000003 ff03 0021", PKT_SRC_GRE },
		{ 47, "0000 6558 020000000002 020000000001 0800", PKT_SRC_GRE },
		{ 47, "0000 8100 0005 0800", PKT_SRC_GRE },
		{ 47, "0000 88be 020000000002 020000000001 0800", PKT_SRC_ERSPAN },
		{ 47, "1000 88be 00000001 1007 0001 00000000 020000000002 020000000001 0800", PKT_SRC_ERSPAN },
		{ 47, "1000 22eb 00000001 2007 0001 00000000 00000000 020000000002 020000000001 0800", PKT_SRC_ERSPAN },
		{ 17, "3000 12b5 0000 0000 0800 0000 00000700 020000000002 020000000001 0800", PKT_SRC_VXLAN },
		{ 17, "3000 17c1 0000 0000 0000 6558 00000700 020000000002 020000000001 0800", PKT_SRC_GENEVE },
		{ 17, "3000 17c1 0000 0000 0100 0800 00000700 00000000", PKT_SRC_GENEVE },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct out head = { .n = 0 }, o = { .n = 0 };

		hex(&head, t[i].header);
		if (t[i].proto == 17) {
			head.b[4] = 0;
			head.b[5] = (uint8_t) (head.n + 44);
		}
		put_eth(&o, 0x0800);
		put_ip4(&o, t[i].proto, head.n + 44, 0, 9);
		put(&o, head.b, head.n);
		put_tcp4(&o);
		assert_int_equal(run(&o), 2);
		is_tcp(&pkt[0]);
		assert_int_equal(pkt[0].source, t[i].source);
		assert_int_equal(pkt[0].depth, 1);
		assert_true(pkt[0].flags & PACKET_TUNNEL);
		assert_int_equal(pkt[0].outer->proto, t[i].proto);
		assert_int_equal(pkt[1].proto, t[i].proto);
		assert_int_equal(pkt[1].depth, 0);
		assert_int_equal(pkt[0].num, pkt[1].num);
	}
}

static void
ipv6_tunnels(void **state)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x86dd);
	put_ip6(&o, 4, 44);
	put_tcp4(&o);
	assert_int_equal(run(&o), 2);
	is_tcp(pkt);
	o.b[14 + 40] = 0x65; /* version 6 where 4 was said */
	assert_int_equal(run(&o), 1);
	assert_true(packet_event_has(pkt, EV_IPV6_IPV4_IN_IPV6_WRONG_VERSION));

	o.n = 0;
	put_eth(&o, 0x0800);
	put_ip4(&o, 17, 8 + 40 + 24, 0, 1);
	put_udp(&o, 3544, 50000, 40 + 24);
	put_ip6(&o, 6, 24);
	tcp_body(&o);
	assert_int_equal(run(&o), 2);
	is_tcp(pkt);
	assert_int_equal(pkt->source, PKT_SRC_TEREDO);
	o.b[14 + 20 + 8 + 5]++; /* length that does not fit: no Teredo */
	assert_int_equal(run(&o), 1);
	assert_int_equal(pkt->payload.n, 64);
}

static void
too_deep(void **state)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x0800);
	for (unsigned i = 40; i > 0; i--)
		put_ip4(&o, 4, i * 20, 0, 1);
	fill(&o, 0, 20);
	unsigned n = run(&o);
	assert_true(n > 4 && n <= DECODE_PACKETS);
	assert_int_equal(pkt[n - 1].depth, 0);
	for (unsigned i = 0; i + 1 < n; i++)
		assert_int_equal(pkt[i].depth, n - 1 - i);
	assert_true(counter_get(&cnt, C_DECODE_MAX_LAYERS) > 0);
}

static void
ipv4_damage(void **state)
{
	static const struct {
		const char *ip;
		enum packet_event e;
	} t[] = {
		{ "45000014 0001", EV_IPV4_PKT_TOO_SMALL },
		{ "55000014 00010000 40060000 0a000001 0a000002", EV_IPV4_WRONG_IP_VERSION },
		{ "44000014 00010000 40060000 0a000001 0a000002", EV_IPV4_HLEN_TOO_SMALL },
		{ "45000013 00010000 40060000 0a000001 0a000002", EV_IPV4_IPLEN_SMALLER_THAN_HLEN },
		{ "45000015 00010000 40060000 0a000001 0a000002", EV_IPV4_TRUNC_PKT },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct out o = { .n = 0 };

		put_eth(&o, 0x0800);
		hex(&o, t[i].ip);
		assert_int_equal(run(&o), 1);
		assert_true(packet_event_has(pkt, t[i].e));
		assert_true(pkt->flags & PACKET_MALFORMED);
		assert_int_equal(pkt->ip_version, 0);
	}
}

static void
ipv4_options(void **state)
{
	static const struct {
		const char *options;
		int e; /* -1: none */
		unsigned kind;
	} t[] = {
		{ "94040000 01010100", -1, 148 }, { "070b04 0a000001 0a000002 00 00000000", -1, 7 },
		{ "94050000 01010100", EV_IPV4_OPT_INVALID_LEN, 148 }, { "070b0101 01010101", EV_IPV4_OPT_INVALID_LEN, 0 },
		{ "94040000 94040000", EV_IPV4_OPT_DUPLICATE, 148 }, { "54040000 01010101", EV_IPV4_OPT_UNKNOWN, 84 },
		{ "01010107", EV_IPV4_OPT_EOL_REQUIRED, 1 }, { "070704 00000000 00", -1, 7 }, { "070701 00000000 00", EV_IPV4_OPT_MALFORMED, 7 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct out opt = { .n = 0 }, o = { .n = 0 };

		hex(&opt, t[i].options);
		put_eth(&o, 0x0800);
		put_ip4(&o, 17, opt.n + 8, 0, 1);
		o.b[14] = (uint8_t) (0x45 + opt.n / 4);
		put(&o, opt.b, opt.n);
		put_udp(&o, 1, 2, 0);
		assert_int_equal(run(&o), 1);
		assert_int_equal(pkt->sport, 1);
		if (t[i].e >= 0)
			assert_true(packet_event_has(pkt, (enum packet_event) t[i].e));
		for (unsigned e = EV_IPV4_OPT_INVALID; t[i].e < 0 && e <= EV_IPV4_OPT_UNKNOWN; e++)
			assert_true(e == EV_IPV4_OPT_PAD_REQUIRED || !packet_event_has(pkt, e));
		if (t[i].kind)
			assert_true(pkt->ip_options_seen[t[i].kind / 32] >> t[i].kind % 32 & 1);
	}
}

static void
ipv6_extensions(void **state)
{
	static const struct {
		unsigned next;
		const char *ext; /* a UDP header follows */
		int e;
	} t[] = {
		{ 0, "1100 050200000000", -1 }, { 0, "1100 0100 0100 0000", EV_IPV6_HOPOPTS_ONLY_PADDING },
		{ 60, "1100 3e0401020304", EV_IPV6_DSTOPTS_UNKNOWN_OPT }, { 43, "1100 0000 00000000", EV_IPV6_RH_TYPE_0 },
		{ 0, "0000 050200000000 1100 050200000000", EV_IPV6_EXTHDR_DUPL_HH }, { 44, "1100 0000 00000001", EV_IPV6_EXTHDR_USELESS_FH },
		{ 44, "1101 0000 00000001", EV_IPV6_FH_NON_ZERO_RESERVED_FIELD }, { 51, "1104 0000 00000001 00000002 000000000000000000000000", -1 },
		{ 51, "1104 0001 00000001 00000002 000000000000000000000000", EV_IPV6_EXTHDR_AH_RES_NOT_NULL },
		{ 43, "2b00 0200 00000000 1100 0200 00000000", EV_IPV6_EXTHDR_DUPL_RH }, { 0, "1100 01ff 00000000", EV_IPV6_EXTHDR_INVALID_OPTLEN },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct out ext = { .n = 0 }, o = { .n = 0 };

		hex(&ext, t[i].ext);
		put_eth(&o, 0x86dd);
		put_ip6(&o, t[i].next, ext.n + 8);
		put(&o, ext.b, ext.n);
		put_udp(&o, 7, 8, 0);
		assert_int_equal(run(&o), 1);
		if (t[i].e != EV_IPV6_EXTHDR_INVALID_OPTLEN) {
			assert_int_equal(pkt->proto, 17);
			assert_int_equal(pkt->dport, 8);
		}
		if (t[i].e >= 0)
			assert_true(packet_event_has(pkt, (enum packet_event) t[i].e));
		else
			assert_false(pkt->any_event);
	}
}

static void
tcp_options(void **state)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x0800);
	put_ip4(&o, 6, 60, 0, 1);
	hex(&o, "0001 0002 00000003 00000000 f002 1000 0000 0000");
	hex(&o, "020405b4 0402 080a 00000011 00000022 01 030307 050a 00000001 00000002 2204 abcd 0000 00");
	fill(&o, 0, 94 - o.n);
	assert_int_equal(run(&o), 1);
	assert_int_equal(pkt->tcp.mss, 1460);
	assert_int_equal(pkt->tcp.wscale, 7);
	assert_true(pkt->tcp.sack_ok && pkt->tcp.has_ts);
	assert_int_equal(pkt->tcp.tsval, 0x11);
	assert_int_equal(pkt->tcp.tsecr, 0x22);
	assert_int_equal(pkt->tcp.sack_n, 1);
	assert_int_equal(pkt->tcp.sack[0].right, 2);
	assert_true(packet_event_has(pkt, EV_TCP_OPT_INVALID_LEN)); /* a cookie of two bytes */
	assert_int_equal(pkt->tcp.header_len, 60);
	o.b[14 + 20 + 12] = 0x40;
	run(&o);
	assert_true(packet_event_has(pkt, EV_TCP_INVALID_OPTLEN));
	assert_int_equal(pkt->l4_header.n, 0);
}

static void
udp_lengths(void **state)
{
	static const struct {
		unsigned len, sport;
		int e;
	} t[] = { { 12, 53, -1 }, { 13, 0, EV_UDP_PKT_TOO_SMALL }, { 7, 0, EV_UDP_LEN_INVALID }, { 10, 53, EV_UDP_HLEN_INVALID } };

	for (size_t i = 0; i < 4; i++) {
		struct out o = { .n = 0 };

		put_eth(&o, 0x0800);
		put_ip4(&o, 17, 12, 0, 1);
		put_udp(&o, 53, 54, t[i].len - 8);
		hex(&o, "01020304");
		run(&o);
		assert_int_equal(pkt->sport, t[i].sport);
		assert_int_equal(pkt->proto, 17);
		if (t[i].e >= 0)
			assert_true(packet_event_has(pkt, (enum packet_event) t[i].e));
		if (t[i].sport)
			assert_int_equal(pkt->payload.n, t[i].len - 8);
	}
}

static void
icmp(void **state)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x0800);
	put_ip4(&o, 1, 8 + 28, 0, 1);
	hex(&o, "0303 0000 00000000");
	put_ip4(&o, 17, 8, 0, 2);
	put_udp(&o, 1, 2, 0);
	run(&o);
	assert_int_equal(pkt->icmp_type, 3);
	assert_int_equal(pkt->icmp_inner.n, 28);
	assert_false(pkt->any_event);
	o.n = 0;
	put_eth(&o, 0x86dd);
	put_ip6(&o, 58, 8);
	hex(&o, "8000 0000 0102 0304");
	run(&o);
	assert_int_equal(pkt->icmp_id, 0x102);
	assert_int_equal(pkt->icmp_seq, 0x304);
	assert_false(pkt->any_event);
}

static void
checksums(void **state)
{
	struct out o = { .n = 0 };

	/* a DNS query off the wire; both sums are right */
	hex(&o, "4500002e 00010000 4011 66bc 0a000001 0a000002");
	hex(&o, "d431 0035 001a 0000 61616161 61616161 61616161 61616161 6161");
	assert_int_equal(run_link(&o, 101), 1);
	assert_true(packet_checksum_l3_ok(pkt));
	assert_true(packet_checksum_l4_ok(pkt)); /* none */
	o.b[26] = 1;
	run_link(&o, 101);
	assert_false(packet_checksum_l4_ok(pkt));
	o.b[10]++;
	run_link(&o, 101);
	assert_false(packet_checksum_l3_ok(pkt));
	/* put in the sum that the pseudo header asks for: a b c d by hand */
	uint32_t sum = 0x0a00 + 1 + 0x0a00 + 2 + 17 + 26 + 0xd431 + 0x35 + 26 + 9 * 0x6161;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	o.b[26] = (uint8_t) (sum >> 8);
	o.b[27] = (uint8_t) sum;
	run_link(&o, 101);
	assert_true(packet_checksum_l4_ok(pkt));
}

static uint64_t
share_of(const struct out *o, unsigned link)
{
	struct frame f = { .bytes = span_of(o->b, o->n), .wire_len = o->n, .linktype = (uint16_t) link };
	return decode_share(&f);
}

static void
swap(uint8_t *a, uint8_t *b, unsigned n)
{
	for (; n--; a++, b++) {
		uint8_t t = *a;
		*a = *b;
		*b = t;
	}
}

static void
sharing(void **state)
{
	struct out a = { .n = 0 }, b, frag = { .n = 0 }, vlan = { .n = 0 }, six = { .n = 0 }, arp = { .n = 0 };

	put_eth(&a, 0x0800);
	put_tcp4(&a);
	b = a;
	swap(b.b + 26, b.b + 30, 4);
	assert_int_equal(share_of(&a, 1), share_of(&b, 1));
	put_eth(&frag, 0x0800);
	put_ip4(&frag, 6, 24, 0x2001, 1);
	tcp_body(&frag);
	assert_int_equal(share_of(&a, 1), share_of(&frag, 1));
	put_eth(&vlan, 0x8100);
	hex(&vlan, "0005 0800");
	put_tcp4(&vlan);
	assert_int_equal(share_of(&a, 1), share_of(&vlan, 1));
	put_eth(&six, 0x86dd);
	put_ip6(&six, 6, 24);
	tcp_body(&six);
	b = six;
	swap(b.b + 22, b.b + 38, 16);
	assert_int_equal(share_of(&six, 1), share_of(&b, 1));
	assert_int_not_equal(share_of(&six, 1), 0);
	assert_int_not_equal(share_of(&six, 1), share_of(&a, 1));
	put_eth(&arp, 0x0806);
	fill(&arp, 1, 28);
	assert_int_equal(share_of(&arp, 1), 0);
}

static void
names(void **state)
{
	assert_int_equal(packet_event_find("ipv4.pkt_too_small"), EV_IPV4_PKT_TOO_SMALL);
	assert_int_equal(packet_event_find("stream.est_synack_resend_with_diff_ack"), EV_STREAM_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK);
	assert_int_equal(packet_event_find("no.such_event"), -1);
	for (int i = 0; i < PACKET_EVENT_N; i++)
		assert_int_equal(packet_event_find(packet_event_name[i]), i);
}

/* One message of application 0x3001, control block "IED/LLN0$GO$1", of a device whose address ends in `from`. */
static const struct packet *
goose_from(unsigned from, unsigned state, unsigned sequence, bool simulated)
{
	struct out o = { .n = 0 };
	uint8_t b[4] = { (uint8_t) from, (uint8_t) state, (uint8_t) sequence, simulated };

	hex(&o, "010ccd010001 0200000000");
	put(&o, &b[0], 1);
	hex(&o, "88b8 3001 003f 0000 0000 6135 800d 4945442f4c4c4e3024474f2431 8102 03e8 8203 445331 8302 6964"
	    "8408 0000000000000000 8501");
	put(&o, &b[1], 1);
	hex(&o, "8601");
	put(&o, &b[2], 1);
	hex(&o, "8701");
	put(&o, &b[3], 1);
	hex(&o, "8801018901");
	fill(&o, 0, 1);
	assert_int_equal(o.n, 14 + 0x3f);
	assert_int_equal(run(&o), 1);
	return pkt;
}

static bool
quiet(const struct packet *p)
{
	for (unsigned e = EV_GOOSE_PKT_TOO_SMALL; e <= EV_GOOSE_SQNUM_JUMP; e++)
		if (packet_event_has(p, (enum packet_event) e))
			return false;
	return true;
}

static void
goose(void **state)
{
	struct out o = { .n = 0 };

	assert_true(quiet(goose_from(1, 7, 3, false))); /* whatever it begins with */
	assert_true(quiet(goose_from(1, 7, 4, false)));
	assert_true(quiet(goose_from(1, 8, 0, false)));
	assert_true(packet_event_has(goose_from(1, 8, 0, false), EV_GOOSE_REPEATED));
	assert_true(packet_event_has(goose_from(1, 8, 3, false), EV_GOOSE_SQNUM_JUMP));
	assert_true(packet_event_has(goose_from(1, 7, 5, false), EV_GOOSE_STNUM_BACKWARDS));
	assert_true(packet_event_has(goose_from(1, 10, 0, false), EV_GOOSE_STNUM_JUMP));
	assert_true(packet_event_has(goose_from(2, 11, 0, false), EV_GOOSE_SOURCE_CHANGED));
	assert_true(packet_event_has(goose_from(2, 11, 1, true), EV_GOOSE_SIMULATION));
	assert_true(quiet(goose_from(2, 1, 1, false))); /* it started anew */
	hex(&o, "010ccd010001 020000000001 88b8 3001 003f 0000");
	run(&o);
	assert_true(packet_event_has(pkt, EV_GOOSE_PKT_TOO_SMALL));
	hex(&o, "0000 6135");
	run(&o);
	assert_true(packet_event_has(pkt, EV_GOOSE_MALFORMED));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ethernet_ipv4_tcp), cmocka_unit_test(every_prefix), cmocka_unit_test(link_types), cmocka_unit_test(shims),
		cmocka_unit_test(tunnels), cmocka_unit_test(ipv6_tunnels), cmocka_unit_test(too_deep), cmocka_unit_test(ipv4_damage),
		cmocka_unit_test(ipv4_options), cmocka_unit_test(ipv6_extensions), cmocka_unit_test(tcp_options), cmocka_unit_test(udp_lengths),
		cmocka_unit_test(icmp), cmocka_unit_test(checksums), cmocka_unit_test(sharing), cmocka_unit_test(names), cmocka_unit_test(goose),
	};

	return cmocka_run_group_tests_name("decode", tests, start, stop);
}
